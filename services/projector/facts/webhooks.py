"""Webhooks: addresses that are told what happens, as their makers may see it."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from okr_api.domain.events import (
    Event,
    WebhookCreated,
    WebhookDeleted,
    WebhookEdited,
    WebhookReplayed,
    WebhookSecretRotated,
)
from projector.log import Recorded
from projector.versions import Table, Versions


class Webhook(NamedTuple):
    webhook_id: UUID
    version: int
    url: str | None
    event_types: list[str] | None
    cycle_id: UUID | None
    made_by: UUID
    roles: list[str]
    secret_number: int
    former_until: datetime | None
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    created_position: int


WEBHOOKS = Table("webhooks", Webhook, key=("webhook_id",))
CHANGES: tuple[type[Event], ...] = (WebhookEdited, WebhookSecretRotated, WebhookReplayed, WebhookDeleted)
FOLDED: frozenset[type[Event]] = frozenset({WebhookCreated, *CHANGES})
LEANS_ON = dict.fromkeys(CHANGES, "originator_id")


def fold(recorded: Recorded, webhooks: Versions[Webhook]) -> None:
    event, at = recorded.event, recorded.commit_position
    if isinstance(event, WebhookCreated):
        webhooks.put(_created(recorded.position, event), at)
    elif isinstance(event, CHANGES):
        webhook = webhooks[event.originator_id]
        webhook = webhook._replace(version=event.originator_version, updated_at=event.timestamp)
        webhooks.put(webhook._replace(**_changes(event)), at)


def _changes(event: Event) -> dict[str, Any]:
    match event:
        case WebhookEdited():
            return {"url": event.url.text, "event_types": _listed(event.event_types), "cycle_id": event.cycle_id}
        case WebhookSecretRotated():
            return {"secret_number": event.secret_number, "former_until": event.former_until}
        case WebhookDeleted():
            return {"deleted_at": event.timestamp}
    return {}


def _created(position: int, event: WebhookCreated) -> Webhook:
    return Webhook(
        webhook_id=event.originator_id,
        version=event.originator_version,
        url=event.url.text,
        event_types=_listed(event.event_types),
        cycle_id=event.cycle_id,
        made_by=event.made_by,
        roles=list(event.roles),
        secret_number=1,
        former_until=None,
        deleted_at=None,
        created_at=event.timestamp,
        updated_at=event.timestamp,
        created_position=position,
    )


def _listed(names: tuple[str, ...] | None) -> list[str] | None:
    # psycopg writes a list as an array, and a tuple as a row.
    return None if names is None else list(names)
