"""Advisories of nodes: what the snapshot knows of an OKR and its surroundings, put to the rules of good practice."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from okr_api.domain.advisories import (
    Advisory,
    Drift,
    KeyResultFacts,
    ObjectiveFacts,
    key_result_advisories,
    objective_advisories,
)
from okr_api.domain.health import Health, Period
from okr_api.domain.progress import ProgressSource
from okr_api.domain.values import CycleState, Disposition, Link, OwnerLevel
from okr_api.snapshot.health import health
from okr_api.snapshot.lines import line_of_sight
from okr_api.snapshot.nodes import KeyResultNode, Node, ObjectiveNode
from okr_api.snapshot.rows import LinkRow
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
    restated = list(_restated(snapshot, node))
    drifts = (_drift(key_result, link, node) for link, key_result in restated)
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
        taken_on=snapshot.once(_taken_on_by_owner, node.row.cycle_id)[node.row.owner_id],
        copies_key_result=_copies_key_result(snapshot, node),
        drift=next(filter(None, drifts), None),
    )


def _restated(snapshot: Snapshot, node: ObjectiveNode) -> Iterator[tuple[LinkRow, KeyResultNode]]:
    """The key results that became this objective."""
    for link, target in snapshot.served_by(node):
        if isinstance(target, KeyResultNode) and link.kind is Link.DELEGATES:
            yield link, target


def _level(snapshot: Snapshot, node: Node) -> OwnerLevel:
    return snapshot.owners[node.row.owner_id].level


def _siblings(snapshot: Snapshot, node: ObjectiveNode) -> int:
    return snapshot.once(_objectives_by_owner, node.row.cycle_id)[node.row.owner_id]


def _objectives_by_owner(snapshot: Snapshot, cycle_id: UUID) -> Counter[UUID]:
    """How many live objectives each owner has in a cycle."""
    nodes = (snapshot.objectives[i] for i in snapshot.by_cycle[cycle_id])
    return Counter(node.row.owner_id for node in nodes if node.live)


def _taken_on_by_owner(snapshot: Snapshot, cycle_id: UUID) -> Counter[UUID]:
    """How many live objectives of a cycle each owner has by delegation from others."""
    nodes = (snapshot.objectives[i] for i in snapshot.by_cycle[cycle_id])
    return Counter(
        node.row.owner_id
        for node in nodes
        if any(key_result.row.owner_id != node.row.owner_id for _, key_result in _restated(snapshot, node))
    )


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
        due=node.row.due_on is not None,
        cycle_days=(node.cycle.ends_on - node.cycle.starts_on).days + 1,
        measured=node.progress.measured,
        cascaded=node.progress.cascaded,
        confidence=node.counting.confidence if node.counting else None,
        on_track=_on_track(node, moment),
        unmoved_days=(node.counting.effective_at - node.counting.value_since).days if node.counting else 0,
        retargeted=_retargeted(snapshot, node),
        retarget_follows=_retarget_follows(snapshot, node),
        overdue_days=_overdue_days(node, moment),
        delegated=delegate is not None,
        part_cycle_delegate=delegate is not None and delegate.objective.cycle.id != node.cycle.id,
        duplicate=_plain(node.row.title) in {_plain(title) for title in others},
        drift=None if delegate is None else _drift(node, delegate.link, delegate.objective),
    )


def _on_track(node: KeyResultNode, moment: datetime) -> bool:
    measured = node.progress.source is ProgressSource.MEASURED and node.disposition is not Disposition.DELEGATED
    return measured and health(node, moment) is Health.ON_TRACK


def _retargeted(snapshot: Snapshot, node: KeyResultNode) -> Fraction | None:
    """How far into the cycle, or into the shortest one inside it: an annual target is reset with the quarters."""
    changed = node.row.retargeted_at
    if changed is None:
        return None
    day = changed.astimezone(ZoneInfo(node.cycle.time_zone)).date()
    around = [c for c in snapshot.cycles_inside(node.cycle.id) if c.starts_on <= day <= c.ends_on]
    cycle = min(around, key=lambda cycle: cycle.ends_on - cycle.starts_on, default=node.cycle)
    return Period(cycle.starts_on, cycle.ends_on, cycle.time_zone).elapsed(changed)


def _retarget_follows(snapshot: Snapshot, node: KeyResultNode) -> bool:
    changed, objective = node.row.retargeted_at, snapshot.objectives[node.row.objective_id]
    return changed is not None and any(
        key_result.row.retargeted_at is not None and link.since < key_result.row.retargeted_at <= changed
        for link, key_result in _restated(snapshot, objective)
    )


def _drift(key_result: KeyResultNode, link: LinkRow, delegate: ObjectiveNode) -> Drift | None:
    retargeted = key_result.row.retargeted_at
    if retargeted is not None and retargeted > _answered_at(link, delegate):
        return Drift.TARGET
    retitled = (at for at in (key_result.row.retitled_at, delegate.row.retitled_at) if at is not None)
    reworded = max(retitled, default=link.since) > link.since
    return Drift.WORDS if reworded and _plain(key_result.row.title) != _plain(delegate.row.title) else None


def _answered_at(link: LinkRow, delegate: ObjectiveNode) -> datetime:
    """When a delegate last agreed to a target: reworded, or with a key result that is new or has a new target."""
    measures = (kr.row.retargeted_at or kr.row.created_at for kr in delegate.key_results if kr.live)
    return max(link.since, delegate.row.retitled_at or link.since, *measures)


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
