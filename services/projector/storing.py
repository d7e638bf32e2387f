"""Storing: standing rows out of a fact table, and new versions into it."""

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Composed, Identifier

from projector.versions import Table, Versions

# The latest version of each, if it stands: one probe of the primary key, however long the history.
STANDING = """
SELECT {columns}, valid_from FROM unnest(%(ids)s::{kind}[]) AS wanted (id), LATERAL (
    SELECT * FROM {table} WHERE {key} = wanted.id ORDER BY valid_from DESC LIMIT 1
) AS latest WHERE valid_to IS NULL
"""
END = """
UPDATE {table} SET valid_to = ended.valid_to
FROM unnest({arrays}) AS ended ({key}, valid_to)
WHERE ({stored_key}) = ({ended_key})
"""
BEGIN = "COPY {table} ({columns}, valid_from, valid_to) FROM STDIN (FORMAT binary)"


async def load_standing(connection: AsyncConnection[Any], versions: Versions[Any], ids: Collection[UUID | str]) -> None:
    """Fetch the standing rows that are looked up by these ids."""
    if ids:
        cursor = await connection.execute(_standing(versions.table), {"ids": list(ids)}, binary=True)
        versions.load(await cursor.fetchall())


async def store(connection: AsyncConnection[Any], versions: Versions[Any]) -> None:
    """Write what a batch made of a table."""
    if ended := versions.ended():
        await connection.execute(_end(versions.table), [list(column) for column in zip(*ended, strict=True)])
    if begun := versions.begun():
        async with connection.cursor().copy(_begin(versions.table)) as copy:
            copy.set_types([*versions.table.types.values(), "int8", "int8"])
            for row in begun:
                await copy.write_row(row)


@cache
def _standing(table: Table[Any]) -> Composed:
    kind = SQL(table.types[table.key[0]])
    return _with_names(SQL(table.standing or STANDING), table, key=_names(table.key), kind=kind)


@cache
def _end(table: Table[Any]) -> Composed:
    key = {**{column: table.types[column] for column in table.key}, "valid_from": "int8"}
    return _with_names(
        SQL(END),
        table,
        arrays=SQL(", ").join(SQL(f"%s::{kind}[]") for kind in (*key.values(), "int8")),
        key=_names(key),
        stored_key=SQL(", ").join(Identifier(table.name, column) for column in key),
        ended_key=SQL(", ").join(Identifier("ended", column) for column in key),
    )


@cache
def _begin(table: Table[Any]) -> Composed:
    return _with_names(SQL(BEGIN), table)


def _with_names(text: SQL, table: Table[Any], **names: Composable) -> Composed:
    return text.format(table=Identifier(table.name), columns=_names(table.types), **names)


def _names(columns: Collection[str]) -> Composed:
    return SQL(", ").join(map(Identifier, columns))
