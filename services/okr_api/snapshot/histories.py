"""Histories: the audit events of one entity each. What is asked in one turn of the event loop is read together."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from okr_api.snapshot.audit import AuditRow, AuditWhere, Position, all_of, to_row, values_of
from okr_api.snapshot.pages import Page, from_cursor, to_cursor
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.together import Cut, Together

# OFFSET 0: the events of an entity are found first and put in order then; else the whole log is walked down for them.
OF_ONE = """(
    SELECT * FROM {{schema}}.audit_events WHERE entity_ids @> ARRAY[asked.entity_id] AND {{true_then}} AND {conditions}
    OFFSET 0
)"""
PAGES = f"""
SELECT asked.number, found.*, found.valid_from AS commit_position
FROM unnest(%s::int[], %s::uuid[], %s::int[], %s::bigint[]) asked(number, entity_id, size, below)
CROSS JOIN LATERAL (
    SELECT * FROM {OF_ONE} its WHERE position < asked.below ORDER BY position DESC LIMIT asked.size + 1
) found
ORDER BY asked.number, found.position DESC
"""
TOTALS = f"""
SELECT asked.number, (SELECT count(*) FROM {OF_ONE} its) AS total
FROM unnest(%s::int[], %s::uuid[]) asked(number, entity_id)
"""
FROM_THE_END = 2**63 - 1


@dataclass(frozen=True)
class Asked:
    """The events of an entity below a position; `hidden`: subjects that the viewer may not see."""

    entity_id: UUID
    hidden: frozenset[UUID]
    size: int = 0
    below: int = FROM_THE_END


class Histories:
    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pages = Together(pool, _read_pages)
        self._totals = Together(pool, _read_totals)

    async def page(
        self, snapshot: Snapshot, entity_id: UUID, hidden: frozenset[UUID], size: int, after: str | None
    ) -> Page[AuditRow]:
        """Newest first. Raises BadPage."""
        below = FROM_THE_END if after is None else from_cursor(after, Position)
        rows = await self._pages.ask(snapshot, Asked(entity_id, hidden, size, below))
        shown = rows[:size]
        cursors = [to_cursor(row.position) for row in shown]

        async def total() -> int:
            return await self._totals.ask(snapshot, Asked(entity_id, hidden))

        return Page(shown, cursors, len(rows) > size, after is not None, total)


async def _read_pages(cut: Cut, asked: list[Asked]) -> Sequence[list[AuditRow]]:
    found: dict[Asked, list[AuditRow]] = defaultdict(list)
    for same, where, query in _by_viewer(PAGES, asked):
        arguments = [[one.entity_id for one in same], [one.size for one in same], [one.below for one in same]]
        for row in await cut.rows(query, [list(range(len(same))), *arguments, *where]):
            found[same[row["number"]]].append(to_row(row))
    return [found[one] for one in asked]


async def _read_totals(cut: Cut, asked: list[Asked]) -> Sequence[int]:
    found: dict[Asked, int] = {}
    for same, where, query in _by_viewer(TOTALS, asked):
        numbers, ids = list(range(len(same))), [one.entity_id for one in same]
        for row in await cut.rows(query, [*where, numbers, ids]):
            found[same[row["number"]]] = row["total"]
    return [found[one] for one in asked]


def _by_viewer(query: str, asked: list[Asked]) -> Iterator[tuple[list[Asked], list[Any], SQL]]:
    """What may be asked in one query: each question once, with the values of its viewer's conditions."""
    viewers: dict[frozenset[UUID], dict[Asked, None]] = defaultdict(dict)
    for one in asked:
        viewers[one.hidden][one] = None
    for hidden, same in viewers.items():
        conditions = AuditWhere(hidden).conditions()
        yield list(same), values_of(conditions), SQL(query.format(conditions=all_of(conditions)))
