"""Lists: objectives and owners picked from a snapshot, in an order, page by page."""

import heapq
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from uuid import UUID

from msgspec import Meta

from okr_api.domain.health import Health
from okr_api.domain.values import ObjectiveState, OwnerLevel
from okr_api.snapshot.advisories import advisories
from okr_api.snapshot.alignment import is_unaligned
from okr_api.snapshot.health import health
from okr_api.snapshot.nodes import Hanging, ObjectiveNode
from okr_api.snapshot.pages import Page, from_cursor, to_cursor
from okr_api.snapshot.rows import OwnerRow
from okr_api.snapshot.snapshot import Snapshot

T = TypeVar("T")


class ObjectiveOrderField(StrEnum):
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    TITLE = "TITLE"
    PROGRESS = "PROGRESS"


class SortDirection(StrEnum):
    ASC = "ASC"
    DESC = "DESC"


@dataclass(frozen=True, kw_only=True)
class ObjectiveFilter:
    """All that is given must hold; None asks for nothing. `moment` is when health is looked at."""

    seen: Callable[[ObjectiveNode], bool]
    moment: datetime
    cycle_id: UUID | None = None
    owner_ids: frozenset[UUID] | None = None
    owner_subtree: UUID | None = None
    levels: frozenset[OwnerLevel] | None = None
    states: frozenset[ObjectiveState] | None = None
    health: frozenset[Health] | None = None
    search: str | None = None
    unaligned: bool | None = None
    has_advisory: str | None = None


@dataclass(frozen=True)
class ObjectiveOrder:
    field: ObjectiveOrderField = ObjectiveOrderField.CREATED_AT
    direction: SortDirection = SortDirection.ASC

    @property
    def descending(self) -> bool:
        return self.direction is SortDirection.DESC

    @property
    def key_type(self) -> Any:
        return {
            ObjectiveOrderField.CREATED_AT: tuple[int, UUID],
            ObjectiveOrderField.UPDATED_AT: tuple[Annotated[datetime, Meta(tz=True)], UUID],
            ObjectiveOrderField.TITLE: tuple[str, UUID],
            ObjectiveOrderField.PROGRESS: tuple[bool, int, UUID],
        }[self.field]

    def key(self, node: ObjectiveNode) -> tuple[Any, ...]:
        """What it is sorted by; the id makes it unlike any other's."""
        match self.field:
            case ObjectiveOrderField.CREATED_AT:
                return node.row.created_position, node.id
            case ObjectiveOrderField.UPDATED_AT:
                return node.row.updated_at, node.id
            case ObjectiveOrderField.TITLE:
                return (node.row.title or "").casefold(), node.id
        # Without data it comes last, in either direction.
        return (node.progress is None) is not self.descending, round((node.progress or 0) * 10**6), node.id


def objectives(
    snapshot: Snapshot, where: ObjectiveFilter, order: ObjectiveOrder, size: int, after: str | None
) -> Page[ObjectiveNode]:
    """Raises BadPage."""
    if where.owner_subtree is not None:
        below = owner_subtree(snapshot, where.owner_subtree)
        where = replace(where, owner_ids=below if where.owner_ids is None else below & where.owner_ids)
    found = [node for node in _candidates(snapshot, where) if _fits(snapshot, node, where)]
    return keyset_page(found, order.key, order.key_type, size, after, descending=order.descending)


def owners(
    snapshot: Snapshot, levels: frozenset[OwnerLevel] | None, search: str | None, size: int, after: str | None
) -> Page[OwnerRow]:
    """In order of registration. Raises BadPage."""
    found = [
        owner
        for owner in snapshot.owners.values()
        if (levels is None or owner.level in levels) and (search is None or contains(owner.name, search))
    ]
    return keyset_page(found, lambda owner: (owner.created_position, owner.id), tuple[int, UUID], size, after)


def hanging_page(below: list[Hanging], size: int, after: str | None) -> Page[Hanging]:
    """In the order in which it was hung there. Raises BadPage."""
    return keyset_page(below, lambda h: (h.link.created_position, h.objective.id), tuple[int, UUID], size, after)


def owner_subtree(snapshot: Snapshot, owner_id: UUID) -> frozenset[UUID]:
    """The owner and everyone below."""
    below: dict[UUID | None, list[UUID]] = {}
    for owner in snapshot.owners.values():
        below.setdefault(owner.parent_id, []).append(owner.id)
    found: set[UUID] = set()
    todo = [owner_id]
    while todo:
        found.add(todo[-1])
        todo.extend(below.get(todo.pop(), ()))
    return frozenset(found)


def keyset_page(
    rows: list[T], key: Callable[[T], Any], key_type: Any, size: int, after: str | None, *, descending: bool = False
) -> Page[T]:
    """The `size` rows that follow the cursor `after` in the order of their keys. Raises BadPage."""
    beyond: Iterable[T] = rows
    if after is not None:
        place = from_cursor(after, key_type)
        beyond = (row for row in rows if (key(row) < place if descending else key(row) > place))
    found = (heapq.nlargest if descending else heapq.nsmallest)(size + 1, beyond, key=key)

    async def total() -> int:
        return len(rows)

    shown = found[:size]
    return Page(shown, [to_cursor(key(row)) for row in shown], len(found) > size, after is not None, total)


def _candidates(snapshot: Snapshot, where: ObjectiveFilter) -> Iterable[ObjectiveNode]:
    if where.cycle_id is None:
        return snapshot.objectives.values()
    return (snapshot.objectives[i] for i in snapshot.by_cycle.get(where.cycle_id, ()))


def _fits(snapshot: Snapshot, node: ObjectiveNode, where: ObjectiveFilter) -> bool:
    row = node.row
    return (
        where.seen(node)
        and (where.owner_ids is None or row.owner_id in where.owner_ids)
        and (where.levels is None or snapshot.owners[row.owner_id].level in where.levels)
        and (where.states is None or row.state in where.states)
        and (where.search is None or contains(row.title, where.search) or contains(row.description, where.search))
        and (where.unaligned is None or is_unaligned(snapshot, node) is where.unaligned)
        and (where.health is None or health(node, where.moment) in where.health)
        and (where.has_advisory is None or _has_advisory(snapshot, node, where.has_advisory, where.moment))
    )


def _has_advisory(snapshot: Snapshot, node: ObjectiveNode, code: str, moment: datetime) -> bool:
    return any(advisory.code == code for advisory in advisories(snapshot, node, moment))


def contains(text: str | None, search: str) -> bool:
    """Whatever the case and the accents."""
    return text is not None and _plain(search) in _plain(text)


def _plain(text: str) -> str:
    """Without accents and case."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
