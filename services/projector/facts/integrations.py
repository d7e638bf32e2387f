"""Integrations: other systems that act under their own name, and what each may touch."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from okr_api.domain.events import (
    ApiKeyIssued,
    ApiKeyRevoked,
    Event,
    IntegrationCreated,
    IntegrationRenamed,
    IntegrationRescoped,
)
from projector.log import Recorded
from projector.versions import Table, Versions


class Integration(NamedTuple):
    integration_id: UUID
    version: int
    name: str | None
    cycle_ids: list[UUID] | None
    owner_ids: list[UUID] | None
    created_at: datetime
    updated_at: datetime
    created_position: int


INTEGRATIONS = Table("integrations", Integration, key=("integration_id",))
CHANGES: tuple[type[Event], ...] = (IntegrationRenamed, IntegrationRescoped, ApiKeyIssued, ApiKeyRevoked)
FOLDED: frozenset[type[Event]] = frozenset({IntegrationCreated, *CHANGES})
LEANS_ON = dict.fromkeys(CHANGES, "originator_id")


def fold(recorded: Recorded, integrations: Versions[Integration]) -> None:
    event, at = recorded.event, recorded.commit_position
    if isinstance(event, IntegrationCreated):
        integrations.put(_created(recorded.position, event), at)
    elif isinstance(event, CHANGES):
        integration = integrations[event.originator_id]
        integration = integration._replace(version=event.originator_version, updated_at=event.timestamp)
        integrations.put(integration._replace(**_changes(event)), at)


def _changes(event: Event) -> dict[str, Any]:
    match event:
        case IntegrationRenamed():
            return {"name": event.name.text}
        case IntegrationRescoped():
            return {"cycle_ids": _listed(event.cycle_ids), "owner_ids": _listed(event.owner_ids)}
    return {}


def _created(position: int, event: IntegrationCreated) -> Integration:
    return Integration(
        integration_id=event.originator_id,
        version=event.originator_version,
        name=event.name.text,
        cycle_ids=_listed(event.cycle_ids),
        owner_ids=_listed(event.owner_ids),
        created_at=event.timestamp,
        updated_at=event.timestamp,
        created_position=position,
    )


def _listed(ids: tuple[UUID, ...] | None) -> list[UUID] | None:
    # psycopg writes a list as an array, and a tuple as a row.
    return None if ids is None else list(ids)
