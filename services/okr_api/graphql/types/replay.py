"""Replay: the commits that made a tree what it is, oldest first, each with what it did to the shape."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid5

import strawberry
from strawberry import ID

from okr_api.graphql import viewing
from okr_api.graphql.context import Reading, hour
from okr_api.graphql.ids import NOWHERE
from okr_api.graphql.scalars import Position
from okr_api.graphql.types.audit import AuditEvent
from okr_api.graphql.types.cascade import CascadeEdge
from okr_api.graphql.types.diffs import Between, CascadeChange
from okr_api.graphql.types.fields import field
from okr_api.graphql.types.owners import Actor
from okr_api.graphql.types.pages import Connection
from okr_api.snapshot.audit import AuditRow
from okr_api.snapshot.diff import Diff
from okr_api.snapshot.pages import Page, to_cursor
from okr_api.snapshot.steps import Asked, Steps


@dataclass(frozen=True)
class Told:
    """What a viewer is told of a commit. `rows` are the events that may be seen: none where all of it is hidden."""

    between: Between
    diff: Diff
    rows: list[AuditRow]

    @property
    def position(self) -> int:
        return self.between.after.snapshot.position


@strawberry.type(
    description=(
        "One step of a replay: a whole commit, who did it and why, and what it did to the shape of the cascade. Where "
        "all that it wrote is hidden from the viewer, command and actor stand for themselves only."
    )
)
class ReplayStep:
    told: strawberry.Private[Told]

    @field("The last position of the commit.")
    def position(self) -> Position:
        return Position(self.told.position)

    @field("When the log recorded it.")
    def time(self) -> datetime:
        return self.told.between.after.snapshot.time

    @field("The command that it was done by.")
    def command(self) -> str:
        return self.told.rows[0].command if self.told.rows else viewing.REDACTED

    @field("Who did it.")
    def actor(self) -> Actor:
        reading = self.told.between.after
        if self.told.rows:
            return viewing.actor(reading, self.told.rows[0].principal_id)
        nobody = uuid5(reading.principal.id, str(self.told.position))
        return Actor(id=ID(str(nobody)), reading=reading, principal_id=NOWHERE)

    @field("Why, as the actor said.")
    def reason(self) -> str | None:
        return self.told.rows[0].reason if self.told.rows else None

    @field("Its events, as far as the viewer may see them.")
    def events(self) -> list[AuditEvent]:
        return [viewing.audit_event(self.told.between.after, row) for row in self.told.rows]

    @field("What it did to each item; check-ins and scores are no part of a replay.")
    def changes(self) -> list[CascadeChange]:
        between = self.told.between
        return [CascadeChange(between=between, change=c, events_of=self._events_of) for c in self.told.diff.changes]

    @field("Links that it made.")
    def links_added(self) -> list[CascadeEdge]:
        return self.told.between.edges(self.told.diff)[0]

    @field("Links that it ended.")
    def links_removed(self) -> list[CascadeEdge]:
        return self.told.between.edges(self.told.diff)[1]

    async def _events_of(self, node_id: object) -> list[AuditRow]:
        return [row for row in self.told.rows if node_id in row.entity_ids]


@strawberry.type(description="One item of a page.")
class ReplayEdge:
    cursor: str = strawberry.field(description="Its place in the list.")
    node: ReplayStep = strawberry.field(description="The item.")


@strawberry.type(description="One page of a replay.")
class ReplayConnection(Connection[ReplayStep]):
    @field("The items of this page, each with its cursor.")
    def edges(self) -> list[ReplayEdge]:  # type: ignore[override]
        paired = zip(self.page.cursors, self.page.rows, strict=True)
        return [ReplayEdge(cursor=cursor, node=self.show(row)) for cursor, row in paired]


async def replayed(
    reading: Reading, steps: Steps, asked: Asked, whole: Asked, size: int, *, begun: bool
) -> ReplayConnection:
    """The page that starts where `asked` does; `whole` is what all pages are of."""
    found: list[tuple[Between, Diff]] = []
    async with aclosing(_told(reading, steps, asked)) as walk:
        async for each in walk:
            found.append(each)
            if len(found) > size:
                break
    shown = found[:size]
    positions = [between.after.snapshot.position for between, _ in shown]
    rows = await reading.audit.of_commits(reading.snapshot, positions, reading.sight.hidden)
    told = [
        Told(between, diff, rows.get(position, [])) for position, (between, diff) in zip(positions, shown, strict=True)
    ]

    async def total() -> int:
        if not begun and len(found) <= size:
            return len(found)
        return len([1 async for _ in _told(reading, steps, whole)])

    page = Page(told, [to_cursor(position) for position in positions], len(found) > size, begun, total)
    return ReplayConnection(page=page, show=lambda told: ReplayStep(told=told))


async def _told(reading: Reading, steps: Steps, asked: Asked) -> AsyncGenerator[tuple[Between, Diff], None]:
    async with aclosing(steps.walk(asked)) as walk:
        async for step in walk:
            moment = hour(step.after.time)
            before, after = (replace(reading, snapshot=cut, moment=moment) for cut in (step.before, step.after))
            between = Between(before, after)
            if told := between.told(step.told):
                yield between, told
