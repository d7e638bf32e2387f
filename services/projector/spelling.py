"""Spelling: names and values of facts and events as the API spells them."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Json

from okr_api.domain.progress import plain
from okr_api.domain.values import Metric, Text


@cache
def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def spelt(value: Any) -> Any:
    """A value as JSON has it. A text that was redacted is None."""
    spell = SPELLINGS.get(type(value))
    return spell(value) if spell else value


SPELLINGS: dict[type, Callable[[Any], Any]] = {
    UUID: str,
    Decimal: plain,
    datetime: lambda moment: moment.isoformat().replace("+00:00", "Z"),
    date: date.isoformat,
    list: lambda items: [spelt(item) for item in items],
    tuple: lambda items: [spelt(item) for item in items],
    Text: attrgetter("text"),
    Metric: lambda metric: {name: spelt(part) for name, part in vars(metric).items() if part is not None},
}
"""Of the types that JSON does not have as they are."""


def as_json(value: Any) -> Json:
    return Json(value, dumps=msgspec.json.encode)
