"""Health: confidence, progress against time, staleness; silence is never green."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from okr_api.domain.health import Health, LatestCheckIn, Period, measured_health, worst
from okr_api.domain.values import Metric, MetricKind

D, F = Decimal, Fraction
QUARTER = Period(date(2026, 1, 1), date(2026, 3, 31), "UTC")
HALF_WAY = datetime(2026, 2, 15, tzinfo=UTC)
SALES = Metric(MetricKind.INCREASE, D(0), D(10))


def judged(value: str, confidence: str | None = None, days_ago: int = 1, metric: Metric = SALES) -> Health:
    latest = LatestCheckIn(D(value), D(confidence) if confidence else None, HALF_WAY - timedelta(days=days_ago))
    return measured_health(metric, F(D(value)) / 10, latest, 7, QUARTER, HALF_WAY)


@pytest.mark.parametrize(
    ("confidence", "health"),
    [("0.7", Health.ON_TRACK), ("0.69", Health.AT_RISK), ("0.4", Health.AT_RISK), ("0.39", Health.OFF_TRACK)],
)
def test_confidence_comes_first(confidence: str, health: Health) -> None:
    assert judged("0", confidence) is health


@pytest.mark.parametrize(
    ("value", "health"),
    [
        ("5", Health.ON_TRACK),
        ("3.5", Health.ON_TRACK),
        ("3.4", Health.AT_RISK),
        ("2", Health.AT_RISK),
        ("1.9", Health.OFF_TRACK),
    ],
)
def test_without_confidence_progress_is_held_against_the_time_that_is_over(value: str, health: Health) -> None:
    assert QUARTER.elapsed(HALF_WAY) == F(1, 2)
    assert judged(value) is health


def test_a_check_in_older_than_its_rhythm_and_three_days_is_stale() -> None:
    assert judged("9", "1", days_ago=10) is Health.ON_TRACK
    assert judged("9", "1", days_ago=11) is Health.STALE


def test_a_value_to_maintain_is_met_or_not() -> None:
    nps = Metric(MetricKind.MAINTAIN_AT_LEAST, target=D(65), limit=D(0))
    assert judged("65", metric=nps) is Health.ON_TRACK
    assert judged("64", metric=nps) is Health.OFF_TRACK


def test_before_the_cycle_begins_nothing_is_late() -> None:
    before = datetime(2025, 12, 30, tzinfo=UTC)
    latest = LatestCheckIn(D(0), None, before)
    assert measured_health(SALES, F(0), latest, 7, QUARTER, before) is Health.ON_TRACK


def test_a_day_lasts_from_midnight_to_midnight_in_the_cycle_s_time_zone() -> None:
    day = Period(date(2026, 3, 29), date(2026, 3, 29), "Europe/Berlin")  # 23 hours: summer time begins
    assert day.elapsed(datetime(2026, 3, 28, 23, 0, tzinfo=UTC)) == 0
    assert day.elapsed(datetime(2026, 3, 29, 22, 0, tzinfo=UTC)) == 1


def test_the_worst_comes_first_and_silence_is_never_green() -> None:
    assert worst([Health.ON_TRACK, Health.NO_DATA]) is Health.NO_DATA
    assert worst([Health.STALE, Health.AT_RISK, Health.ON_TRACK]) is Health.AT_RISK
    assert worst([Health.OFF_TRACK, Health.AT_RISK]) is Health.OFF_TRACK
    assert worst([]) is Health.NO_DATA
