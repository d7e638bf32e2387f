"""Scalars: moments, days, decimals and places in the log, read strictly and served plainly."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NewType

import strawberry
from graphql import FloatValueNode, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from okr_api.domain.progress import plain

JSON = NewType("JSON", object)
Position = NewType("Position", int)

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(E[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
PLACE = re.compile(r"\d{1,19}", re.ASCII)
MOST_DIGITS = 18
LARGEST_POSITION = 2**63 - 1


class Number(float):
    """A JSON number with a fraction or an exponent that remembers its own text."""

    text: str

    def __new__(cls, text: str) -> "Number":
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __repr__(self) -> str:
        return self.text


def read_moment(value: object) -> datetime:
    if isinstance(value, str) and MOMENT.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError("RFC 3339 with an offset is needed, such as 2026-11-22T09:30:00Z")


def read_day(value: object) -> date:
    if isinstance(value, str) and DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("a day of the calendar is needed, such as 2026-11-22")


def read_decimal(value: object) -> Decimal:
    """The same number always reads the same, however it was spelt: it is part of what a retry is compared by."""
    if isinstance(value, Number):
        value = value.text
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and NUMBER.fullmatch(value):
        text = plain(Decimal(value))
        whole, _, fraction = text.lstrip("-").partition(".")
        if len(whole.lstrip("0")) + len(fraction) <= MOST_DIGITS:
            return Decimal(text) + 0  # there is one zero, without a sign
    raise ValueError(f"a finite decimal of at most {MOST_DIGITS} digits is needed, as a string or a number")


def _read_decimal_literal(node: ValueNode, _: Any = None) -> Decimal:
    if isinstance(node, FloatValueNode | IntValueNode | StringValueNode):
        return read_decimal(node.value)
    return read_decimal(None)


def read_position(value: object) -> int:
    """As text, which every client can carry; a whole number says the same."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and PLACE.fullmatch(value) and int(value) <= LARGEST_POSITION:
        return int(value)
    raise ValueError('a position of the log is needed, such as "1042"')


def show_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="RFC 3339 with an offset; served in UTC with 'Z'. Naive times, 'now' and bare years are refused.",
        serialize=show_moment,
        parse_value=read_moment,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day of the calendar: year, month and day, as in 2026-11-22.",
        serialize=date.isoformat,
        parse_value=read_day,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description=(
            f"Finite decimal of at most {MOST_DIGITS} digits. Served as a JSON string; accepted as a string, or as a "
            "number read from its own text, never through a float."
        ),
        serialize=plain,
        parse_value=read_decimal,
        parse_literal=_read_decimal_literal,
    ),
    Position: strawberry.scalar(
        name="Position",
        description="A place in the event log, carried as a JSON string: comparable as an integer, never reused.",
        serialize=str,
        parse_value=read_position,
    ),
    JSON: strawberry.scalar(name="JSON", description="Any JSON value.", serialize=lambda value: value),
}
