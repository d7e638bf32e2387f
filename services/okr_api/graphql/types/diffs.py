"""Diffs: what became of a tree between two cuts, as far as the viewer may read it.

The shape is everybody's, as it is in a tree: what is hidden stands as redacted where it came, went or moved. A change
of what is hidden that leaves the shape alone is not told at all, so counts and pages agree.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Self
from uuid import UUID

import strawberry
from strawberry import ID

from okr_api.domain.progress import plain
from okr_api.graphql import viewing
from okr_api.graphql.context import Reading
from okr_api.graphql.enums import DiffKind
from okr_api.graphql.scalars import JSON, Position
from okr_api.graphql.types.audit import AuditEvent, FieldChange
from okr_api.graphql.types.cascade import CascadeEdge
from okr_api.graphql.types.fields import After, First, field
from okr_api.graphql.types.names import OKR
from okr_api.graphql.types.pages import Connection
from okr_api.snapshot.audit import AuditRow
from okr_api.snapshot.diff import Change, Diff
from okr_api.snapshot.lists import keyset_page
from okr_api.snapshot.pages import page_size

EventsOf = Callable[[UUID], Awaitable[list[AuditRow]]]


@dataclass(frozen=True)
class Between:
    """Two cuts, read by one viewer under the rights of one day."""

    before: Reading
    after: Reading

    @classmethod
    def of(cls, before: Reading, after: Reading) -> Self:
        sight = max(before.sight, after.sight, key=lambda sight: sight.today.position)
        return cls(replace(before, sight=sight), replace(after, sight=sight))

    @property
    def later(self) -> Reading:
        return max(self.before, self.after, key=lambda reading: reading.snapshot.position)

    def side(self, change: Change) -> Reading:
        """Where the item of a change stands."""
        return self.before if change.kind is DiffKind.REMOVED else self.after

    def may_read(self, change: Change) -> bool:
        """In both cuts, as far as it is there."""
        nodes = (reading.snapshot.counterpart(change.node) for reading in (self.before, self.after))
        readings = (self.before, self.after)
        return all(node is None or reading.may_read(node) for reading, node in zip(readings, nodes, strict=True))

    def told(self, diff: Diff) -> Diff:
        """What of it this viewer is told."""
        changes = [c for c in diff.changes if c.kind is not DiffKind.CHANGED or self.may_read(c)]
        return replace(diff, changes=changes)

    def edges(self, diff: Diff) -> tuple[list[CascadeEdge], list[CascadeEdge]]:
        """Those that were added, and those that were removed."""
        added = [CascadeEdge(reading=self.after, edge=edge) for edge in diff.links_added]
        return added, [CascadeEdge(reading=self.before, edge=edge) for edge in diff.links_removed]


@strawberry.type(
    description="What became of an item between two cuts. Of what the viewer may not read, only its place is told."
)
class CascadeChange:
    between: strawberry.Private[Between]
    change: strawberry.Private[Change]
    events_of: strawberry.Private[EventsOf]

    @field("What happened to it, in one word.")
    def kind(self) -> DiffKind:
        return self.change.kind

    @field("As of the second moment; what was removed, as of the first.")
    def item(self) -> OKR:
        return viewing.okr(self.between.side(self.change), self.change.node)

    @field("The itemId that it hung from; null at the top and for what was not there.")
    def parent_before(self) -> ID | None:
        parent = self.change.parent_before
        return viewing.item_id(self.between.before, parent) if parent else None

    @field("The itemId that it hangs from; null at the top and for what is not there any more.")
    def parent_after(self) -> ID | None:
        parent = self.change.parent_after
        return viewing.item_id(self.between.after, parent) if parent else None

    @field("Every stored field that differs, and of a key result its current value; of what was added or removed, all.")
    def fields(self) -> list[FieldChange]:
        if not self.between.may_read(self.change):
            return []
        return [
            FieldChange(field=each.field, before=spelt(each.before), after=spelt(each.after))
            for each in self.change.fields
        ]

    @field("The events that did it: all about this item in between, oldest first.")
    async def events(self) -> list[AuditEvent]:
        if not self.between.may_read(self.change):
            return []
        rows = await self.events_of(self.change.node.id)
        return [viewing.audit_event(self.between.later, row) for row in rows]


def spelt(value: object) -> JSON | None:
    """As this API spells it elsewhere."""
    match value:
        case Decimal():
            return JSON(plain(value))
        case date():
            return JSON(value.isoformat())
        case Enum():
            return JSON(value.value)
        case UUID():
            return JSON(str(value))
    return None if value is None else JSON(value)


class EventsBetween:
    """Events of the items of one page, read together when the first is asked for."""

    def __init__(self, between: Between, changes: Iterable[Change]) -> None:
        self._between = between
        self._ids = [change.node.id for change in changes]
        self._found: asyncio.Future[Mapping[UUID, list[AuditRow]]] | None = None

    async def __call__(self, node_id: UUID) -> list[AuditRow]:
        if self._found is None:
            later, (start, end) = self._between.later, sorted(self._positions())
            asked = later.audit.of_entities(later.snapshot, self._ids, start, end, later.sight.hidden)
            self._found = asyncio.ensure_future(asked)
        return (await self._found).get(node_id, [])

    def _positions(self) -> tuple[int, int]:
        return self._between.before.snapshot.position, self._between.after.snapshot.position


@strawberry.type(
    description=(
        "Applying it to the first cut gives the second: nodes by changes, second parents by links. CHANGED covers "
        "stored fields and the counting value, not the roll-ups above them."
    )
)
class CascadeDiff:
    between: strawberry.Private[Between]
    diff: strawberry.Private[Diff]

    @field("The first cut.", name="from")
    def from_(self) -> Position:
        return Position(self.between.before.snapshot.position)

    @field("The second cut.")
    def to(self) -> Position:
        return Position(self.between.after.snapshot.position)

    @field("How many items are there that were not.")
    def added(self) -> int:
        return self._count(DiffKind.ADDED)

    @field("How many items are not there any more.")
    def removed(self) -> int:
        return self._count(DiffKind.REMOVED)

    @field("How many items hang from another parent.")
    def moved(self) -> int:
        return self._count(DiffKind.MOVED)

    @field("How many items changed where they are.")
    def changed(self) -> int:
        return self._count(DiffKind.CHANGED)

    @field("What became of each item, in order of creation.")
    def changes(self, first: First = 200, after: After = None) -> Connection[CascadeChange]:
        page = keyset_page(self.diff.changes, _created, tuple[int, UUID], page_size(first, 200), after)
        events_of = EventsBetween(self.between, page.rows)

        def show(change: Change) -> CascadeChange:
            return CascadeChange(between=self.between, change=change, events_of=events_of)

        return Connection(page=page, show=show)

    @field("Links that are there now.")
    def links_added(self) -> list[CascadeEdge]:
        return self.between.edges(self.diff)[0]

    @field("Links that are not there any more.")
    def links_removed(self) -> list[CascadeEdge]:
        return self.between.edges(self.diff)[1]

    def _count(self, kind: DiffKind) -> int:
        return sum(change.kind is kind for change in self.diff.changes)


def _created(change: Change) -> tuple[int, UUID]:
    return change.node.row.created_position, change.node.id
