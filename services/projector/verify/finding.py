"""Finding: something that must always hold and does not."""

from collections.abc import Iterable
from typing import Any, LiteralString, NamedTuple

from psycopg import AsyncConnection
from psycopg.sql import SQL

MOST = 20
"""Findings of one kind that are told: more would say no more."""


class Finding(NamedTuple):
    """`invariant` is its number in the list of what must always hold; the message says what is wrong, and where."""

    invariant: int
    message: str


async def ask(connection: AsyncConnection[Any], invariant: int, questions: Iterable[LiteralString]) -> list[Finding]:
    """Put questions in SQL, each of which answers with a message per thing that is wrong."""
    findings: list[Finding] = []
    for question in questions:
        cursor = await connection.execute(SQL(question) + SQL(f" LIMIT {MOST}"))
        findings += [Finding(invariant, message) for (message,) in await cursor.fetchall()]
    return findings
