"""Health of nodes at a moment: children first, remembered for as long as the moment's hour lasts."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from okr_api.domain.health import Health, LatestCheckIn, Period, measured_health, worst
from okr_api.domain.progress import ProgressSource
from okr_api.domain.values import CycleState, Disposition
from okr_api.snapshot.nodes import KeyResultNode, Node, ObjectiveNode


def health(node: Node, moment: datetime) -> Health:
    """`moment` is cut to the UTC hour: health changes with time, but answers stay equal for an hour."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    todo: list[Node] = [node]
    while todo:
        waiting = [below for below in _needs(todo[-1]) if _known(below, hour) is None]
        if waiting:
            todo.extend(waiting)
        else:
            top = todo.pop()
            top.health_at = (hour, _judge(top, hour))
    return _of(node)


def check_in_overdue(node: KeyResultNode, moment: datetime) -> bool:
    """Whether its owner owes a check-in: it is live, not handed on entirely, and its cycle takes check-ins.

    What was never checked in is due one interval after its cycle began or after it was added, whichever came later.
    """
    row, cycle = node.row, node.cycle
    takes_check_ins = cycle.state in (CycleState.OPEN, CycleState.CLOSING)
    if not node.live or not takes_check_ins or node.disposition is Disposition.DELEGATED:
        return False
    begun = max(Period(cycle.starts_on, cycle.ends_on, cycle.time_zone).start, row.created_at)
    last = begun if node.counting is None else node.counting.effective_at
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return hour - last > timedelta(days=row.check_in_every_days or cycle.check_in_every_days)


def _known(node: Node, hour: datetime) -> Health | None:
    return node.health_at[1] if node.health_at is not None and node.health_at[0] == hour else None


def _of(node: Node) -> Health:
    assert node.health_at is not None
    return node.health_at[1]


def _needs(node: Node) -> Iterator[Node]:
    """The nodes whose health this one's is made of."""
    if isinstance(node, ObjectiveNode):
        yield from (kr for kr in node.key_results if kr.live and kr.row.weight > 0)
    elif node.progress.source is ProgressSource.DELEGATE and node.delegate is not None:
        yield node.delegate.objective
    elif node.progress.source is ProgressSource.SUPPORTERS:
        yield from (hanging.objective for hanging in node.contributing())


def _judge(node: Node, hour: datetime) -> Health:
    if isinstance(node, KeyResultNode) and node.progress.source is ProgressSource.MEASURED:
        return _measured(node, hour)
    parts: Iterable[Node] = _needs(node)
    return worst(_of(part) for part in parts)


def _measured(node: KeyResultNode, hour: datetime) -> Health:
    row, cycle, counting = node.row, node.cycle, node.counting
    assert counting is not None
    assert node.progress.measured is not None
    latest = LatestCheckIn(counting.value, counting.confidence, counting.effective_at)
    every_days = row.check_in_every_days or cycle.check_in_every_days
    period = Period(cycle.starts_on, row.due_on or cycle.ends_on, cycle.time_zone)
    return measured_health(row.metric, node.progress.measured, latest, every_days, period, hour)
