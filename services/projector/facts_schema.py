"""Numbered schemas: where the facts stand, and the pointer that says which of them are read."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Literal

from okr_api.settings import SCHEMA_DIR

TABLES = SCHEMA_DIR / "read_models"
LOCK = "SELECT pg_advisory_xact_lock(hashtext('okr.facts'))"
READ_POINTER = "SELECT number, fingerprint FROM okr.facts_pointer"
SET_POINTER = """
INSERT INTO okr.facts_pointer (number, fingerprint) VALUES (%s, %s)
ON CONFLICT (only_row) DO UPDATE
SET number = excluded.number, fingerprint = excluded.fingerprint, next_number = NULL
"""
SET_NEXT = "UPDATE okr.facts_pointer SET next_number = %s"
NEWS = "SELECT pg_notify('okr_facts', %s)"
MADE_BY = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s"
UNPREPARED = "SELECT okr.readers(%s) EXCEPT SELECT okr.readers(%s)"
TRY_TO_CLOSE = "SELECT pg_try_advisory_xact_lock(okr.facts_lock(), %s)"
NUMBERED = "SELECT nspname FROM pg_namespace WHERE nspname ~ '^okr_facts_[0-9]+$'"


class Pointer(NamedTuple):
    number: int
    fingerprint: str

    @property
    def schema(self) -> str:
        return schema_name(self.number)


def schema_name(number: int) -> str:
    return f"okr_facts_{number}"


@cache
def fingerprint() -> str:
    """Hexadecimal SHA-256 of the table definitions: facts of another fingerprint were made by another version."""
    return sha256(b"\0".join(part for file in _files() for part in (file.name.encode(), file.read_bytes()))).hexdigest()


def ensure(dsn: str) -> None:
    """Create okr_facts_1 and the pointer to it on a database that has no facts yet; processes may race."""
    with psycopg.connect(dsn) as connection:
        connection.execute(LOCK)
        if connection.execute(READ_POINTER).fetchone() is None:
            connection.execute(creation(schema_name(1)))
            connection.execute(SET_POINTER, (1, fingerprint()))


def is_stale(dsn: str) -> bool:
    """Whether the facts that are read were made by other table definitions than this code's: rebuild them."""
    with psycopg.connect(dsn) as connection:
        pointer = connection.execute(READ_POINTER).fetchone()
    return pointer is not None and pointer[1] != fingerprint()


def creation(schema: str) -> Composed:
    """SQL that makes a schema of empty fact tables, in place of one of that name; for use in a transaction."""
    tables = SQL("\n").join(SQL(file.read_text()) for file in _files())
    return SQL(
        "{drop}; CREATE SCHEMA {schema}; COMMENT ON SCHEMA {schema} IS {made_by};"
        "SET LOCAL search_path TO {schema};\n{tables}"
    ).format(drop=removal(schema), schema=Identifier(schema), made_by=Literal(fingerprint()), tables=tables)


def removal(schema: str) -> Composed:
    return SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema))


async def read_pointer(connection: psycopg.AsyncConnection[Any], *, hold: bool = False) -> Pointer:
    """Which facts are read; `hold`: they stay the ones until the transaction ends."""
    row = await (await connection.execute(READ_POINTER + (" FOR SHARE" if hold else ""))).fetchone()
    assert row is not None, "ensure() was not called"
    return Pointer(*row)


async def begin_next(connection: psycopg.AsyncConnection[Any]) -> int:
    """The number after the one that is read, with a schema: the one that was begun by these definitions, else empty."""
    number = (await read_pointer(connection)).number + 1
    begun = await (await connection.execute(MADE_BY, [schema_name(number)])).fetchone()
    if begun is None or begun[0] != fingerprint():
        async with connection.transaction():
            await connection.execute(creation(schema_name(number)))
    return number


async def announce(connection: psycopg.AsyncConnection[Any], number: int | None) -> None:
    """The facts of that number come next: processes load them aside. None: none do."""
    async with connection.transaction():
        await connection.execute(SET_NEXT, [number])
        await connection.execute(NEWS, [""])


async def unprepared(connection: psycopg.AsyncConnection[Any], number: int) -> list[str]:
    """The processes that read the facts that are read, but not yet those of the next number."""
    return [name for (name,) in await (await connection.execute(UNPREPARED, [number - 1, number])).fetchall()]


async def flip(connection: psycopg.AsyncConnection[Any], number: int) -> None:
    """Make the facts of that number the ones that are read, when the transaction ends; waits for running batches."""
    await connection.execute(SET_POINTER, (number, fingerprint()))


async def drop_unread(connection: psycopg.AsyncConnection[Any]) -> int:
    """Remove former facts that no process reads any more; how many are left."""
    pointer = await read_pointer(connection)
    numbers = [int(schema.rpartition("_")[2]) for (schema,) in await _numbered(connection)]
    former = [number for number in numbers if number < pointer.number]
    return sum([not await _dropped(connection, number) for number in former])


async def _dropped(connection: psycopg.AsyncConnection[Any], number: int) -> bool:
    async with connection.transaction():
        free = await (await connection.execute(TRY_TO_CLOSE, [number])).fetchone()
        if free == (True,):
            await connection.execute(removal(schema_name(number)))
    return free == (True,)


async def _numbered(connection: psycopg.AsyncConnection[Any]) -> list[tuple[str]]:
    return await (await connection.execute(NUMBERED)).fetchall()


def _files() -> list[Path]:
    # projected first: it is what every other table is true up to.
    return sorted(TABLES.glob("*.sql"), key=lambda file: (file.stem != "projected", file.name))
