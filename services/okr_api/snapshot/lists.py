"""Lists: objectives and owners picked from a snapshot, in an order, page by page."""

import heapq
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice
from operator import itemgetter
from typing import Annotated, Any, TypeVar
from uuid import UUID

from msgspec import Meta

from okr_api.domain.health import Health
from okr_api.domain.values import ObjectiveState, OwnerLevel
from okr_api.snapshot.advisories import advisories
from okr_api.snapshot.alignment import is_unaligned
from okr_api.snapshot.health import health
from okr_api.snapshot.nodes import Hanging, ObjectiveNode
from okr_api.snapshot.pages import Cursors, Page, from_cursor
from okr_api.snapshot.rows import OwnerRow
from okr_api.snapshot.snapshot import Ids, Snapshot

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
    """All that is given must hold; None asks for nothing. `moment` is when health is looked at.

    `seen`: whether the viewer may see it; None where nothing is hidden from the viewer.
    """

    seen: Callable[[ObjectiveNode], bool] | None
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

    @property
    def is_met(self) -> bool:
        """Whether nothing is asked for."""
        return self == ObjectiveFilter(seen=None, moment=self.moment)


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
    """Raises BadPage, or Away."""
    if where.cycle_id is None:
        snapshot.require_all()
    if where.owner_subtree is not None:
        where = _of_owners(where, owner_subtree(snapshot, where.owner_subtree))
    if where.levels is not None:
        where = _of_owners(where, _at_levels(snapshot, where.levels))
    candidates, asked = _candidates(snapshot, where)

    def fitting(ids: Iterable[UUID]) -> Iterator[ObjectiveNode]:
        nodes = map(snapshot.objectives.__getitem__, ids)
        return nodes if asked.is_met else (node for node in nodes if _fits(snapshot, node, asked))

    if candidates is None or order.field is not ObjectiveOrderField.CREATED_AT:
        found = list(fitting(snapshot.objectives if candidates is None else candidates))
        return keyset_page(found, order.key, order.key_type, size, after, descending=order.descending)

    def total() -> int:
        return len(candidates) if asked.is_met else sum(1 for _ in fitting(candidates))

    beyond = candidates
    if after is not None:
        place = from_cursor(after, order.key_type)
        beyond = _beyond(candidates, lambda i: order.key(snapshot.objectives[i]), place, order)
    page = streamed(fitting(reversed(beyond) if order.descending else beyond), order.key, size, after, total)
    return replace(page, by_rows=asked.is_met)


def _of_owners(where: ObjectiveFilter, owner_ids: frozenset[UUID]) -> ObjectiveFilter:
    return replace(where, owner_ids=owner_ids if where.owner_ids is None else owner_ids & where.owner_ids)


def _at_levels(snapshot: Snapshot, levels: frozenset[OwnerLevel]) -> frozenset[UUID]:
    owners, known = snapshot.kept.get(_at_levels, (None, {}))
    if owners is not snapshot.owners:
        known = {}
        snapshot.kept[_at_levels] = snapshot.owners, known
    if levels not in known:
        known[levels] = frozenset(owner.id for owner in snapshot.owners.values() if owner.level in levels)
    found: frozenset[UUID] = known[levels]
    return found


def _candidates(snapshot: Snapshot, where: ObjectiveFilter) -> tuple[Ids | None, ObjectiveFilter]:
    """As few as can be told beforehand, in order of creation, and what they have to be asked still; None: any."""
    if where.owner_ids is None:
        of_cycle = None if where.cycle_id is None else snapshot.of_cycle(where.cycle_id)
        return of_cycle, replace(where, cycle_id=None, levels=None, owner_subtree=None)
    if where.cycle_id is not None:
        snapshot.require(where.cycle_id)
    cycles = list(snapshot.by_cycle) if where.cycle_id is None else [where.cycle_id]
    if len(where.owner_ids) * len(cycles) > len(snapshot.objectives):
        return None, where
    lists = [snapshot.by_owner.get((cycle, owner), ()) for cycle in cycles for owner in where.owner_ids]
    asked = replace(where, cycle_id=None, owner_ids=None, levels=None, owner_subtree=None)
    if len(lists) == 1:
        return lists[0], asked
    return tuple(sorted(chain.from_iterable(lists), key=lambda i: snapshot.objectives[i].row.created_position)), asked


def _beyond(ids: Ids, key: Callable[[UUID], Any], place: Any, order: ObjectiveOrder) -> Ids:
    """Those that follow a place: before it where the list goes downward."""
    if order.descending:
        return ids[: bisect_left(ids, place, key=key)]
    return ids[bisect_right(ids, place, key=key) :]


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
    owners, below = snapshot.kept.get(owner_subtree, (None, {}))
    if owners is not snapshot.owners:
        below = {}
        for owner in snapshot.owners.values():
            below.setdefault(owner.parent_id, []).append(owner.id)
        snapshot.kept[owner_subtree] = snapshot.owners, below
    found: set[UUID] = set()
    todo = [owner_id]
    while todo:
        found.add(todo[-1])
        todo.extend(below.get(todo.pop(), ()))
    return frozenset(found)


def streamed(
    fitting: Iterator[T], key: Callable[[T], Any], size: int, after: str | None, total: Callable[[], int]
) -> Page[T]:
    """The first `size` of what follows the cursor, which comes in order: no more of it is looked at."""
    found = list(islice(fitting, size + 1))
    shown = found[:size]
    return Page(shown, Cursors(shown, key), len(found) > size, after is not None, total)


def keyset_page(
    rows: list[T], key: Callable[[T], Any], key_type: Any, size: int, after: str | None, *, descending: bool = False
) -> Page[T]:
    """The `size` rows that follow the cursor `after` in the order of their keys. Raises BadPage."""
    place = None if after is None else from_cursor(after, key_type)
    keyed = ((key(row), row) for row in rows)
    if place is not None:
        keyed = (each for each in keyed if (each[0] < place if descending else each[0] > place))
    found = (heapq.nlargest if descending else heapq.nsmallest)(size + 1, keyed, key=itemgetter(0))

    def total() -> int:
        return len(rows)

    shown = [row for _, row in found[:size]]
    return Page(shown, Cursors(shown, key), len(found) > size, after is not None, total)


def _fits(snapshot: Snapshot, node: ObjectiveNode, where: ObjectiveFilter) -> bool:
    row = node.row
    return (
        (where.cycle_id is None or row.cycle_id == where.cycle_id)
        and (where.owner_ids is None or row.owner_id in where.owner_ids)
        and (where.states is None or row.state in where.states)
        and (where.seen is None or where.seen(node))
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
