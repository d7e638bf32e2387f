"""Counting: the check-in that counts for a key result: of those that stand the latest effective, ties by log order."""

from datetime import datetime
from decimal import Decimal
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID

from okr_api.domain.events import CheckInCorrected, CheckInRecorded, CheckInWithdrawn, Event, KRMoved
from projector.facts.check_ins import CheckIn
from projector.facts.key_results import KeyResult
from projector.log import Recorded
from projector.versions import Table, Versions


class Counting(NamedTuple):
    key_result_id: UUID
    root_id: UUID
    check_in_id: UUID
    value: Decimal
    confidence: Decimal | None
    effective_at: datetime
    value_since: datetime
    position: int


COUNTING = Table("counting", Counting, key=("key_result_id",))
FOLDED: frozenset[type[Event]] = frozenset({CheckInRecorded, CheckInCorrected, CheckInWithdrawn, KRMoved})
LEANS_ON: dict[type[Event], str] = {CheckInRecorded: "key_result_id", KRMoved: "originator_id"}


def fold(
    recorded: Recorded,
    counting: Versions[Counting],
    key_results: Versions[KeyResult],
    check_ins: Versions[CheckIn],
) -> None:
    """After the check-ins: whose neighbours a replaced one leaves in charge has to be known."""
    at = recorded.commit_position
    standing: Counting | None = None
    counts: Counting | None = None
    match recorded.event:
        case CheckInRecorded() as event:
            check_in, standing = check_ins[event.originator_id], counting.get(event.key_result_id)
            counts = _after(standing, check_in, key_results[event.key_result_id].root_id)
        case CheckInCorrected() | CheckInWithdrawn() as event:
            key_result_id = check_ins[event.originator_id].key_result_id
            standing = counting.get(key_result_id)
            others = [check_in for check_in in check_ins.group(key_result_id) if check_in.counts]
            counts = _latest(others, standing.root_id) if standing is not None and others else None
            if standing is not None and counts is None:
                counting.end(key_result_id, at)
        case KRMoved() as event:
            standing, root_id = counting.get(event.originator_id), key_results[event.originator_id].root_id
            counts = None if standing is None else standing._replace(root_id=root_id)
    if counts is not None and counts != standing:
        counting.put(counts, at)


def _after(standing: Counting | None, check_in: CheckIn, root_id: UUID) -> Counting:
    """What counts once one more is recorded, told from these two alone: most check-ins never load their neighbours."""
    if standing is None:
        return _counting(check_in, root_id, check_in.effective_at)
    same = check_in.value == standing.value
    # Later in the log counts where both are effective at the same moment.
    if check_in.effective_at >= standing.effective_at:
        return _counting(check_in, root_id, standing.value_since if same else check_in.effective_at)
    # A late one that says something else shows that the value moved after it.
    moved = standing.value_since if same else check_in.effective_at
    return standing._replace(value_since=max(standing.value_since, moved))


def _latest(check_ins: list[CheckIn], root_id: UUID) -> Counting:
    newest, *older = sorted(check_ins, key=lambda c: (c.effective_at, c.position), reverse=True)
    run = [newest, *takewhile(lambda check_in: check_in.value == newest.value, older)]
    return _counting(newest, root_id, run[-1].effective_at)


def _counting(check_in: CheckIn, root_id: UUID, value_since: datetime) -> Counting:
    return Counting(
        key_result_id=check_in.key_result_id,
        root_id=root_id,
        check_in_id=check_in.check_in_id,
        value=check_in.value,
        confidence=check_in.confidence,
        effective_at=check_in.effective_at,
        value_since=value_since,
        position=check_in.position,
    )
