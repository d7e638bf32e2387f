"""Spelling: names and values of facts and events as the API spells them."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any

import msgspec
from psycopg.types.json import Json

from okr_api.domain.progress import plain
from okr_api.domain.values import Metric, Text


@cache
def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def spelt(value: Any) -> Any:
    """A value that `as_json` writes as the API has it. A text that was redacted is None."""
    spell = SPELLINGS.get(type(value))
    return spell(value) if spell else value


SPELLINGS: dict[type, Callable[[Any], Any]] = {
    Decimal: plain,
    Text: attrgetter("text"),
    Metric: lambda metric: {name: spelt(part) for name, part in vars(metric).items() if part is not None},
}
"""Of the types that would be written otherwise."""


def as_json(value: Any) -> Json:
    return Json(value, dumps=msgspec.json.encode)
