"""CheckIn: one reading of a key result, a stream of its own, so that check-ins never conflict with each other."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Self
from uuid import UUID

from okr_api.domain.errors import InvalidInput, Problem, refuse_if
from okr_api.domain.events import CheckInRecorded, Event
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
        value: Decimal,
        confidence: Decimal | None,
        note: str | None,
        effective_at: datetime | None,
        source: str,
    ) -> Self:
        refuse_if(_input_problems(metric_kind, value, confidence, note, effective_at, source))
        return cls.begin(
            CheckInRecorded,
            check_in_id,
            key_result_id=key_result_id,
            value=value,
            source=source,
            confidence=confidence,
            note=Text.maybe(note),
            effective_at=effective_at,
        )

    # evolve
    def when(self, event: Event) -> None:
        match event:
            case CheckInRecorded():
                self.key_result_id = event.key_result_id


def _input_problems(
    metric_kind: MetricKind,
    value: Decimal,
    confidence: Decimal | None,
    note: str | None,
    effective_at: datetime | None,
    source: str,
) -> Iterator[Problem]:
    if metric_kind is MetricKind.MILESTONE and not 0 <= value <= 1:
        message = "The value of a milestone goes from 0 to 1."
        yield InvalidInput("OUT_OF_RANGE", message, ("value",), {"lowest": "0", "highest": "1"})
    yield from share_problems(confidence, "confidence")
    if note is not None:
        yield from text_problems(note, "note", MAX_TEXT)
    if effective_at is not None:
        yield from day_problems(effective_at.date(), "effectiveAt")
    yield from text_problems(source, "source", MAX_LABEL, required=True)


def in_the_future() -> InvalidInput:
    """Found by the append, whose clock is the log's."""
    message = f"A check-in is effective at most {AHEAD.seconds // 60} minutes from now."
    return InvalidInput("FUTURE_CHECK_IN", message, ("effectiveAt",))
