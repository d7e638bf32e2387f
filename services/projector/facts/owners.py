"""Owners: who can own an OKR. The names of people are not facts: they stand in okr.people."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from okr_api.domain.events import OwnerRegistered
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


def fold(recorded: Recorded, owners: Versions[Owner]) -> None:
    match recorded.event:
        case OwnerRegistered() as event:
            owner = Owner(
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
                created_position=recorded.position,
            )
            owners.put(owner, recorded.commit_position)
