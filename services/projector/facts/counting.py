"""Counting: which check-in counts for a key result: the latest effective one, ties by log order."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from okr_api.domain.events import CheckInRecorded, Event
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
LEANS_ON: dict[type[Event], str] = {CheckInRecorded: "key_result_id"}


def fold(recorded: Recorded, counting: Versions[Counting], key_results: Versions[KeyResult]) -> None:
    match recorded.event:
        case CheckInRecorded() as event:
            effective_at = event.effective_at or event.timestamp
            standing = counting.get(event.key_result_id)
            # Later in the log counts where both are effective at the same moment.
            if standing is None or effective_at >= standing.effective_at:
                latest = Counting(
                    key_result_id=event.key_result_id,
                    root_id=key_results[event.key_result_id].root_id,
                    check_in_id=event.originator_id,
                    value=event.value,
                    confidence=event.confidence,
                    effective_at=effective_at,
                    position=recorded.position,
                )
                counting.put(latest, recorded.commit_position)
