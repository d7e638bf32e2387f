"""Loading: a snapshot of what the facts hold now, or held at a position, in one consistent read."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, AsyncCursor, IsolationLevel
from psycopg.rows import TupleRow, tuple_row
from psycopg.sql import SQL, Composable, Composed, Identifier

from okr_api.snapshot.apply import apply
from okr_api.snapshot.behind import require_position
from okr_api.snapshot.changes import Changes
from okr_api.snapshot.partitions import Partition, roots_of
from okr_api.snapshot.sizes import Size, read_sizes
from okr_api.snapshot.snapshot import BEGINNING, Snapshot
from okr_api.snapshot.tables import (
    API_KEYS,
    COUNTING,
    CYCLES,
    INTEGRATIONS,
    KEY_RESULTS,
    LINKS,
    OBJECTIVES,
    OWNERS,
    TABLES,
    WEBHOOKS,
    Table,
    Told,
)

Rows = dict[str, list[Told]]
"""By the names of their tables."""

POINTER = SQL("SELECT 'pointer', number::bigint, next_number::bigint, NULL::text FROM okr.facts_pointer")
# With the end of the log, which tells facts that fell behind from a log that was put back.
PROJECTED = SQL("""
SELECT 'projected', position, (SELECT coalesce(max(notification_id), 0) FROM okr.events), to_json(recorded_at)::text
FROM {schema}.projected
""")
NOW = SQL("valid_to IS NULL")
THEN = SQL("valid_from <= {position} AND (valid_to IS NULL OR valid_to > {position})")
NEWEST = 2**63 - 1
OF_ROOTS = SQL("{when} AND fact.root_id = ANY({roots}::uuid[])")
IN_PARTITIONS = (OBJECTIVES, KEY_RESULTS, LINKS, COUNTING)
TIES = SQL("""
SELECT DISTINCT link.root_id, served.root_id
FROM (SELECT * FROM {schema}.links WHERE {when} AND kind <> 'ALIGNS') link
JOIN (SELECT * FROM {schema}.key_results WHERE {when}) served ON served.key_result_id = link.target_id
WHERE served.root_id <> link.root_id
""")


Roots = frozenset[UUID]
Choose = Callable[[Sequence[Size]], Collection[UUID]]
"""Of all root cycles those to hold."""
Pick = Callable[[AsyncCursor[TupleRow], str], Awaitable[Roots | None]]
"""The root cycles to read from a schema; None: all of them."""


async def load(connection: AsyncConnection[Any], number: int | None = None, choose: Choose | None = None) -> Snapshot:
    """The organisation as the facts are now: those that are read, or those of a number; whole, or what is chosen."""

    async def chosen(cursor: AsyncCursor[TupleRow], schema: str) -> Roots | None:
        if choose is None:
            return None
        sizes = await read_sizes(cursor, schema)
        found = frozenset(choose(sizes))
        return None if found >= {size.root_id for size in sizes} else await _with_ties(cursor, schema, NOW, found)

    return await _load(connection, number, chosen)


async def load_partition(connection: AsyncConnection[Any], asked: Roots) -> Partition:
    """Root cycles as the facts are now, with those that are tied to them."""

    async def tied(cursor: AsyncCursor[TupleRow], schema: str) -> Roots:
        return await _with_ties(cursor, schema, NOW, asked)

    return partition_of(await _load(connection, None, tied))


async def _load(connection: AsyncConnection[Any], number: int | None, pick: Pick) -> Snapshot:
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    async with connection.transaction():
        cursor = connection.cursor(row_factory=tuple_row, binary=True)
        schema = await _schema(cursor) if number is None else named(number)
        _, position, _, time = await _one(cursor, PROJECTED.format(schema=Identifier(schema)))
        roots = await pick(cursor, schema)
        rows = await read_rows(cursor, schema, NOW, roots)
    await connection.set_isolation_level(None)
    empty = replace(Snapshot(), facts_schema=schema, check_ins_since=position, time=recorded(time))
    # Beside the event loop: where there is a snapshot already, everybody is answered from it meanwhile.
    return await asyncio.to_thread(_made, rows, position, empty, {}, roots)


async def load_as_of(
    connection: AsyncConnection[Any], position: int, time: datetime = BEGINNING, roots: Roots | None = None
) -> Snapshot:
    """The organisation as the facts were at a position that they hold, which was recorded at that time.

    Whole, or with no root cycles but these, and those that are tied to them. Raises FactsBehind.
    """
    then = THEN.format(position=position)
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    async with connection.transaction():
        cursor = connection.cursor(row_factory=tuple_row, binary=True)
        schema = await _schema(cursor)
        await require_position(connection, schema, position)
        if roots:
            roots = await _with_ties(cursor, schema, then, roots)
        rows = await read_rows(cursor, schema, then, roots)
    empty = replace(Snapshot(), facts_schema=schema, time=time)
    # Beside the event loop: it is the request of one, and all others go on.
    return await asyncio.to_thread(_made, rows, position, empty, None, roots)


def partition_of(snapshot: Snapshot) -> Partition:
    """Of a snapshot that was loaded with nothing else."""
    return Partition(roots_of(snapshot) - snapshot.away, snapshot)


async def _with_ties(cursor: AsyncCursor[TupleRow], schema: str, when: Composable, roots: Roots) -> Roots:
    """See partitions.py."""
    asked = await cursor.execute(TIES.format(schema=Identifier(schema), when=when))
    ties, found = [frozenset(row) for row in await asked.fetchall()], roots
    while more := frozenset(chain.from_iterable(tie for tie in ties if tie & found)) - found:
        found |= more
    return found


def _made(
    rows: Rows, position: int, empty: Snapshot, reported: dict[UUID, int] | None, roots: Roots | None
) -> Snapshot:
    made = apply(empty, changes(rows, position, reported), position, empty.time)
    return made if roots is None else replace(made, away=roots_of(made) - roots)


async def _schema(cursor: AsyncCursor[TupleRow]) -> str:
    return named((await _one(cursor, POINTER))[1])


def named(number: int) -> str:
    return f"okr_facts_{number}"


async def _one(cursor: AsyncCursor[TupleRow], query: SQL | Composed) -> TupleRow:
    row = await (await cursor.execute(query)).fetchone()
    assert row is not None
    return row


def recorded(told: str | None) -> datetime:
    return BEGINNING if told is None else msgspec.json.decode(told, type=datetime)


async def read_rows(
    cursor: AsyncCursor[TupleRow], schema: str, where: SQL | Composed, roots: Roots | None = None
) -> Rows:
    """`roots`: only what lies in these root cycles, of what lies in one."""
    found: Rows = {}
    for table in TABLES:
        narrowed = where
        if roots is not None and table in IN_PARTITIONS:
            narrowed = OF_ROOTS.format(when=where, roots=[str(root_id) for root_id in roots])
        asked = await cursor.execute(table.select(schema, narrowed))
        found[table.name] = [row[1:] for row in await asked.fetchall()]
    return found


def changes(rows: Rows, position: int = NEWEST, reported: dict[UUID, int] | None = None) -> Changes:
    """What the rows say as of a position; rows that ended before it tell what is no more."""
    links, counting = _standing(LINKS, rows, position), _standing(COUNTING, rows, position)
    linked = {(link.kind, link.objective_id, link.target_id) for link in links}
    counted = {row.key_result_id for row in counting}
    ended = _ended(LINKS, rows, position)
    return Changes(
        owners=_standing(OWNERS, rows, position),
        cycles=_standing(CYCLES, rows, position),
        objectives=_standing(OBJECTIVES, rows, position),
        key_results=_standing(KEY_RESULTS, rows, position),
        links=links,
        ended_links=[link for link in ended if (link.kind, link.objective_id, link.target_id) not in linked],
        counting=counting,
        ended_counting=[i for row in _ended(COUNTING, rows, position) if (i := row.key_result_id) not in counted],
        integrations=_standing(INTEGRATIONS, rows, position),
        api_keys=_standing(API_KEYS, rows, position),
        webhooks=_standing(WEBHOOKS, rows, position),
        reported=reported,
    )


def _standing(table: Table, rows: Rows, position: int) -> list[Any]:
    return _read(table, (told for told in rows.get(table.name, ()) if told[1] is None or told[1] > position))


def _ended(table: Table, rows: Rows, position: int) -> list[Any]:
    return _read(table, (told for told in rows.get(table.name, ()) if told[1] is not None and told[1] <= position))


def _read(table: Table, told: Iterable[Told]) -> list[Any]:
    return table.read(list(told))
