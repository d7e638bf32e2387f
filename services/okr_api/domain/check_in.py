"""CheckIn: one measurement of a key result, a stream of its own, so that check-ins never conflict with each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Self
from uuid import UUID

from okr_api.domain.errors import InvalidInput, Problem, Refused, RuleViolation, refuse_if
from okr_api.domain.events import CheckInCorrected, CheckInRecorded, CheckInWithdrawn, Event
from okr_api.domain.stream import Stream
from okr_api.domain.values import MAX_LABEL, MAX_TEXT, MetricKind, Text, day_problems, share_problems, text_problems

AHEAD = timedelta(minutes=5)
"""How far ahead of the log's clock a check-in may be effective: clocks differ, the future is not known."""


class CheckIn(Stream):
    TITLE = "check-in"

    # decide
    @classmethod
    def record(
        cls,
        check_in_id: UUID,
        *,
        key_result_id: UUID,
        metric_kind: MetricKind,
        measurement: "Measurement",
        source: str,
        corrects: UUID | None = None,
    ) -> Self:
        refuse_if(_input_problems(metric_kind, measurement, source))
        return cls.begin(
            CheckInRecorded,
            check_in_id,
            key_result_id=key_result_id,
            value=measurement.value,
            source=source,
            confidence=measurement.confidence,
            note=Text.maybe(measurement.note),
            effective_at=measurement.effective_at,
            corrects=corrects,
        )

    def correct(self, corrected_by: UUID) -> None:
        """Another check-in takes its place."""
        self.require_newest()
        self.trigger_event(CheckInCorrected, corrected_by=corrected_by)

    def withdraw(self) -> None:
        self.require_newest()
        self.trigger_event(CheckInWithdrawn)

    def require_newest(self) -> None:
        if self.replaced:
            message = "This check-in was corrected or withdrawn already: only the newest of a chain can be."
            raise Refused(RuleViolation("ALREADY_CORRECTED", message, ("checkInId",), {}, (str(self.id),)))

    # evolve
    def when(self, event: Event) -> None:
        match event:
            case CheckInRecorded():
                self.key_result_id, self.source = event.key_result_id, event.source
                note = event.note.text if event.note else None
                self.measurement = Measurement(event.value, event.confidence, note, event.effective_at)
                self.recorded_at = event.timestamp
                self.replaced = False
            case CheckInCorrected() | CheckInWithdrawn():
                self.replaced = True


@dataclass(frozen=True)
class Measurement:
    """What a check-in tells: a value, how sure one is to reach the target, and when it was true (None: now)."""

    value: Decimal
    confidence: Decimal | None = None
    note: str | None = None
    effective_at: datetime | None = None


def _input_problems(metric_kind: MetricKind, measurement: Measurement, source: str) -> Iterator[Problem]:
    if metric_kind is MetricKind.MILESTONE and not 0 <= measurement.value <= 1:
        message = "The value of a milestone goes from 0 to 1."
        yield InvalidInput("OUT_OF_RANGE", message, ("value",), {"lowest": "0", "highest": "1"})
    yield from share_problems(measurement.confidence, "confidence")
    if measurement.note is not None:
        yield from text_problems(measurement.note, "note", MAX_TEXT)
    if measurement.effective_at is not None:
        yield from day_problems(measurement.effective_at.date(), "effectiveAt")
    yield from text_problems(source, "source", MAX_LABEL, required=True)


def in_the_future(path: tuple[str, ...]) -> InvalidInput:
    """Found by the append, whose clock is the log's."""
    message = f"A check-in is effective at most {AHEAD.seconds // 60} minutes from now."
    return InvalidInput("FUTURE_CHECK_IN", message, path)
