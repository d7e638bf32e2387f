"""Check-ins: every reading of a key result ever recorded."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from okr_api.domain.events import CheckInCorrected, CheckInRecorded, CheckInWithdrawn, Event, TextRedacted
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

    @property
    def counts(self) -> bool:
        """Whether it is one of those of which the latest effective counts."""
        return self.corrected_by is None and not self.withdrawn


# Looked up by themselves and by their key results: what counts instead of one is looked for among its neighbours.
STANDING = """
SELECT {columns}, valid_from FROM {table}
WHERE valid_to IS NULL AND (check_in_id = ANY(%(ids)s) OR key_result_id = ANY(%(ids)s))
"""
CHECK_INS = Table("check_ins", CheckIn, key=("check_in_id",), group=attrgetter("key_result_id"), standing=STANDING)
FOLDED: frozenset[type[Event]] = frozenset({CheckInRecorded, CheckInCorrected, CheckInWithdrawn})
LEANS_ON: dict[type[Event], str] = {
    **dict.fromkeys((CheckInCorrected, CheckInWithdrawn), "originator_id"),
    TextRedacted: "entity_id",
}


def replaced_of(events: Sequence[Recorded], check_ins: Versions[CheckIn]) -> set[UUID]:
    """The key results some of whose check-ins these events replace, or redact."""
    told = (recorded.event for recorded in events)
    replaced = {getattr(event, LEANS_ON[type(event)]) for event in told if type(event) in LEANS_ON}
    stored = {check_in.key_result_id for i in replaced if (check_in := check_ins.get(i)) is not None}
    new = (recorded.event for recorded in events if isinstance(recorded.event, CheckInRecorded))
    return stored | {event.key_result_id for event in new if event.originator_id in replaced}


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
                corrects=event.corrects,
                corrected_by=None,
                withdrawn=False,
            )
            check_ins.put(check_in, recorded.commit_position)
        case CheckInCorrected() as event:
            corrected = check_ins[event.originator_id]._replace(corrected_by=event.corrected_by)
            check_ins.put(corrected, recorded.commit_position)
        case CheckInWithdrawn() as event:
            check_ins.put(check_ins[event.originator_id]._replace(withdrawn=True), recorded.commit_position)
