"""Lists of key results, picked from a snapshot, page by page."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from okr_api.domain.health import Health
from okr_api.domain.values import Disposition
from okr_api.snapshot.health import check_in_overdue, health
from okr_api.snapshot.lists import contains, keyset_page, streamed
from okr_api.snapshot.nodes import KeyResultNode
from okr_api.snapshot.pages import Page, from_cursor
from okr_api.snapshot.snapshot import Snapshot

KEY: Any = tuple[int, UUID]


@dataclass(frozen=True, kw_only=True)
class KeyResultFilter:
    """All that is given must hold; None asks for nothing. `moment` is when health and overdue are looked at."""

    seen: Callable[[KeyResultNode], bool] | None
    moment: datetime
    cycle_id: UUID | None = None
    owner_ids: frozenset[UUID] | None = None
    dispositions: frozenset[Disposition] | None = None
    health: frozenset[Health] | None = None
    search: str | None = None
    check_in_overdue: bool | None = None


def key_results(snapshot: Snapshot, where: KeyResultFilter, size: int, after: str | None) -> Page[KeyResultNode]:
    """Live ones, in order of creation. Raises BadPage, or Away."""
    if where.cycle_id is None:
        snapshot.require_all()
        found = [node for node in snapshot.key_results.values() if node.live and _fits(node, where)]
        return keyset_page(found, _key, KEY, size, after)
    every = snapshot.once(_of_cycle, where.cycle_id)
    beyond = every if after is None else every[bisect_right(every, from_cursor(after, KEY), key=_key) :]

    def total() -> int:
        return sum(1 for node in every if _fits(node, where))

    return streamed((node for node in beyond if _fits(node, where)), _key, size, after, total)


def _key(node: KeyResultNode) -> tuple[int, UUID]:
    return node.row.created_position, node.row.id


def _of_cycle(snapshot: Snapshot, cycle_id: UUID) -> list[KeyResultNode]:
    """The live ones of a cycle in order of creation."""
    objectives = (snapshot.objectives[i] for i in snapshot.of_cycle(cycle_id))
    live = (key_result for objective in objectives for key_result in objective.key_results if key_result.live)
    return sorted(live, key=lambda node: node.row.created_position)


def _fits(node: KeyResultNode, where: KeyResultFilter) -> bool:
    return (
        (where.seen is None or where.seen(node))
        and (where.owner_ids is None or node.row.owner_id in where.owner_ids)
        and (where.dispositions is None or node.disposition in where.dispositions)
        and (where.search is None or contains(node.row.title, where.search))
        and (where.check_in_overdue is None or check_in_overdue(node, where.moment) is where.check_in_overdue)
        and (where.health is None or health(node, where.moment) in where.health)
    )
