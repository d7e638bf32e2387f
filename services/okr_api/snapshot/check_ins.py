"""Check-ins, read from the facts at a snapshot's position."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from okr_api.snapshot.held import MOST_ROWS, Held
from okr_api.snapshot.pages import Cursors, Page, from_cursor
from okr_api.snapshot.rows import CheckInRow
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.together import Cut, Together

Place = tuple[Annotated[datetime, msgspec.Meta(tz=True)], Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]]
"""The sort key: effective_at, then the position in the log; pages go downward."""

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
IN_EFFECT = SQL("""
SELECT asked.number, found.*, found.check_in_id AS id
FROM unnest(%s::int[], %s::uuid[], %s::timestamptz[]) asked(number, key_result_id, effective_at)
CROSS JOIN LATERAL (
    SELECT * FROM {schema}.check_ins c
    WHERE c.key_result_id = asked.key_result_id AND {true_then} AND c.effective_at <= asked.effective_at
      AND c.corrected_by IS NULL AND NOT c.withdrawn
    ORDER BY c.effective_at DESC, c.position DESC LIMIT 1
) found
""")
BY_ID = SQL("SELECT *, check_in_id AS id FROM {schema}.check_ins WHERE check_in_id = ANY(%s) AND {true_then}")
TOTALS = SQL("""
SELECT key_result_id, count(*) AS total FROM {schema}.check_ins WHERE key_result_id = ANY(%s) AND {true_then}
GROUP BY key_result_id
""")


@dataclass(frozen=True)
class Asked:
    """A page of the check-ins of one key result."""

    key_result_id: UUID
    size: int
    after: Place | None


class Total:
    """How many there are, counted once, when somebody asks."""

    def __init__(self, totals: Together[UUID, int], cut: Cut, key_result_id: UUID) -> None:
        self._asked = totals, cut, key_result_id
        self.counted: int | None = None

    async def __call__(self) -> int:
        if self.counted is None:
            totals, cut, key_result_id = self._asked
            self.counted = await totals.ask_at(cut, key_result_id)
        return self.counted


class CheckIns:
    """Those of one key result at a time; what is asked in one turn of the event loop is read together."""

    def __init__(self, pool: AsyncConnectionPool[Any], most_held: int = MOST_ROWS) -> None:
        self._pool = pool
        self._held = Held(most_held)
        self._pages = Together(pool, _read_pages)
        self._in_effect = Together(pool, _read_in_effect)
        self._by_id = Together(pool, _read_by_id)
        self._totals = Together(pool, _read_totals)

    async def page(self, snapshot: Snapshot, key_result_id: UUID, size: int, after: str | None) -> Page[CheckInRow]:
        """Latest effective first, then latest recorded. Raises BadPage."""
        held = self._held.find(snapshot, key_result_id, size, after)
        if held is not None:
            return held
        place = None if after is None else from_cursor(after, Place)  # type: ignore[arg-type]
        rows = await self._pages.ask(snapshot, Asked(key_result_id, size, place))
        shown = rows[:size]
        total = Total(self._totals, Cut.of(self._pool, snapshot), key_result_id)
        page = Page(shown, Cursors(shown, _place), len(rows) > size, after is not None, total)
        self._held.keep(snapshot, key_result_id, size, after, page)
        return page

    def held(self, snapshot: Snapshot, key_result_id: UUID, size: int, after: str | None) -> Page[CheckInRow] | None:
        """The page, if it is known without asking the database."""
        return self._held.find(snapshot, key_result_id, size, after)

    async def one(self, snapshot: Snapshot, check_in_id: UUID) -> CheckInRow | None:
        return await self._by_id.ask(snapshot, check_in_id)

    async def at(self, snapshot: Snapshot, key_result_id: UUID, effective: datetime) -> CheckInRow | None:
        """The one that was in effect at that time: the latest effective one until then, of those that stand."""
        return await self._in_effect.ask(snapshot, (key_result_id, effective))


def _place(row: CheckInRow) -> Place:
    return row.effective_at, row.position


async def _read_pages(cut: Cut, asked: list[Asked]) -> Sequence[list[CheckInRow]]:
    places = [one.after or (None, None) for one in asked]
    arguments = [
        list(range(len(asked))),
        [one.key_result_id for one in asked],
        [one.size for one in asked],
        [place[0] for place in places],
        [place[1] for place in places],
    ]
    found: dict[int, list[CheckInRow]] = defaultdict(list)
    for row in await cut.rows(PAGES, arguments):
        found[row["number"]].append(msgspec.convert(row, CheckInRow))
    return [found[number] for number in range(len(asked))]


async def _read_in_effect(cut: Cut, asked: list[tuple[UUID, datetime]]) -> Sequence[CheckInRow | None]:
    rows = await cut.rows(IN_EFFECT, [list(range(len(asked))), [i for i, _ in asked], [time for _, time in asked]])
    found = {row["number"]: msgspec.convert(row, CheckInRow) for row in rows}
    return [found.get(number) for number in range(len(asked))]


async def _read_by_id(cut: Cut, asked: list[UUID]) -> Sequence[CheckInRow | None]:
    found = {row["id"]: msgspec.convert(row, CheckInRow) for row in await cut.rows(BY_ID, [asked])}
    return [found.get(check_in_id) for check_in_id in asked]


async def _read_totals(cut: Cut, asked: list[UUID]) -> Sequence[int]:
    found = {row["key_result_id"]: row["total"] for row in await cut.rows(TOTALS, [asked])}
    return [found.get(key_result_id, 0) for key_result_id in asked]
