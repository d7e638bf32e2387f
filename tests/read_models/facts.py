"""Facts as tests look at them: made from the log, read as rows, dumped as bytes, waited for."""

import time
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from projector import facts_schema
from projector.batches import Projection
from projector.connection import connect
from projector.rebuild import catch_up
from projector.verify.facts import COMPARED, ROWS

PATIENCE = 30.0


async def project(dsn: str, batch_events: int = 5000, schema: str = "okr_facts_1") -> Projection:
    """Bring the facts of a schema, made if need be, to the end of the log."""
    async with await connect(dsn) as connection:
        if schema != "okr_facts_1":
            async with connection.transaction():
                await connection.execute(facts_schema.creation(schema))
        projection = await Projection.of(connection, schema)
        await catch_up(projection, lambda done, of: None, batch_events)
        return projection


async def rows(dsn: str, table: str, **where: Any) -> list[dict[str, Any]]:
    """The versions of a fact table with these values, oldest first."""
    conditions = [SQL("{} = %s").format(Identifier(column)) for column in where]
    query = SQL("SELECT * FROM okr_facts_1.{} WHERE {} ORDER BY valid_from").format(
        Identifier(table), SQL(" AND ").join([SQL("true"), *conditions])
    )
    async with await psycopg.AsyncConnection.connect(dsn, row_factory=dict_row) as connection:
        return await (await connection.execute(query, list(where.values()))).fetchall()


def ranges(versions: list[dict[str, Any]]) -> list[tuple[int, int | None]]:
    return [(version["valid_from"], version["valid_to"]) for version in versions]


def dump(dsn: str, schema: str) -> dict[str, bytes]:
    """Every byte of some facts, by table."""
    with psycopg.connect(dsn) as connection:
        connection.execute(SQL("SET search_path TO {}").format(Identifier(schema)))
        return {table.name: _dump(connection, table) for table in COMPARED}


def _dump(connection: psycopg.Connection, table: Any) -> bytes:
    query = ROWS.format(
        columns=SQL(", ").join(map(Identifier, table.columns)),
        table=Identifier(table.name),
        key=SQL(", ").join(map(Identifier, table.key)),
    )
    with connection.cursor().copy(query) as copy:
        return b"".join(copy)


def pointer(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT number FROM okr.facts_pointer").fetchone()
    assert row
    return int(row[0])


def position(dsn: str) -> int:
    """How far the facts are that are read."""
    with psycopg.connect(dsn) as connection:
        table = Identifier(f"okr_facts_{pointer(dsn)}", "projected")
        row = connection.execute(SQL("SELECT position FROM {}").format(table)).fetchone()
    assert row
    return int(row[0])


def wait_for(dsn: str, wanted: int) -> None:
    """Until a projector that is at work has come to a position."""
    deadline = time.monotonic() + PATIENCE
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("LISTEN okr_facts")
        while (reached := position(dsn)) < wanted:
            assert time.monotonic() < deadline, f"waited for position {wanted} in vain, the facts are at {reached}"
            for _ in connection.notifies(timeout=1, stop_after=1):
                pass
