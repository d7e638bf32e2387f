"""Together: what is asked of the facts in one turn of the event loop is one query, at the cut of the snapshot."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from okr_api.snapshot.behind import require_position
from okr_api.snapshot.snapshot import Snapshot

Q = TypeVar("Q")
A = TypeVar("A")

TRUE_THEN = SQL("valid_from <= {position} AND (valid_to IS NULL OR valid_to > {position})")


@dataclass(frozen=True)
class Cut:
    """The facts of a schema as they were at a position."""

    pool: AsyncConnectionPool[Any]
    schema: str
    position: int

    @classmethod
    def of(cls, pool: AsyncConnectionPool[Any], snapshot: Snapshot) -> "Cut":
        return cls(pool, snapshot.facts_schema, snapshot.position)

    async def rows(self, query: SQL, arguments: Sequence[Any] | Mapping[str, Any]) -> list[dict[str, Any]]:
        """`query` names the {schema} and says of its rows that they were {true_then}. Raises FactsBehind."""
        true_then = TRUE_THEN.format(position=self.position)
        statement = query.format(schema=Identifier(self.schema), true_then=true_then)
        async with self.pool.connection() as connection:
            await require_position(connection, self.schema, self.position)
            cursor = connection.cursor(row_factory=dict_row)
            rows: list[dict[str, Any]] = await (await cursor.execute(statement, arguments)).fetchall()
        return rows


@dataclass(frozen=True, eq=False)
class _Asked(Generic[Q, A]):
    question: Q
    answer: asyncio.Future[A]


class Together(Generic[Q, A]):
    """Questions come one by one; `read` answers many of them, in their order."""

    def __init__(self, pool: AsyncConnectionPool[Any], read: Callable[[Cut, list[Q]], Awaitable[Sequence[A]]]) -> None:
        self._pool = pool
        self._read = read
        self._asked: dict[Cut, list[_Asked[Q, A]]] = defaultdict(list)
        self._reading: set[asyncio.Task[None]] = set()

    async def ask(self, snapshot: Snapshot, question: Q) -> A:
        return await self.ask_at(Cut.of(self._pool, snapshot), question)

    async def ask_at(self, cut: Cut, question: Q) -> A:
        """Whoever asks later keeps the cut, not the snapshot with all that it holds."""
        loop = asyncio.get_running_loop()
        asked: _Asked[Q, A] = _Asked(question, loop.create_future())
        if not self._asked:
            loop.call_soon(self._read_soon)
        self._asked[cut].append(asked)
        return await asked.answer

    def _read_soon(self) -> None:
        together, self._asked = self._asked, defaultdict(list)
        for cut, asked in together.items():
            task = asyncio.create_task(self._answer(cut, asked))
            self._reading.add(task)  # the event loop itself keeps weak references only
            task.add_done_callback(self._reading.discard)

    async def _answer(self, cut: Cut, asked: list[_Asked[Q, A]]) -> None:
        try:
            answers = await self._read(cut, [one.question for one in asked])
        except Exception as error:
            for one in asked:
                if not one.answer.done():
                    one.answer.set_exception(error)
            return
        for one, answer in zip(asked, answers, strict=True):
            if not one.answer.done():
                one.answer.set_result(answer)
