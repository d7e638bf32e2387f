"""Versions: what a batch reads and writes of one fact table, in memory."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar, get_args, get_type_hints
from uuid import UUID

Row = TypeVar("Row", bound=tuple[Any, ...])

MOST_KEPT = 20_000
"""Rows of a table, about a kilobyte each, that are kept from batch to batch."""

SQL_TYPES: dict[type, str] = {
    UUID: "uuid",
    str: "text",
    int: "int8",
    Decimal: "numeric",
    bool: "bool",
    date: "date",
    datetime: "timestamptz",
}


@dataclass(frozen=True, eq=False)
class Table(Generic[Row]):
    """A fact table: a row's fields are its columns, `key` with valid_from is its primary key.

    `slot` tells which rows follow each other: one of a slot ends when the next begins. `standing` is the SQL that looks
    up standing rows by ids, where these are not the key.
    """

    name: str
    row: Callable[..., Row]
    key: tuple[str, ...]
    slot: Callable[[Row], Hashable] = itemgetter(0)
    standing: str | None = None

    @cached_property
    def types(self) -> dict[str, str]:
        """The SQL type of each column of a row."""
        hints = get_type_hints(self.row)
        return {column: SQL_TYPES[(get_args(hint) or (hint,))[0]] for column, hint in hints.items()}


class Version(NamedTuple, Generic[Row]):
    """A row that is true from a position."""

    row: Row
    valid_from: int


class Versions(Generic[Row]):
    """The standing rows that batches touch; which of the stored ones a batch ends, and which new ones it begins."""

    def __init__(self, table: Table[Row]) -> None:
        self.table = table
        self._standing: dict[Hashable, Version[Row]] = {}
        self._begun: dict[Hashable, Version[Row]] = {}
        self._passed: list[tuple[Version[Row], int]] = []
        self._ended: list[tuple[Version[Row], int]] = []
        self._key_places = [list(table.types).index(column) for column in table.key]

    def load(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take standing rows of the database, each with its valid_from at the end."""
        for *fields, valid_from in rows:
            row = self.table.row(*fields)
            self._standing[self.table.slot(row)] = Version(row, valid_from)

    def __contains__(self, slot: Hashable) -> bool:
        return slot in self._standing

    def __getitem__(self, slot: Hashable) -> Row:
        return self._standing[slot].row

    def get(self, slot: Hashable) -> Row | None:
        return self._standing[slot].row if slot in self._standing else None

    def put(self, row: Row, at: int) -> None:
        """Let a row be true from the end of a commit on; within one commit the last one put counts."""
        slot = self.table.slot(row)
        former = self._standing.get(slot)
        if former is not None and former.valid_from != at:
            (self._passed if slot in self._begun else self._ended).append((former, at))
        self._standing[slot] = self._begun[slot] = Version(row, at)

    def ended(self) -> list[tuple[Any, ...]]:
        """Key, valid_from and valid_to of stored rows that are true no longer."""
        return [(*(v.row[place] for place in self._key_places), v.valid_from, at) for v, at in self._ended]

    def begun(self) -> list[tuple[Any, ...]]:
        """New rows with valid_from and valid_to, also those that ended within the batch."""
        passed = [(*version.row, version.valid_from, at) for version, at in self._passed]
        return passed + [(*version.row, version.valid_from, None) for version in self._begun.values()]

    def settle(self) -> None:
        """The batch is stored: what stands is kept for the next one, unless it is too much."""
        self._begun, self._passed, self._ended = {}, [], []
        if len(self._standing) > MOST_KEPT:
            self._standing = {}
