"""Scalars: read strictly, served plainly, and no number ever goes through a float."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from okr_api.graphql.asked import decoded
from okr_api.graphql.scalars import read_day, read_decimal, read_moment, show_moment


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("0", "0"),
        ("-0.00", "0"),
        ("1.500", "1.5"),
        ("+1E+3", "1000"),
        ("1e-18", "0.000000000000000001"),
        ("123456789012345678", "123456789012345678"),
        ("-0.123456789012345678", "-0.123456789012345678"),
        (7, "7"),
    ],
)
def test_a_decimal_reads_the_same_however_it_is_spelt(given: object, text: str) -> None:
    assert str(read_decimal(given)) == str(Decimal(text))


def test_a_number_of_json_keeps_its_digits() -> None:
    numbers = decoded("[0.1, 0.123456789012345678, 1E2, 12345678901234567.8, 3]")
    assert [str(read_decimal(n)) for n in numbers] == ["0.1", "0.123456789012345678", "100", "12345678901234567.8", "3"]


@pytest.mark.parametrize(
    "bad",
    ["", " 1", "1 ", "1_0", "NaN", "sNaN", "Infinity", "1,5", "0x1", ".5", "5.", "1e", "1e9999", "1e18", "1e-19",
     "1234567890123456789", "٣", True, None, [], {}, 0.1, b"1"],
)  # fmt: skip
def test_what_is_no_decimal_of_18_digits_is_refused(bad: object) -> None:
    with pytest.raises(ValueError, match="finite decimal"):
        read_decimal(bad)


@pytest.mark.parametrize(
    ("given", "served"),
    [
        ("2026-11-22T09:30:00Z", "2026-11-22T09:30:00Z"),
        ("2026-11-22t09:30:00z", "2026-11-22T09:30:00Z"),
        ("2026-11-22T23:30:00-02:00", "2026-11-23T01:30:00Z"),
        ("2026-11-22T09:30:00.1234567Z", "2026-11-22T09:30:00.123456Z"),
    ],
)
def test_a_moment_is_served_in_utc(given: str, served: str) -> None:
    assert read_moment(given).tzinfo is UTC
    assert show_moment(read_moment(given)) == served


@pytest.mark.parametrize(
    "bad",
    ["2026-11-22T09:30:00", "2026-11-22 09:30:00Z", "2026-11-22", "2026", "now", "", "2026-11-22T09:30Z",
     "2026-11-31T09:30:00Z", "2026-11-22T24:30:00Z", "2026-11-22T09:30:60Z", "2026-11-22T09:30:00+2",
     "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "２026-11-22T09:30:00Z", 1793500000, None, datetime.now(UTC)],
)  # fmt: skip
def test_a_moment_without_an_offset_is_refused(bad: object) -> None:
    with pytest.raises(ValueError, match="RFC 3339"):
        read_moment(bad)


def test_a_day_is_a_day_of_the_calendar() -> None:
    assert read_day("2028-02-29") == date(2028, 2, 29)
    for bad in ("2026-02-29", "20260201", "2026-W01-1", "2026-1-1", "", 20260201, None):
        with pytest.raises(ValueError, match="day of the calendar"):
            read_day(bad)
