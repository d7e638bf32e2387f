"""Writers beside a measurement: a process for each database, which commits at a steady rate while it is let."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, Self
from uuid import UUID, uuid4

import psycopg

from bench.measuring.requests import checked_in
from okr_api.event_log.log import PostgresLog

COMMITS_PER_SECOND = 50
PAUSE = 0.02
INSERT = """
INSERT INTO plain.check_in (id, key_result_id, effective_at, value, confidence, note)
VALUES (%s, %s, clock_timestamp(), %s, 0.8, 'as planned')
"""
UPDATE_KEY_RESULT = """
UPDATE plain.key_result SET current = %s, confidence = 0.8, progress = %s WHERE id = %s RETURNING objective_id
"""
UPDATE_OBJECTIVE = "UPDATE plain.objective SET progress = %s WHERE id = %s"
UPDATE_POSITION = "UPDATE plain.position SET position = position + 1"

Work = Callable[[str, list[UUID], Any, Any], None]


class Writer:
    """A process that writes check-ins on these key results."""

    def __init__(self, work: Work, dsn: str, key_results: list[UUID]) -> None:
        context = get_context("spawn")
        self._let, self._done = context.Event(), context.Value("l", 0)
        self._process = context.Process(target=work, args=(dsn, key_results, self._let, self._done), daemon=True)
        self._process.name = work.__name__.replace("_", " ")
        self._seconds = 0.0

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()
        if self._seconds:
            rate = self._done.value / self._seconds
            print(f"the writer {self._process.name} did {rate:.0f} commits a second", flush=True)

    @contextmanager
    def writing(self) -> Iterator[None]:
        before, begun = self._done.value, time.monotonic()
        self._let.set()
        try:
            while self._done.value == before and self._process.is_alive():
                time.sleep(PAUSE)
            yield
        finally:
            self._let.clear()
            self._seconds += time.monotonic() - begun


def into_the_log(dsn: str, key_results: list[UUID], let: Any, done: Any) -> None:
    """Check-ins as decided commands, through the log of the service."""

    async def work() -> None:
        async with PostgresLog(dsn) as log:
            for _ in _paced(let, done):
                await log.append(checked_in(random.choice(key_results)))

    asyncio.run(work())


def into_tables(dsn: str, key_results: list[UUID], let: Any, done: Any) -> None:
    """The same as rows that are changed in place."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for _ in _paced(let, done):
            kr, value, progress = random.choice(key_results), random.randrange(1000) / 10, random.randrange(100) / 100
            with connection.transaction():
                connection.execute(INSERT, (uuid4(), kr, value))
                row = connection.execute(UPDATE_KEY_RESULT, (value, value / 100, kr)).fetchone()
                assert row is not None
                connection.execute(UPDATE_OBJECTIVE, (progress, row[0]))
                connection.execute(UPDATE_POSITION)


def _paced(let: Any, done: Any) -> Iterator[None]:
    """One commit is due after the other while it is let; what was not let is not made up for."""
    due = time.monotonic()
    while True:
        if not let.is_set():
            let.wait()
            due = time.monotonic()
        yield
        done.value += 1
        due += 1 / COMMITS_PER_SECOND
        time.sleep(max(0.0, due - time.monotonic()))
