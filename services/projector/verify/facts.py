"""Invariant 3: the facts equal what another batch size makes of the log, byte for byte."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from projector import facts_schema
from projector.batches import Poison, Projection
from projector.connection import connect
from projector.folding import Facts
from projector.log import END, read_head
from projector.rebuild import Progress, catch_up
from projector.verify.finding import Finding

SCRATCH = "okr_facts_scratch"
ONE_AT_A_TIME = "SELECT pg_advisory_lock(hashtext('okr.verify'))"
BATCH_EVENTS = 997
PATIENCE_SECONDS = 5.0
ROWS = SQL("COPY (SELECT {columns} FROM {table} ORDER BY {key}) TO STDOUT")


class Compared(NamedTuple):
    """A table as it is compared: all of its columns, in the order of its primary key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


COMPARED = (
    Compared("projected", ("only_row", "position", "recorded_at"), ("only_row",)),
    *(
        Compared(table.name, (*table.types, "valid_from", "valid_to"), (*table.key, "valid_from"))
        for table in (versions.table for versions in Facts().tables)
    ),
)


@asynccontextmanager
async def scratch_facts(dsn: str) -> AsyncIterator[Projection]:
    """Empty facts beside those that are read, dropped in the end; of several who ask, one after the other."""
    async with await connect(dsn) as connection:
        await connection.execute(ONE_AT_A_TIME)
        async with connection.transaction():
            await connection.execute(facts_schema.creation(SCRATCH))
        try:
            yield await Projection.of(connection, SCRATCH)
        finally:
            await connection.execute(facts_schema.removal(SCRATCH))


async def check_facts(connection: AsyncConnection[Any], scratch: Projection, progress: Progress) -> list[Finding]:
    """Fill the scratch facts as far as the ones that are read, and compare the two."""
    messages = [await _lag(connection)]
    async with connection.transaction():
        # The facts of one moment, while a projector writes on; the pointer is held, so that no rebuild drops them.
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        pointer = await facts_schema.read_pointer(connection, hold=True)
        known = pointer.fingerprint == facts_schema.fingerprint()
        live = await Projection.of(connection, pointer.schema) if known else None
        try:
            await catch_up(scratch, progress, BATCH_EVENTS, until=live.position if live else END)
        except Poison as poison:
            messages.append(str(poison))
        if live:
            messages += [await _difference(live, scratch, table) for table in COMPARED]
        else:
            messages.append(f"{pointer.schema} was made by other table definitions than this version's: rebuild it")
    return [Finding(3, message) for message in messages if message]


async def _lag(connection: AsyncConnection[Any]) -> str | None:
    """Wait for the projector to come to where the log ends now; what to say if it does not."""
    head, deadline = await read_head(connection), time.monotonic() + PATIENCE_SECONDS
    await connection.execute("LISTEN okr_facts")
    while True:
        async with connection.transaction():
            pointer = await facts_schema.read_pointer(connection, hold=True)
            if pointer.fingerprint != facts_schema.fingerprint():
                return None
            position = (await Projection.of(connection, pointer.schema)).position
        remaining = deadline - time.monotonic()
        if position >= head or remaining < 0:
            break
        async for _ in connection.notifies(timeout=remaining, stop_after=1):
            pass
    lags = f"the facts are at position {position}, the log at {head}: is a projector running?"
    return lags if position < head else None


async def _difference(live: Projection, scratch: Projection, table: Compared) -> str | None:
    """The first row in which two tables differ."""
    first: tuple[bytes | None, bytes | None] | None = None
    stored, anew = _rows(live.connection, table), _rows(scratch.connection, table)
    while (pair := (await anext(stored, None), await anext(anew, None))) != (None, None):
        if first is None and pair[0] != pair[1]:
            first = pair
    return first and _tell(table, *first)


async def _rows(connection: AsyncConnection[Any], table: Compared) -> AsyncIterator[bytes]:
    query = ROWS.format(
        columns=SQL(", ").join(map(Identifier, table.columns)),
        table=Identifier(table.name),
        key=SQL(", ").join(map(Identifier, table.key)),
    )
    async with connection.cursor().copy(query) as copy:
        async for row in copy:
            yield bytes(row)


def _tell(table: Compared, stored: bytes | None, anew: bytes | None) -> str:
    row, other = _fields(table, stored), _fields(table, anew)
    name, other_name = (" ".join(f"{key}={fields.get(key)}" for key in table.key) for fields in (row, other))
    if not row:
        return f"{table.name} lacks the row {other_name}, which a rebuild has"
    if not other:
        return f"{table.name} has the row {name}, which a rebuild has not"
    if name != other_name:
        return f"{table.name} has the row {name} where a rebuild has {other_name}"
    column = next(column for column in table.columns if row[column] != other[column])
    return f"{table.name}, row {name}: {column} is {row[column]}, a rebuild gives {other[column]}"


def _fields(table: Compared, row: bytes | None) -> dict[str, str]:
    return dict(zip(table.columns, row.decode().rstrip("\n").split("\t"), strict=True)) if row else {}
