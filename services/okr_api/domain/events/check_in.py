"""What happens to a check-in."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from okr_api.domain.events.event import Event, FirstEvent
from okr_api.domain.values import Text


class CheckInRecorded(FirstEvent):
    """`effective_at` is None when it was true at the moment of recording: no API server's clock enters the log."""

    key_result_id: UUID
    value: Decimal
    source: str
    confidence: Decimal | None = None
    note: Text | None = None
    effective_at: datetime | None = None
    corrects: UUID | None = None


class CheckInCorrected(Event):
    """Another check-in stands in its place; this one stays readable and no longer counts."""

    corrected_by: UUID


class CheckInWithdrawn(Event):
    """It should never have been; it stays readable and no longer counts."""
