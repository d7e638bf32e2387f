"""Integrations: other systems that act under their own name."""

from datetime import UTC, datetime
from uuid import UUID

import strawberry

from okr_api.graphql import viewing
from okr_api.graphql.context import Reading
from okr_api.graphql.types.cycles import Cycle, in_order
from okr_api.graphql.types.fields import field
from okr_api.graphql.types.names import Node
from okr_api.graphql.types.owners import Owner
from okr_api.snapshot.possible import on_integration
from okr_api.snapshot.rows import ApiKeyRow, IntegrationRow
from okr_api.snapshot.snapshot import Snapshot


@strawberry.type(description="What an integration signs in with. The key itself is shown once, when it is issued.")
class ApiKey:
    id: strawberry.ID = strawberry.field(description="The part of the key between okr_ and the next underscore.")
    created_at: datetime = strawberry.field(description="When it was issued.")
    expires_at: datetime = strawberry.field(description="From when on it is of no use.")
    revoked_at: datetime | None = strawberry.field(description="When it was revoked; null: it was not.")


@strawberry.type(
    description=(
        "Another system that reads OKRs and posts check-ins under its own name, whichever of its keys it signs in with."
    )
)
class Integration(Node):
    reading: strawberry.Private[Reading]
    row: strawberry.Private[IntegrationRow]

    @field("Counts the events of this integration's own stream.")
    def version(self) -> int:
        return self.row.version

    @field("What people call it; check-ins of its own show it.")
    def name(self) -> str:
        return self.row.name or viewing.REDACTED

    @field("The cycles that it is for, with all cycles inside them, the earliest first; null: all.")
    def cycles(self) -> list[Cycle] | None:
        named = self.row.cycle_ids
        if named is None:
            return None
        return [viewing.cycle(self.reading, row.id) for row in in_order(self.reading.snapshot) if row.id in named]

    @field(
        "The owners whose OKRs it is for, with all owners below them, in order of registration; null: all, without "
        "what only an owner's line may read."
    )
    def owners(self) -> list[Owner] | None:
        if self.row.owner_ids is None:
            return None
        registered = self.reading.snapshot.owners
        in_order = sorted(self.row.owner_ids, key=lambda owner_id: registered[owner_id].created_position)
        return [viewing.owner(self.reading, owner_id) for owner_id in in_order]

    @field("Its keys, the oldest first, those that ended included.")
    def keys(self) -> list[ApiKey]:
        return [
            ApiKey(
                id=strawberry.ID(key.id),
                created_at=key.created_at,
                expires_at=key.expires_at,
                revoked_at=key.revoked_at,
            )
            for key in _keys(self.reading.snapshot, self.row.id)
        ]

    @field("Names of the mutations that this viewer may call on it now.")
    def viewer_can(self) -> list[str]:
        today = self.reading.today
        return viewing.allowed(
            self.reading, today.integrations[self.row.id], on_integration(_keys(today, self.row.id), datetime.now(UTC))
        )


def _keys(snapshot: Snapshot, integration_id: UUID) -> list[ApiKeyRow]:
    return [snapshot.api_keys[key_id] for key_id in snapshot.api_keys_of.get(integration_id, ())]
