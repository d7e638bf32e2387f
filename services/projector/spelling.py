"""Spelling: names and values of facts and events as the API spells them."""

from dataclasses import is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Json

from okr_api.domain.progress import plain
from okr_api.domain.values import Text


@cache
def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def spelt(value: Any) -> Any:
    """A value as JSON has it. A text that was redacted is None."""
    match value:
        case None | str() | bool() | int():
            return value
        case UUID():
            return str(value)
        case Decimal():
            return plain(value)
        case Text():
            return value.text
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case list() | tuple():
            return [spelt(item) for item in value]
    assert is_dataclass(value)
    return {camel(name): spelt(part) for name, part in vars(value).items() if part is not None}


def as_json(value: Any) -> Json:
    return Json(value, dumps=msgspec.json.encode)
