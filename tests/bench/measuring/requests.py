"""Decided commands, as the application hands them to the log."""

from datetime import UTC, datetime
from decimal import Decimal
from random import randrange
from uuid import UUID, uuid4

from bench.measuring.dataset import PRINCIPAL
from okr_api.domain.events import CheckInRecorded, Envelope
from okr_api.domain.values import Text
from okr_api.event_log.mapper import to_stored_event
from okr_api.event_log.requests import Request

COMMAND = "RecordCheckIn"
NOW = datetime.fromtimestamp(0, UTC)
"""No event's own clock is stored."""


def checked_in(key_result: UUID) -> Request:
    """One check-in on that key result, which conflicts with nothing."""
    command, stream = uuid4(), uuid4()
    event = CheckInRecorded(  # type: ignore[call-arg]
        originator_id=stream,
        originator_version=1,
        timestamp=NOW,
        originator_topic="CheckIn",
        envelope=Envelope(command, PRINCIPAL, COMMAND),
        key_result_id=key_result,
        value=Decimal(randrange(1000)) / 10,
        confidence=Decimal("0.8"),
        note=Text.typed("as planned"),
        source="api",
    )
    result = {"checkIn": str(stream), "keyResult": str(key_result)}
    return Request(command, PRINCIPAL, COMMAND, b"\0" * 32, (to_stored_event(event),), result=result)
