"""Asking: rows of the facts, and of what stands beside them, by the names of their columns."""

from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier


def within(query: SQL, schema: str) -> Composed:
    """A query that names its {schema}."""
    return query.format(schema=Identifier(schema))


async def rows(connection: AsyncConnection[Any], query: SQL, schema: str, **given: Any) -> list[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row)
    found: list[dict[str, Any]] = await (await cursor.execute(within(query, schema), given)).fetchall()
    return found
