"""Counting: the check-in that counts for a key result: of those that stand the latest effective, ties by log order."""

from datetime import datetime
from decimal import Decimal
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
    position: int


COUNTING = Table("counting", Counting, key=("key_result_id",))
LEANS_ON: dict[type[Event], str] = {CheckInRecorded: "key_result_id", KRMoved: "originator_id"}


def fold(
    recorded: Recorded,
    counting: Versions[Counting],
    key_results: Versions[KeyResult],
    check_ins: Versions[CheckIn],
) -> None:
    """After the check-ins: whose neighbours a replaced one leaves in charge has to be known."""
    at = recorded.commit_position
    match recorded.event:
        case CheckInRecorded() as event:
            check_in = check_ins[event.originator_id]
            standing = counting.get(event.key_result_id)
            # Later in the log counts where both are effective at the same moment.
            if standing is None or check_in.effective_at >= standing.effective_at:
                counting.put(_counting(check_in, key_results[event.key_result_id].root_id), at)
        case CheckInCorrected() | CheckInWithdrawn() as event:
            key_result_id = check_ins[event.originator_id].key_result_id
            standing = counting.get(key_result_id)
            if standing is not None and standing.check_in_id == event.originator_id:
                others = (check_in for check_in in check_ins.group(key_result_id) if check_in.counts)
                latest = max(others, key=lambda c: (c.effective_at, c.position), default=None)
                if latest is None:
                    counting.end(key_result_id, at)
                else:
                    counting.put(_counting(latest, standing.root_id), at)
        case KRMoved() as event:
            standing, root_id = counting.get(event.originator_id), key_results[event.originator_id].root_id
            if standing is not None and standing.root_id != root_id:
                counting.put(standing._replace(root_id=root_id), at)


def _counting(check_in: CheckIn, root_id: UUID) -> Counting:
    return Counting(
        key_result_id=check_in.key_result_id,
        root_id=root_id,
        check_in_id=check_in.check_in_id,
        value=check_in.value,
        confidence=check_in.confidence,
        effective_at=check_in.effective_at,
        position=check_in.position,
    )
