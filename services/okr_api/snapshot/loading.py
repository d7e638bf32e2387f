"""Loading: rows from the facts, all of them or what changed since a position, in one consistent read."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, AsyncCursor, IsolationLevel
from psycopg.errors import UndefinedTable
from psycopg.rows import TupleRow, tuple_row
from psycopg.sql import SQL, Composable, Composed, Identifier

from okr_api.snapshot.apply import apply
from okr_api.snapshot.changes import Changes
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
REPORTED = SQL("""
SELECT 'reported', max(greatest(valid_from, valid_to)), NULL::bigint, key_result_id::text
FROM {schema}.check_ins WHERE {rows} GROUP BY key_result_id
""")
NOW = SQL("valid_to IS NULL")
THEN = SQL("valid_from <= {position} AND (valid_to IS NULL OR valid_to > {position})")
# Bounded above as well, so that a plan that knows no position expects few rows and goes by the indexes.
SINCE = SQL("""
((valid_from > %(since)s AND valid_from <= %(newest)s) OR (valid_to > %(since)s AND valid_to <= %(newest)s))
""")
NEWEST = 2**63 - 1


async def load(connection: AsyncConnection[Any], number: int | None = None) -> Snapshot:
    """The whole organisation as the facts are now: those that are read, or those of a number."""
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    async with connection.transaction():
        cursor = connection.cursor(row_factory=tuple_row, binary=True)
        schema = await _schema(cursor) if number is None else _named(number)
        _, position, _, time = await _one(cursor, PROJECTED.format(schema=Identifier(schema)))
        rows = await read_rows(cursor, schema, NOW)
    await connection.set_isolation_level(None)
    empty = replace(Snapshot(), facts_schema=schema, check_ins_since=position, time=_time(time))
    # Beside the event loop: where there is a snapshot already, everybody is answered from it meanwhile.
    return await asyncio.to_thread(_made, rows, position, empty, {})


async def load_as_of(connection: AsyncConnection[Any], position: int, time: datetime = BEGINNING) -> Snapshot:
    """The whole organisation as the facts were at a position that they hold, which was recorded at that time."""
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    async with connection.transaction():
        cursor = connection.cursor(row_factory=tuple_row, binary=True)
        schema = await _schema(cursor)
        rows = await read_rows(cursor, schema, THEN.format(position=position))
    # Beside the event loop: it is the request of one, and all others go on.
    return await asyncio.to_thread(_made, rows, position, replace(Snapshot(), facts_schema=schema, time=time), None)


def _made(rows: Rows, position: int, empty: Snapshot, reported: dict[UUID, int] | None) -> Snapshot:
    return apply(empty, changes(rows, position, reported), position, empty.time)


class Look(NamedTuple):
    """A snapshot brought forward, the number of the facts that are read, and of those that come next, if any do.

    `head`: the end of the log.
    """

    snapshot: Snapshot
    number: int
    next_number: int | None
    head: int


class LogPutBack(Exception):
    """The log ends before what the snapshot holds: somebody put an older one in its place."""


async def refresh(connection: AsyncConnection[Any], snapshot: Snapshot) -> Snapshot:
    """The snapshot as the facts are now; the same one if nothing changed. After a rebuild everything is loaded anew."""
    try:
        found = await look(connection, snapshot)
    except UndefinedTable:
        return await load(connection)
    return found.snapshot if _named(found.number) == snapshot.facts_schema else await load(connection)


async def look(connection: AsyncConnection[Any], snapshot: Snapshot) -> Look:
    """What the facts of the snapshot hold now. Raises UndefinedTable where they are dropped, or LogPutBack.

    Facts that are behind the snapshot, as a standby's are when it is promoted, catch up with it: it never goes back.
    """
    cursor = connection.cursor(row_factory=tuple_row, binary=True)
    given = {"since": snapshot.position, "newest": NEWEST}
    rows: Rows = defaultdict(list)
    # One statement sees one state of the facts, in one round trip.
    async for name, *told in await cursor.execute(_since(snapshot.facts_schema), given, prepare=True):
        rows[name].append(tuple(told))
    ((number, next_number, _),), ((position, head, time),) = rows["pointer"], rows["projected"]
    if head is not None and head < snapshot.position:
        raise LogPutBack(f"the log ends at {head}, and position {snapshot.position} was seen")
    if position > snapshot.position:
        reported = {UUID(key_result_id): at for at, _, key_result_id in rows["reported"]}
        snapshot = apply(snapshot, changes(rows, reported=reported), position, _time(time))
    return Look(snapshot, number, next_number, head or 0)


@cache
def _since(schema: str) -> bytes:
    """All that a refresh asks, spelled out once."""
    named = Identifier(schema)
    asked: list[Composable] = [POINTER, PROJECTED.format(schema=named), REPORTED.format(schema=named, rows=SINCE)]
    return SQL(" UNION ALL ").join([*asked, *(table.select(schema, SINCE) for table in TABLES)]).as_bytes()


async def _schema(cursor: AsyncCursor[TupleRow]) -> str:
    return _named((await _one(cursor, POINTER))[1])


def _named(number: int) -> str:
    return f"okr_facts_{number}"


async def _one(cursor: AsyncCursor[TupleRow], query: SQL | Composed) -> TupleRow:
    row = await (await cursor.execute(query)).fetchone()
    assert row is not None
    return row


def _time(told: str | None) -> datetime:
    return BEGINNING if told is None else msgspec.json.decode(told, type=datetime)


async def read_rows(cursor: AsyncCursor[TupleRow], schema: str, where: SQL | Composed) -> Rows:
    found: Rows = {}
    for table in TABLES:
        asked = await cursor.execute(table.select(schema, where))
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
