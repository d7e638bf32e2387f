"""Webhooks: addresses that are told what happens, and how telling them is getting on."""

from datetime import datetime
from typing import Self

import strawberry
from strawberry import ID

from okr_api.event_log.event_ids import event_id
from okr_api.graphql import viewing
from okr_api.graphql.context import Reading
from okr_api.graphql.enums import WebhookStatus
from okr_api.graphql.scalars import Position
from okr_api.graphql.types.cycles import Cycle
from okr_api.graphql.types.fields import After, First, field
from okr_api.graphql.types.names import Node
from okr_api.graphql.types.owners import Actor
from okr_api.graphql.types.pages import Connection
from okr_api.snapshot.deliveries import DeliveryRow, WebhookState
from okr_api.snapshot.pages import page_size
from okr_api.snapshot.rows import WebhookRow


@strawberry.type(description="One attempt to tell a webhook something.")
class WebhookDelivery:
    event_id: ID = strawberry.field(description="The event that was told, for node(id).")
    position: Position = strawberry.field(description="The position of that event; messages are sent in this order.")
    attempt: int = strawberry.field(description="Which attempt it was, from 1.")
    attempted_at: datetime = strawberry.field(description="When it began.")
    milliseconds: int = strawberry.field(description="How long it took.")
    outcome: str = strawberry.field(
        description="DELIVERED; or why not: STATUS, TIMEOUT, UNREACHABLE, REFUSED_ADDRESS, TLS, GONE."
    )
    status: int | None = strawberry.field(description="The HTTP status that the endpoint answered, if it answered.")

    @classmethod
    def of(cls, row: DeliveryRow) -> Self:
        return cls(
            event_id=ID(str(event_id(row.position))),
            position=Position(row.position),
            attempt=row.attempt,
            attempted_at=row.attempted_at,
            milliseconds=row.milliseconds,
            outcome=row.outcome,
            status=row.status,
        )


@strawberry.type(
    description=(
        "An address that is told what happens: a message for each event that its maker may see, by POST, signed as "
        "Standard Webhooks has it, in the order of the log, at least once."
    )
)
class Webhook(Node):
    reading: strawberry.Private[Reading]
    row: strawberry.Private[WebhookRow]

    @field("Counts the events of this webhook's own stream.")
    def version(self) -> int:
        return self.row.version

    @field("Where messages are sent.")
    def url(self) -> str:
        return self.row.url or viewing.REDACTED

    @field("The types of events that it is told of; null: all.")
    def event_types(self) -> list[str] | None:
        return None if self.row.event_types is None else list(self.row.event_types)

    @field("The cycle that it is told about, with all cycles inside it; null: everything.")
    def cycle(self) -> Cycle | None:
        return None if self.row.cycle_id is None else viewing.cycle(self.reading, self.row.cycle_id)

    @field("Who made it. It is told what this principal may see.")
    def made_by(self) -> Actor:
        return viewing.actor(self.reading, self.row.made_by)

    @field("When it was made.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @field("When it was last changed.")
    def updated_at(self) -> datetime:
        return self.row.updated_at

    @field("Until when messages are signed with the former secret as well; null: the secret was never rotated.")
    def former_secret_until(self) -> datetime | None:
        return self.row.former_until

    @field("How telling it is getting on, now.")
    async def status(self) -> WebhookStatus:
        state = await self._state()
        if self.row.deleted_at is not None:
            return WebhookStatus.DELETED
        if state.since is None:
            return WebhookStatus.DELIVERING
        return WebhookStatus.STOPPED if state.next_attempt_at is None else WebhookStatus.FAILING

    @field("How many messages wait now; 10000: or more.")
    async def waiting(self) -> int:
        return (await self._state()).waiting

    @field("Since when the first message that waits could not be delivered.")
    async def failing_since(self) -> datetime | None:
        return (await self._state()).since

    @field("When that message is tried again.")
    async def next_attempt_at(self) -> datetime | None:
        return (await self._state()).next_attempt_at

    @field("Of a webhook that was stopped: what is behind this position was not told. Replay it from here.")
    async def stopped_after(self) -> Position | None:
        position = (await self._state()).stopped_after
        return None if position is None else Position(position)

    @field("What was tried, the newest first; kept for 30 days.")
    async def deliveries(self, first: First = 50, after: After = None) -> Connection[WebhookDelivery]:
        page = await self.reading.deliveries.page(self.row.id, page_size(first, 50), after)
        return Connection(page=page, show=WebhookDelivery.of)

    async def _state(self) -> WebhookState:
        return await self.reading.deliveries.state(self.reading.snapshot, self.row.id)
