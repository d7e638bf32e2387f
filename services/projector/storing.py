"""Storing: standing rows out of a fact table, and new versions into it."""

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Composed, Identifier

from projector.versions import Table, Versions, Wanted

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
BEGIN_FEW = "INSERT INTO {table} ({columns}, valid_from, valid_to) VALUES ({values})"
BEGIN = "COPY {table} ({columns}, valid_from, valid_to) FROM STDIN (FORMAT binary)"
FEW = 64
"""Up to so many rows of a table are inserted, all tables in one round trip; COPY takes some of its own for each."""

Row = tuple[Any, ...]


async def load_standing(connection: AsyncConnection[Any], wanted: Iterable[Wanted]) -> None:
    """Fetch the standing rows that are looked up by these ids and not known yet, of all tables at once."""
    unknown = [(versions, ids) for versions, named in wanted if (ids := versions.unknown(named))]
    if not unknown:
        return
    async with connection.pipeline():
        asked = [
            (versions, ids, await connection.execute(_standing(versions.table), {"ids": ids}, binary=True))
            for versions, ids in unknown
        ]
        for versions, ids, cursor in asked:
            versions.load(ids, await cursor.fetchall())


async def store(connection: AsyncConnection[Any], tables: Iterable[Versions[Any]]) -> None:
    """Write what a batch made of the tables."""
    many: list[tuple[Table[Any], list[Row]]] = []
    async with connection.pipeline():
        for versions in tables:
            if ended := versions.ended():
                await connection.execute(_end(versions.table), [list(column) for column in zip(*ended, strict=True)])
            begun = versions.begun()
            if len(begun) > FEW:
                many.append((versions.table, begun))
            elif begun:
                await connection.cursor().executemany(_begin_few(versions.table), begun)
    for table, begun in many:
        await _copy(connection, table, begun)


async def _copy(connection: AsyncConnection[Any], table: Table[Any], begun: list[Row]) -> None:
    async with connection.cursor().copy(_begin(table)) as copy:
        copy.set_types([*table.types.values(), "int8", "int8"])
        for row in begun:
            await copy.write_row(row)


@cache
def _standing(table: Table[Any]) -> SQL:
    kind = SQL(table.types[table.key[0]])
    return _with_names(SQL(table.standing or STANDING), table, key=_names(table.key), kind=kind)


@cache
def _end(table: Table[Any]) -> SQL:
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
def _begin(table: Table[Any]) -> SQL:
    return _with_names(SQL(BEGIN), table)


@cache
def _begin_few(table: Table[Any]) -> SQL:
    kinds = (*table.types.values(), "int8", "int8")
    return _with_names(SQL(BEGIN_FEW), table, values=SQL(", ").join(SQL(f"%b::{kind}") for kind in kinds))


def _with_names(text: SQL, table: Table[Any], **names: Composable) -> SQL:
    # Spelt out once, not at every use.
    return SQL(text.format(table=Identifier(table.name), columns=_names(table.types), **names).as_string())


def _names(columns: Collection[str]) -> Composed:
    return SQL(", ").join(map(Identifier, columns))
