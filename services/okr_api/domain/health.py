"""Health: one word for how it goes, from confidence, progress and time. Silence is never green."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from okr_api.domain.progress import clamp, is_maintained
from okr_api.domain.values import Metric, MetricKind

ON_TRACK_FROM = Fraction(7, 10)
AT_RISK_FROM = Fraction(4, 10)
GRACE_DAYS = 3
"""How long after a check-in was due its key result is stale."""


class Health(StrEnum):
    NO_DATA = "NO_DATA"
    ON_TRACK = "ON_TRACK"
    AT_RISK = "AT_RISK"
    OFF_TRACK = "OFF_TRACK"
    STALE = "STALE"


WORST_FIRST = (Health.OFF_TRACK, Health.AT_RISK, Health.STALE, Health.NO_DATA, Health.ON_TRACK)


@dataclass(frozen=True)
class Period:
    """From 00:00 of `first` to 24:00 of `last` in a time zone."""

    first: date
    last: date
    time_zone: str

    def elapsed(self, moment: datetime) -> Fraction:
        """The share of it that is over: 0 before it begins, 1 after its end."""
        start, end = self.start, self._begin_of(self.last + timedelta(days=1))
        return clamp(Fraction((moment - start).total_seconds()) / Fraction((end - start).total_seconds()))

    @property
    def start(self) -> datetime:
        return self._begin_of(self.first)

    def _begin_of(self, day: date) -> datetime:
        # In UTC: two times of one zone are subtracted by the clock on the wall, which jumps twice a year.
        return datetime.combine(day, time.min, ZoneInfo(self.time_zone)).astimezone(UTC)


@dataclass(frozen=True)
class LatestCheckIn:
    """The check-in that counts for a key result."""

    value: Decimal
    confidence: Decimal | None
    effective_at: datetime


def measured_health(
    metric: Metric, progress: Fraction, latest: LatestCheckIn, every_days: int, period: Period, moment: datetime
) -> Health:
    """Of a key result that counts by its own check-ins: stale, else its confidence, else progress against time."""
    if moment - latest.effective_at > timedelta(days=every_days + GRACE_DAYS):
        return Health.STALE
    if latest.confidence is not None:
        return _banded(Fraction(latest.confidence))
    if metric.kind in (MetricKind.MAINTAIN_AT_LEAST, MetricKind.MAINTAIN_AT_MOST):
        return Health.ON_TRACK if is_maintained(metric, latest.value) else Health.OFF_TRACK
    elapsed = period.elapsed(moment)
    return _banded(progress / elapsed) if elapsed else Health.ON_TRACK


def worst(healths: Iterable[Health]) -> Health:
    """The one that needs a look first; NO_DATA when there is none."""
    return min(healths, key=WORST_FIRST.index, default=Health.NO_DATA)


def _banded(share: Fraction) -> Health:
    if share >= ON_TRACK_FROM:
        return Health.ON_TRACK
    return Health.AT_RISK if share >= AT_RISK_FROM else Health.OFF_TRACK
