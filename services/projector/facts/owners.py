"""Owners: who can own an OKR. The names of people are not facts: they stand in okr.people."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from okr_api.domain.events import (
    Event,
    OwnerDeactivated,
    OwnerLeadChanged,
    OwnerLoginChanged,
    OwnerMoved,
    OwnerReferenceChanged,
    OwnerRegistered,
    OwnerRenamed,
    PersonErased,
)
from projector.log import Recorded
from projector.versions import Table, Versions


class Owner(NamedTuple):
    owner_id: UUID
    version: int
    name: str | None
    level: str
    parent_id: UUID | None
    lead_id: UUID | None
    external_ref: str | None
    active: bool
    created_at: datetime
    updated_at: datetime
    created_position: int


OWNERS = Table("owners", Owner, key=("owner_id",))
CHANGES: tuple[type[Event], ...] = (
    OwnerRenamed,
    OwnerLoginChanged,
    OwnerLeadChanged,
    OwnerReferenceChanged,
    OwnerMoved,
    OwnerDeactivated,
    PersonErased,
)
FOLDED: frozenset[type[Event]] = frozenset({OwnerRegistered, *CHANGES})
LEANS_ON = dict.fromkeys(CHANGES, "originator_id")


def fold(recorded: Recorded, owners: Versions[Owner]) -> None:
    event, at = recorded.event, recorded.commit_position
    if isinstance(event, OwnerRegistered):
        owners.put(_registered(recorded.position, event), at)
    elif isinstance(event, CHANGES):
        owner = owners[event.originator_id]._replace(version=event.originator_version, updated_at=event.timestamp)
        owners.put(owner._replace(**_changes(event)), at)


def _changes(event: Event) -> dict[str, Any]:
    match event:
        case OwnerRenamed():
            return {"name": event.name.text if event.name else None}
        case OwnerLeadChanged():
            return {"lead_id": event.lead_id}
        case OwnerReferenceChanged():
            return {"external_ref": event.external_ref}
        case OwnerMoved():
            return {"parent_id": event.parent_id}
        case OwnerDeactivated():
            return {"active": False}
    return {}


def _registered(position: int, event: OwnerRegistered) -> Owner:
    return Owner(
        owner_id=event.originator_id,
        version=event.originator_version,
        name=event.name.text if event.name else None,
        level=event.level.value,
        parent_id=event.parent_id,
        lead_id=event.lead_id,
        external_ref=event.external_ref,
        active=True,
        created_at=event.timestamp,
        updated_at=event.timestamp,
        created_position=position,
    )
