"""Advisories of nodes: what the snapshot knows of an OKR and its surroundings, put to the rules of good practice."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from okr_api.domain.advisories import (
    Advisory,
    KeyResultFacts,
    ObjectiveFacts,
    key_result_advisories,
    objective_advisories,
)
from okr_api.domain.values import CycleState, Link, OwnerLevel
from okr_api.snapshot.lines import line_of_sight
from okr_api.snapshot.nodes import KeyResultNode, Node, ObjectiveNode
from okr_api.snapshot.snapshot import Snapshot


def advisories(snapshot: Snapshot, node: Node, moment: datetime) -> Sequence[Advisory]:
    """None for what is retired or closed: nothing can be done about it any more."""
    if not node.live or node.cycle.state is CycleState.CLOSED:
        return ()
    if isinstance(node, ObjectiveNode):
        return tuple(objective_advisories(_objective(snapshot, node)))
    return tuple(key_result_advisories(_key_result(snapshot, node, moment)))


def _objective(snapshot: Snapshot, node: ObjectiveNode) -> ObjectiveFacts:
    owner = snapshot.owners[node.row.owner_id]
    served = [target for _, target in snapshot.served_by(node)]
    restated = [target for link, target in snapshot.served_by(node) if link.kind is Link.DELEGATES]
    live = [key_result for key_result in node.key_results if key_result.live]
    return ObjectiveFacts(
        title=node.row.title or "",
        level=owner.level,
        owner_active=owner.active,
        restates=bool(restated),
        key_results=len(live),
        delegated=sum(key_result.delegate is not None for key_result in live),
        served=any(_level(snapshot, above) is OwnerLevel.COMPANY for above in line_of_sight(snapshot, node)),
        skips_level=any(owner.level.depth - _level(snapshot, target).depth > 1 for target in served),
        siblings=_siblings(snapshot, node),
        copies_key_result=_copies_key_result(snapshot, node),
    )


def _level(snapshot: Snapshot, node: Node) -> OwnerLevel:
    return snapshot.owners[node.row.owner_id].level


def _siblings(snapshot: Snapshot, node: ObjectiveNode) -> int:
    return _objectives_by_owner(snapshot, node.row.cycle_id)[node.row.owner_id]


@lru_cache(maxsize=8)
def _objectives_by_owner(snapshot: Snapshot, cycle_id: UUID) -> Counter[UUID]:
    """How many live objectives each owner has in a cycle: counted once for all of a snapshot."""
    nodes = (snapshot.objectives[i] for i in snapshot.by_cycle[cycle_id])
    return Counter(node.row.owner_id for node in nodes if node.live)


def _copies_key_result(snapshot: Snapshot, node: ObjectiveNode) -> bool:
    targets = [target for link, target in snapshot.served_by(node) if link.kind is Link.ALIGNS]
    texts = {
        _plain(kr.row.title) for target in targets if isinstance(target, ObjectiveNode) for kr in target.key_results
    }
    return _plain(node.row.title) in texts


def _plain(text: str | None) -> str:
    return (text or "").strip().rstrip(".").casefold()


def _key_result(snapshot: Snapshot, node: KeyResultNode, moment: datetime) -> KeyResultFacts:
    objective = snapshot.objectives[node.row.objective_id]
    others = [other.row.title for other in objective.key_results if other.live and other.id != node.id]
    delegate = node.delegate
    return KeyResultFacts(
        title=node.row.title or "",
        metric=node.row.metric,
        owner_active=snapshot.owners[node.row.owner_id].active,
        measured=node.progress.measured,
        cascaded=node.progress.cascaded,
        confidence=node.counting.confidence if node.counting else None,
        overdue_days=_overdue_days(node, moment),
        part_cycle_delegate=delegate is not None and delegate.objective.cycle.id != node.cycle.id,
        duplicate=_plain(node.row.title) in {_plain(title) for title in others},
        delegate_differs=delegate is not None
        and _plain(delegate.objective.row.title) != _plain(node.row.title)
        and max(delegate.objective.row.updated_at, node.row.updated_at) > delegate.link.since,
    )


def _overdue_days(node: KeyResultNode, moment: datetime) -> int:
    """Days since a check-in was due; 0 while the cycle takes none, or while somebody else checks in for it."""
    if node.cycle.state not in (CycleState.OPEN, CycleState.CLOSING):
        return 0
    if node.delegate is not None and not node.delegate.link.retain and node.counting is None:
        return 0
    zone = ZoneInfo(node.cycle.time_zone)
    begin = datetime.combine(node.cycle.starts_on, time.min, zone)
    end = datetime.combine(node.cycle.ends_on + timedelta(days=1), time.min, zone)
    last = max(node.counting.effective_at if node.counting else begin, begin)
    due = last + timedelta(days=node.row.check_in_every_days or node.cycle.check_in_every_days)
    return max((min(moment, end) - due).days, 0)
