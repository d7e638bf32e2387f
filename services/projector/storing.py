"""Storing: standing rows out of the fact tables, and what a batch makes of them, of which a small one is one statement.

Each trip to the server costs more than what a few rows do there, and each row of its own costs nearly a trip.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, LiteralString

import msgspec
import orjson
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Composed, Identifier, Placeholder
from psycopg.types.json import Json

from projector.versions import Change, Table, Wanted

# The latest version of each, if it stands: one probe of the primary key, however long the history.
STANDING = """
SELECT {columns}, valid_from FROM unnest(%(ids)s::{kind}[]) AS wanted (id), LATERAL (
    SELECT * FROM {table} WHERE {key} = wanted.id ORDER BY valid_from DESC LIMIT 1
) AS latest WHERE valid_to IS NULL
"""
END = """
UPDATE {table} SET valid_to = ended.valid_to FROM advanced, json_populate_recordset(NULL::{table}, {rows}) AS ended
WHERE ({stored_key}) = ({ended_key})
"""
BEGIN = "INSERT INTO {table} SELECT begun.* FROM advanced, json_populate_recordset(NULL::{table}, {rows}) AS begun"
COPY = "COPY {table} ({columns}) FROM STDIN (FORMAT binary)"
FEW = 256
"""Up to so many rows of a table begin in the statement itself; more are cheaper to copy, in trips of their own."""


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


def are_few(changes: Iterable[Change]) -> bool:
    return all(len(change.begun) <= FEW for change in changes)


async def advance(
    connection: AsyncConnection[Any], advanced: str, given: Mapping[str, object], changes: Iterable[Change]
) -> bool:
    """Make the changes in one statement, if `advanced`, its first part, has a row; tells whether it has."""
    parts = list(_parts(changes))
    rows = {_name(table, what): orjson.dumps(rows, _spelt).decode() for table, what, rows in parts}
    statement = _statement(advanced, tuple((table, what) for table, what, _ in parts))
    done = await connection.execute(statement, {**given, **rows}, prepare=True)
    return await done.fetchone() is not None


async def copy(connection: AsyncConnection[Any], changes: Iterable[Change]) -> None:
    """Write what begins, however much it is."""
    for table, _, begun in changes:
        if begun:
            async with connection.cursor().copy(_copy(table)) as copying:
                copying.set_types([*table.types.values(), "int8", "int8"])
                for row in begun:
                    await copying.write_row(row)


def _parts(changes: Iterable[Change]) -> Iterator[tuple[Table[Any], str, list[dict[str, Any]]]]:
    for table, ended, begun in changes:
        if ended:
            yield table, END, [dict(zip(table.ends, row, strict=True)) for row in ended]
        if begun:
            yield table, BEGIN, [dict(zip(table.columns, row, strict=True)) for row in begun]


def _spelt(value: object) -> object:
    """What JSON has no word for, as PostgreSQL reads it."""
    if isinstance(value, Json):
        return orjson.Fragment(msgspec.json.encode(value.obj))
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def _name(table: Table[Any], what: str) -> str:
    return f"{table.name}_{'begun' if what is BEGIN else 'ended'}"


@cache
def _standing(table: Table[Any]) -> str:
    kind = SQL(table.types[table.key[0]])
    return _of(table.standing or STANDING, table, columns=_names(table.types), key=_names(table.key), kind=kind)


@cache
def _copy(table: Table[Any]) -> str:
    return _of(COPY, table, columns=_names(table.columns))


@cache
def _statement(advanced: str, parts: tuple[tuple[Table[Any], str], ...]) -> str:
    made = "".join(f", {_name(table, what)} AS ({_part(table, what)})" for table, what in parts)
    return f"{advanced}{made} SELECT FROM advanced"


def _part(table: Table[Any], what: str) -> str:
    key = table.ends[:-1]
    return _of(
        what,
        table,
        rows=SQL("{}::json").format(Placeholder(_name(table, what))),
        stored_key=SQL(", ").join(Identifier(table.name, column) for column in key),
        ended_key=SQL(", ").join(Identifier("ended", column) for column in key),
    )


def _of(text: LiteralString, table: Table[Any], **names: Composable) -> str:
    return SQL(text).format(table=Identifier(table.name), **names).as_string()


def _names(columns: Iterable[str]) -> Composed:
    return SQL(", ").join(map(Identifier, columns))
