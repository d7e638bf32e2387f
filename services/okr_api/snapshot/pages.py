"""Keyset pages: a cursor holds the sort key of the row that it follows, so pages stay whole while data change."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

import msgspec

T = TypeVar("T")
K = TypeVar("K")

LARGEST_PAGE = 200


class BadPage(ValueError):
    """`first` or `after` is not what this list gives or takes."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows of one page, a cursor for each, and a way to count all rows, in memory or in the database.

    `by_rows`: nodes that are not its rows change nothing of it, while none comes or goes.
    """

    rows: Sequence[T]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool
    total: Callable[[], int | Awaitable[int]]
    by_rows: bool = False


class Cursors(Sequence[str]):
    """A cursor for each row, made when somebody asks for it."""

    def __init__(self, rows: Sequence[T], key: Callable[[T], Any]) -> None:
        self._rows = rows
        self._key: Callable[[Any], Any] = key

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> "Cursors": ...
    def __getitem__(self, place: int | slice) -> "str | Cursors":
        if isinstance(place, slice):
            return Cursors(self._rows[place], self._key)
        return to_cursor(self._key(self._rows[place]))


def page_size(first: int | None, default: int) -> int:
    """Raises BadPage outside 1..200; None is the default."""
    if first is None:
        return default
    if not 1 <= first <= LARGEST_PAGE:
        raise BadPage(f"first must be between 1 and {LARGEST_PAGE}, not {first}")
    return first


def to_cursor(key: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def from_cursor(cursor: str, key_type: type[K]) -> K:
    """Raises BadPage for what `to_cursor` never made of such a key."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(text, type=key_type)
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise BadPage("after must be a cursor that this list gave") from error
