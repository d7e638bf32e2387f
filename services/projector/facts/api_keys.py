"""API keys: what integrations sign in with, until when, and whether they still may."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from okr_api.domain.events import ApiKeyIssued, ApiKeyRevoked, Event
from projector.log import Recorded
from projector.versions import Table, Versions


class ApiKey(NamedTuple):
    key_id: str
    integration_id: UUID
    digest: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    created_position: int


API_KEYS = Table("api_keys", ApiKey, key=("key_id",))
FOLDED: frozenset[type[Event]] = frozenset({ApiKeyIssued, ApiKeyRevoked})
LEANS_ON: dict[type[Event], str] = {ApiKeyRevoked: "key_id"}


def slot_of(event: Event) -> str | None:
    return event.key_id if isinstance(event, ApiKeyIssued | ApiKeyRevoked) else None


def fold(recorded: Recorded, api_keys: Versions[ApiKey]) -> None:
    match recorded.event:
        case ApiKeyIssued() as event:
            issued = ApiKey(
                key_id=event.key_id,
                integration_id=event.originator_id,
                digest=event.digest,
                created_at=event.timestamp,
                expires_at=event.expires_at,
                revoked_at=None,
                created_position=recorded.position,
            )
            api_keys.put(issued, recorded.commit_position)
        case ApiKeyRevoked() as event:
            revoked = api_keys[event.key_id]._replace(revoked_at=event.timestamp)
            api_keys.put(revoked, recorded.commit_position)
