"""Check-ins, read from the facts at a snapshot's position; what is asked in one turn of the event loop is one query."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from okr_api.snapshot.pages import Page, from_cursor, to_cursor
from okr_api.snapshot.rows import CheckInRow
from okr_api.snapshot.snapshot import Snapshot

Place = tuple[Annotated[datetime, msgspec.Meta(tz=True)], Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]]
"""The sort key: effective_at, then the position in the log; pages go downward."""

TRUE_THEN = SQL("valid_from <= {position} AND (valid_to IS NULL OR valid_to > {position})")
PAGES = SQL("""
SELECT asked.number, found.*, found.check_in_id AS id
FROM unnest(%s::int[], %s::uuid[], %s::int[], %s::timestamptz[], %s::bigint[])
     asked(number, key_result_id, size, effective_at, position)
CROSS JOIN LATERAL (
    SELECT * FROM {schema}.check_ins c
    WHERE c.key_result_id = asked.key_result_id AND {true_then}
      AND (asked.effective_at IS NULL OR (c.effective_at, c.position) < (asked.effective_at, asked.position))
    ORDER BY c.effective_at DESC, c.position DESC LIMIT asked.size + 1
) found
ORDER BY asked.number, found.effective_at DESC, found.position DESC
""")
ONE = SQL("SELECT *, check_in_id AS id FROM {schema}.check_ins WHERE check_in_id = %s AND {true_then}")
TOTAL = SQL("SELECT count(*) AS total FROM {schema}.check_ins WHERE key_result_id = %s AND {true_then}")


@dataclass(frozen=True)
class Asked:
    key_result_id: UUID
    size: int
    after: Place | None
    rows: asyncio.Future[list[CheckInRow]]


class CheckIns:
    """Pages are asked for one by one and read together, at the position of the snapshot that asks."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._asked: dict[tuple[str, int], list[Asked]] = defaultdict(list)
        self._reading: set[asyncio.Task[None]] = set()

    async def page(self, snapshot: Snapshot, key_result_id: UUID, size: int, after: str | None) -> Page[CheckInRow]:
        """Latest effective first, then latest recorded. Raises BadPage."""
        place = None if after is None else from_cursor(after, Place)  # type: ignore[arg-type]
        loop = asyncio.get_running_loop()
        asked = Asked(key_result_id, size, place, loop.create_future())
        if not self._asked:
            loop.call_soon(self._read_soon)
        self._asked[snapshot.facts_schema, snapshot.position].append(asked)
        rows = await asked.rows
        shown = rows[:size]
        cursors = [to_cursor((row.effective_at, row.position)) for row in shown]

        async def total() -> int:
            found = await self._rows(TOTAL, snapshot.facts_schema, snapshot.position, [key_result_id])
            return int(found[0]["total"])

        return Page(shown, cursors, len(rows) > size, after is not None, total)

    async def one(self, snapshot: Snapshot, check_in_id: UUID) -> CheckInRow | None:
        rows = await self._rows(ONE, snapshot.facts_schema, snapshot.position, [check_in_id])
        return msgspec.convert(rows[0], CheckInRow) if rows else None

    def _read_soon(self) -> None:
        together, self._asked = self._asked, defaultdict(list)
        for (schema, position), asked in together.items():
            task = asyncio.create_task(self._read(schema, position, asked))
            self._reading.add(task)  # the event loop itself keeps weak references only
            task.add_done_callback(self._reading.discard)

    async def _read(self, schema: str, position: int, asked: list[Asked]) -> None:
        places = [one.after or (None, None) for one in asked]
        arguments = [
            list(range(len(asked))),
            [one.key_result_id for one in asked],
            [one.size for one in asked],
            [place[0] for place in places],
            [place[1] for place in places],
        ]
        try:
            rows = await self._rows(PAGES, schema, position, arguments)
        except Exception as error:
            for one in asked:
                if not one.rows.done():
                    one.rows.set_exception(error)
            return
        found: dict[int, list[CheckInRow]] = defaultdict(list)
        for row in rows:
            found[row["number"]].append(msgspec.convert(row, CheckInRow))
        for number, one in enumerate(asked):
            if not one.rows.done():
                one.rows.set_result(found[number])

    async def _rows(self, query: SQL, schema: str, position: int, arguments: list[Any]) -> list[dict[str, Any]]:
        true_then = TRUE_THEN.format(position=position)
        statement = query.format(schema=Identifier(schema), true_then=true_then)
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            rows: list[dict[str, Any]] = await (await cursor.execute(statement, arguments)).fetchall()
        return rows
