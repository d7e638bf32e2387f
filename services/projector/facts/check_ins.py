"""Check-ins: every reading of a key result ever recorded."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from okr_api.domain.events import CheckInRecorded
from projector.facts.key_results import KeyResult
from projector.log import Recorded
from projector.versions import Table, Versions


class CheckIn(NamedTuple):
    check_in_id: UUID
    key_result_id: UUID
    root_id: UUID
    value: Decimal
    confidence: Decimal | None
    note: str | None
    source: str
    principal_id: UUID
    effective_at: datetime
    recorded_at: datetime
    position: int
    corrects: UUID | None
    corrected_by: UUID | None
    withdrawn: bool


CHECK_INS = Table("check_ins", CheckIn, key=("check_in_id",))


def fold(recorded: Recorded, check_ins: Versions[CheckIn], key_results: Versions[KeyResult]) -> None:
    match recorded.event:
        case CheckInRecorded() as event:
            assert event.envelope is not None
            check_in = CheckIn(
                check_in_id=event.originator_id,
                key_result_id=event.key_result_id,
                root_id=key_results[event.key_result_id].root_id,
                value=event.value,
                confidence=event.confidence,
                note=event.note.text if event.note else None,
                source=event.source,
                principal_id=event.envelope.principal_id,
                effective_at=event.effective_at or event.timestamp,
                recorded_at=event.timestamp,
                position=recorded.position,
                corrects=None,
                corrected_by=None,
                withdrawn=False,
            )
            check_ins.put(check_in, recorded.commit_position)
