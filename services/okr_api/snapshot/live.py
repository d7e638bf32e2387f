"""The live snapshot of a process: refreshed when the projector says so, and at least once a second."""

import asyncio
import logging
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import Any, Self

import psycopg

from okr_api.snapshot.loading import load, refresh
from okr_api.snapshot.snapshot import Snapshot

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
RETRY_SECONDS = 0.5


class NotYetReadable(Exception):
    """The facts do not hold that position in time."""


class Live:
    """`snapshot` is the newest; a request keeps the one that it got. One connection listens, another one loads."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._told = asyncio.Event()
        self._moved = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self._read_at = monotonic()
        self.snapshot = Snapshot()

    @property
    def age(self) -> float | None:
        """Seconds since the facts were last read; None while the database answers."""
        age = monotonic() - self._read_at
        return age if age > 2 * POLL_SECONDS else None

    async def __aenter__(self) -> Self:
        async with await self._connect() as connection:
            self.snapshot = await load(connection)
        self._read_at = monotonic()
        self._tasks = [
            asyncio.create_task(self._for_ever(self._listen), name="listen"),
            asyncio.create_task(self._for_ever(self._follow), name="refresh"),
        ]
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def at_least(self, position: int, seconds: float) -> Snapshot:
        """A snapshot that holds the position. Raises NotYetReadable after that many seconds."""
        try:
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait_for(lambda: self.snapshot.position >= position)
        except TimeoutError as error:
            raise NotYetReadable(f"position {position} is not readable yet, only {self.snapshot.position}") from error
        return self.snapshot

    async def _for_ever(self, work: Any) -> None:
        """Reads go on from the last snapshot while the database is away."""
        while True:
            try:
                await work()
            except (psycopg.Error, OSError) as error:
                log.warning("the facts cannot be read, trying again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        async with await self._connect() as connection:
            await connection.execute("LISTEN okr_facts")
            self._told.set()
            async for _ in connection.notifies():
                self._told.set()

    async def _follow(self) -> None:
        async with await self._connect() as connection:
            # A refresh is one large statement that touches few rows: planning it anew would cost more than running it.
            await connection.execute("SET plan_cache_mode = force_generic_plan")
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._told.wait(), POLL_SECONDS)
                self._told.clear()
                newer = await refresh(connection, self.snapshot)
                self._read_at = monotonic()
                if newer is not self.snapshot:
                    self.snapshot = newer
                    async with self._moved:
                        self._moved.notify_all()

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self._dsn, autocommit=True, connect_timeout=2)
