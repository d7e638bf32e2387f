"""Ledger: the rows of the facts between two positions, by where each began and ended: it leads a past cut onward."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, IsolationLevel
from psycopg.rows import tuple_row
from psycopg.sql import SQL

from okr_api.snapshot.behind import require_position
from okr_api.snapshot.changes import Changes
from okr_api.snapshot.loading import Rows, changes, read_rows
from okr_api.snapshot.tables import TABLES, Told

BETWEEN = SQL("((valid_from > {after} AND valid_from <= {until}) OR (valid_to > {after} AND valid_to <= {until}))")


@dataclass(frozen=True)
class Ledger:
    """Of each place in `positions`, the table and the row that begins or ends there, in order."""

    positions: list[int]
    entries: list[tuple[str, Told]]

    def changes(self, after: int, until: int) -> Changes:
        """What changes for a snapshot of one position on its way to another."""
        rows: Rows = {table.name: [] for table in TABLES}
        for place in range(bisect_right(self.positions, after), bisect_right(self.positions, until)):
            name, row = self.entries[place]
            rows[name].append(row)
        return changes(rows, until)


async def read_ledger(connection: AsyncConnection[Any], schema: str, after: int, until: int) -> Ledger:
    """Raises FactsBehind."""
    await require_position(connection, schema, until)
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    async with connection.transaction():
        cursor = connection.cursor(row_factory=tuple_row, binary=True)
        found = await read_rows(cursor, schema, BETWEEN.format(after=after, until=until))
    entries = [
        (position, name, row)
        for name, rows in found.items()
        for row in rows
        for position in row[:2]
        if position is not None and after < position <= until
    ]
    entries.sort(key=lambda entry: entry[0])
    return Ledger([position for position, _, _ in entries], [(name, row) for _, name, row in entries])
