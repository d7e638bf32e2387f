"""Loading: rows from the facts, all of them or what changed since a position, in one consistent read."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from psycopg import AsyncConnection, IsolationLevel
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Composed, Identifier

from okr_api.snapshot.apply import Changes, apply
from okr_api.snapshot.rows import (
    ApiKeyRow,
    CountingRow,
    CycleRow,
    IntegrationRow,
    KeyResultRow,
    LinkRow,
    ObjectiveRow,
    OwnerRow,
    with_metric,
)
from okr_api.snapshot.snapshot import BEGINNING, Snapshot

T = TypeVar("T")

POINTER = "SELECT number FROM okr.facts_pointer"
PROJECTED = SQL("SELECT position, recorded_at FROM {schema}.projected")

# Names of people are today's in every cut, so they are joined from beside the log. A team that has a login stands
# among the people too, but its name is an ordinary event.
OWNERS = SQL("""
SELECT o.*, o.owner_id AS id, CASE WHEN o.level = 'INDIVIDUAL' THEN p.name ELSE o.name END AS name,
    p.subject AS login
FROM {schema}.owners o LEFT JOIN okr.people p ON p.id = o.owner_id AND p.kind = 'OWNER' WHERE {rows}
""")
CYCLES = SQL("SELECT *, cycle_id AS id FROM {schema}.cycles WHERE {rows}")
OBJECTIVES = SQL("SELECT *, objective_id AS id FROM {schema}.objectives WHERE {rows}")
KEY_RESULTS = SQL("SELECT *, key_result_id AS id FROM {schema}.key_results WHERE {rows}")
LINKS = SQL("SELECT * FROM {schema}.links WHERE {rows}")
COUNTING = SQL("SELECT * FROM {schema}.counting WHERE {rows}")
INTEGRATIONS = SQL("SELECT *, integration_id AS id FROM {schema}.integrations WHERE {rows}")
API_KEYS = SQL("SELECT *, key_id AS id FROM {schema}.api_keys WHERE {rows}")

QUERIES = {
    "owners": OWNERS,
    "cycles": CYCLES,
    "objectives": OBJECTIVES,
    "key_results": KEY_RESULTS,
    "links": LINKS,
    "counting": COUNTING,
    "integrations": INTEGRATIONS,
    "api_keys": API_KEYS,
}
Rows = dict[str, list[DictRow]]
"""By the names of their tables."""

NEWEST = 2**63 - 1

NOW = SQL("valid_to IS NULL")
THEN = SQL("valid_from <= {position} AND (valid_to IS NULL OR valid_to > {position})")
SINCE = SQL("(valid_from > {since} OR valid_to > {since})")


async def load(connection: AsyncConnection[Any]) -> Snapshot:
    """The whole organisation as the facts are now."""
    return await _read(connection, None)


async def load_as_of(connection: AsyncConnection[Any], position: int, time: datetime = BEGINNING) -> Snapshot:
    """The whole organisation as the facts were at a position that they hold, which was recorded at that time."""
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    async with connection.transaction():
        cursor = connection.cursor(row_factory=dict_row)
        schema = f"okr_facts_{await _value(cursor, POINTER, 'number')}"
        rows = await read_rows(cursor, schema, THEN.format(position=position))
    # Beside the event loop: it is the request of one, and all others go on.
    return await asyncio.to_thread(_made, rows, position, replace(Snapshot(), facts_schema=schema, time=time))


def _made(rows: Rows, position: int, empty: Snapshot) -> Snapshot:
    return apply(empty, changes(rows, position), position, empty.time)


async def refresh(connection: AsyncConnection[Any], snapshot: Snapshot) -> Snapshot:
    """The snapshot as the facts are now; the same one if nothing changed. After a rebuild everything is loaded anew."""
    return await _read(connection, snapshot)


async def _read(connection: AsyncConnection[Any], known: Snapshot | None) -> Snapshot:
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    async with connection.transaction():
        cursor = connection.cursor(row_factory=dict_row)
        schema = f"okr_facts_{await _value(cursor, POINTER, 'number')}"
        row = await (await cursor.execute(PROJECTED.format(schema=Identifier(schema)), prepare=True)).fetchone()
        assert row is not None
        if known is not None and known.facts_schema == schema and known.position == row["position"]:
            return known
        base = known if known is not None and known.facts_schema == schema else replace(Snapshot(), facts_schema=schema)
        where = NOW if base.position == 0 else SINCE.format(since=base.position)
        rows = await read_rows(cursor, schema, where)
    return apply(base, changes(rows), row["position"], row["recorded_at"] or BEGINNING)


async def _value(cursor: Any, query: str, column: str) -> Any:
    return (await (await cursor.execute(query, prepare=True)).fetchone())[column]


async def read_rows(cursor: Any, schema: str, where: SQL | Composed) -> Rows:
    found: Rows = {}
    for name, query in QUERIES.items():
        asked = await cursor.execute(query.format(schema=Identifier(schema), rows=where))
        found[name] = await asked.fetchall()
    return found


def changes(rows: Rows, position: int = NEWEST) -> Changes:
    """What the rows say as of a position; rows that ended before it tell what is no more."""
    links, counting = rows["links"], rows["counting"]
    standing = {_link_key(row) for row in links if _stands(row, position)}
    counted = {row["key_result_id"] for row in counting if _stands(row, position)}
    return Changes(
        owners=_standing(OwnerRow, rows["owners"], position),
        cycles=_standing(CycleRow, rows["cycles"], position),
        objectives=_standing(ObjectiveRow, rows["objectives"], position),
        key_results=_standing(KeyResultRow, rows["key_results"], position, with_metric),
        links=_standing(LinkRow, links, position),
        ended_links=[_row(LinkRow, row) for row in links if _link_key(row) not in standing],
        counting=_standing(CountingRow, counting, position),
        ended_counting=[row["key_result_id"] for row in counting if row["key_result_id"] not in counted],
        integrations=_standing(IntegrationRow, rows["integrations"], position),
        api_keys=_standing(ApiKeyRow, rows["api_keys"], position),
    )


def _link_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["kind"], row["objective_id"], row["target_id"]


def _stands(row: Mapping[str, Any], position: int) -> bool:
    return row["valid_to"] is None or row["valid_to"] > position


def _standing(
    kind: type[T], rows: Iterable[DictRow], position: int, shaped: Callable[[DictRow], DictRow] | None = None
) -> list[T]:
    """The rows that are true then, as their class."""
    return [_row(kind, shaped(row) if shaped else row) for row in rows if _stands(row, position)]


def _row(kind: type[T], row: DictRow) -> T:
    return msgspec.convert(row, kind)
