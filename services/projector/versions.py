"""Versions: what batches read and write of one fact table, in memory."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from operator import itemgetter
from typing import Any, Generic, LiteralString, NamedTuple, Self, TypeVar, get_args, get_type_hints
from uuid import UUID

from psycopg.types.json import Json

Row = TypeVar("Row", bound=tuple[Any, ...])


SQL_TYPES: dict[Any, str] = {
    UUID: "uuid",
    str: "text",
    int: "int8",
    Decimal: "numeric",
    bool: "bool",
    date: "date",
    datetime: "timestamptz",
    list[UUID]: "uuid[]",
    list[str]: "text[]",
    Json: "json",
    bytes: "bytea",
}


@dataclass(frozen=True, eq=False)
class Table(Generic[Row]):
    """A fact table: a row's fields are its columns, `key` with valid_from is its primary key.

    `slot` tells which rows follow each other: one of a slot ends when the next begins. `group` tells which
    rows are looked through together, for ever. `standing` is the SQL that looks up standing rows by ids,
    where these are not the key.
    """

    name: str
    row: Callable[..., Row]
    key: tuple[str, ...]
    slot: Callable[[Row], Hashable] = itemgetter(0)
    group: Callable[[Row], Hashable] | None = None
    standing: LiteralString | None = None

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Those of a row, and from where to where it is true."""
        return (*self.types, "valid_from", "valid_to")

    @cached_property
    def ends(self) -> tuple[str, ...]:
        """The columns that tell which row ends, and where."""
        return (*self.key, "valid_from", "valid_to")

    @cached_property
    def types(self) -> dict[str, str]:
        """The SQL type of each column of a row."""
        hints = get_type_hints(self.row)
        return {column: SQL_TYPES[hint if hint in SQL_TYPES else get_args(hint)[0]] for column, hint in hints.items()}


class Version(NamedTuple, Generic[Row]):
    """A row that is true from a position."""

    row: Row
    valid_from: int


class Change(NamedTuple):
    """What a batch makes of a table: rows of the columns `Table.ends`, and of `Table.columns`."""

    table: Table[Any]
    ended: list[tuple[Any, ...]]
    begun: list[tuple[Any, ...]]

    def end_only(self) -> Self:
        return self._replace(begun=[])


class Versions(Generic[Row]):
    """The standing rows that batches touch; which of the stored ones end in this one, and which new ones begin."""

    def __init__(self, table: Table[Row]) -> None:
        self.table = table
        self._standing: dict[Hashable, Version[Row]] = {}
        self._groups: dict[Hashable, set[Hashable]] = defaultdict(set)
        self._ended: list[tuple[Version[Row], int]] = []
        self._put: dict[Hashable, None] = {}
        self._looked_up: set[UUID | str] = set()
        self._begins: int | None = None
        """Where this batch first changed something: versions from before it are stored."""
        self._key_places = [list(table.types).index(column) for column in table.key]

    def __len__(self) -> int:
        """How much is remembered, of what stands and of what does not."""
        return len(self._standing) + len(self._looked_up)

    def unknown(self, ids: Collection[UUID | str]) -> list[UUID | str]:
        """Those that were not looked up before."""
        return [each for each in ids if each not in self._looked_up]

    def load(self, ids: Iterable[UUID | str], rows: Iterable[Sequence[Any]]) -> None:
        """Take the standing rows that the database has for these ids, each with its valid_from at the end."""
        self._looked_up.update(ids)
        for *fields, valid_from in rows:
            self._stand(self.table.row(*fields), valid_from)

    def __getitem__(self, slot: Hashable) -> Row:
        return self._standing[slot].row

    def get(self, slot: Hashable) -> Row | None:
        found = self._standing.get(slot)
        return None if found is None else found.row

    def put(self, row: Row, at: int) -> None:
        """Let a row be true from the end of a commit on; within one commit the last one put counts."""
        slot = self.table.slot(row)
        former = self._standing.get(slot)
        if former is not None and former.valid_from != at:
            self._ended.append((former, at))
        self._put[slot] = None
        if self._begins is None:
            self._begins = at
        self._stand(row, at)

    def end(self, slot: Hashable, at: int) -> None:
        """Let nothing stand there from the end of a commit on."""
        former = self._standing.pop(slot, None)
        if self._begins is None:
            self._begins = at
        if former is not None and former.valid_from != at:
            self._ended.append((former, at))

    def group(self, group: Hashable) -> Iterator[Row]:
        """The standing rows of a group, of what was loaded and put."""
        return (self._standing[slot].row for slot in self._groups[group] if slot in self._standing)

    def change(self) -> Change:
        return Change(self.table, self._ends(), self.begun())

    def _ends(self) -> list[tuple[Any, ...]]:
        """Stored rows that are true no longer."""
        stored = ((version, at) for version, at in self._ended if self._is_stored(version))
        return [(*(v.row[place] for place in self._key_places), v.valid_from, at) for v, at in stored]

    def begun(self) -> list[tuple[Any, ...]]:
        """New rows, also those that ended within the batch."""
        passed = [(*v.row, v.valid_from, at) for v, at in self._ended if not self._is_stored(v)]
        standing = (self._standing[slot] for slot in self._put if slot in self._standing)
        return passed + [(*v.row, v.valid_from, None) for v in standing]

    def written(self) -> None:
        """What began and ended is in the database."""
        self._put.clear()
        self._ended.clear()
        self._begins = None

    def forget(self) -> None:
        """What stands in the database is looked up again."""
        for known in (self._standing, self._groups, self._ended, self._put, self._looked_up):
            known.clear()
        self._begins = None

    def _is_stored(self, version: Version[Row]) -> bool:
        return self._begins is None or version.valid_from < self._begins

    def _stand(self, row: Row, valid_from: int) -> None:
        slot = self.table.slot(row)
        self._standing[slot] = Version(row, valid_from)
        if self.table.group is not None:
            self._groups[self.table.group(row)].add(slot)


Wanted = tuple[Versions[Any], Collection[UUID | str]]
"""The ids whose standing rows are looked up in a table."""
