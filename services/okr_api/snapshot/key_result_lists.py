"""Lists of key results, picked from a snapshot, page by page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from okr_api.domain.health import Health
from okr_api.domain.values import Disposition
from okr_api.snapshot.health import check_in_overdue, health
from okr_api.snapshot.lists import contains, keyset_page
from okr_api.snapshot.nodes import KeyResultNode
from okr_api.snapshot.pages import Page
from okr_api.snapshot.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class KeyResultFilter:
    """All that is given must hold; None asks for nothing. `moment` is when health and overdue are looked at."""

    seen: Callable[[KeyResultNode], bool]
    moment: datetime
    cycle_id: UUID | None = None
    owner_ids: frozenset[UUID] | None = None
    dispositions: frozenset[Disposition] | None = None
    health: frozenset[Health] | None = None
    search: str | None = None
    check_in_overdue: bool | None = None


def key_results(snapshot: Snapshot, where: KeyResultFilter, size: int, after: str | None) -> Page[KeyResultNode]:
    """Live ones, in order of creation. Raises BadPage."""
    found = [node for node in _candidates(snapshot, where) if node.live and _fits(node, where)]
    return keyset_page(found, lambda node: (node.row.created_position, node.id), tuple[int, UUID], size, after)


def _candidates(snapshot: Snapshot, where: KeyResultFilter) -> Iterable[KeyResultNode]:
    if where.cycle_id is None:
        return snapshot.key_results.values()
    objectives = (snapshot.objectives[i] for i in snapshot.by_cycle.get(where.cycle_id, ()))
    return (key_result for objective in objectives for key_result in objective.key_results)


def _fits(node: KeyResultNode, where: KeyResultFilter) -> bool:
    return (
        where.seen(node)
        and (where.owner_ids is None or node.row.owner_id in where.owner_ids)
        and (where.dispositions is None or node.disposition in where.dispositions)
        and (where.search is None or contains(node.row.title, where.search))
        and (where.check_in_overdue is None or check_in_overdue(node, where.moment) is where.check_in_overdue)
        and (where.health is None or health(node, where.moment) in where.health)
    )
