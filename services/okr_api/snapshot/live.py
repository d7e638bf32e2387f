"""The live snapshot of a process: brought forward when the projector says so, and at least once a second."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

import psycopg
from psycopg import OperationalError
from psycopg.errors import UndefinedColumn, UndefinedTable

from okr_api.snapshot.following import Following
from okr_api.snapshot.holding import Holding
from okr_api.snapshot.looking import LogPutBack
from okr_api.snapshot.snapshot import Snapshot

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
RETRY_SECONDS = 0.5


class NotYetReadable(Exception):
    """The facts do not hold that position in time."""


class Live:
    """`snapshot` is the newest; a request keeps the one that it got. One connection listens, another one follows.

    Facts that a rebuild makes are loaded aside, and changed to when they are the ones that are read.
    """

    def __init__(self, dsn: str, leaving_seconds: float = 0.0, most_bytes: int = sys.maxsize) -> None:
        """`leaving_seconds`: how long former facts are held after a rebuild, for the requests that read them still.

        `most_bytes`: what it may take in memory; what is away then is loaded when somebody asks.
        """
        self._dsn = dsn
        self._leaving_seconds = leaving_seconds
        self._name = f"okr snapshot {uuid4().hex}"
        self._told = asyncio.Event()
        self._holding = Holding(dsn, self._name, most_bytes, self._told.set)
        self._moved = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self._next: asyncio.Task[Following] | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._read_at = self._answered_at = monotonic()
        self._failing = False
        self.snapshot = Snapshot()
        self.beside: dict[Hashable, Any] = {}
        """What others remember of the snapshot, gone with it."""
        self.log_position = 0
        """The last one, when the facts were last read."""

    @property
    def silence(self) -> float:
        """Seconds since the database last answered, if only that the facts cannot be read; 0 while it does."""
        return monotonic() - self._answered_at if self._failing else 0.0

    @property
    def age(self) -> float | None:
        """Seconds since the facts were last read; None while the database answers."""
        age = monotonic() - self._read_at
        return age if self._failing and age > 2 * POLL_SECONDS else None

    async def __aenter__(self) -> Self:
        following = await self._first()
        self.snapshot = await self._holding.settled(following.snapshot)
        await following.end()
        self._tasks = [
            asyncio.create_task(self._for_ever(self._listen), name="listen"),
            asyncio.create_task(self._for_ever(self._follow), name="follow"),
        ]
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for task in (*self._tasks, *self._leaving):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._leaving, return_exceptions=True)
        await self._holding.end()
        await self._abandon_next()

    async def holding(self, roots: frozenset[UUID]) -> Snapshot:
        """A snapshot that holds these root cycles. Raises psycopg.Error."""
        away = roots & self.snapshot.away
        return await self._holding.wait_for(roots, away) if away else self.snapshot

    async def at_least(self, position: int, seconds: float) -> Snapshot:
        """A snapshot that holds the position. Raises NotYetReadable after that many seconds."""
        try:
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait_for(lambda: self.snapshot.position >= position)
        except TimeoutError as error:
            raise NotYetReadable(f"position {position} is not readable yet, only {self.snapshot.position}") from error
        return self.snapshot

    async def _for_ever(self, work: Callable[[], Awaitable[None]]) -> None:
        """Reads go on from the last snapshot while the database is away."""
        while True:
            try:
                await work()
            except (psycopg.Error, OSError) as error:
                self._failing = True
                if not isinstance(error, OperationalError | OSError):
                    self._answered_at = monotonic()
                log.warning("the facts cannot be read, trying again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _first(self) -> Following:
        """Waits for facts of this version, which its projector makes where another one's stand."""
        while True:
            try:
                return await Following.present(self._dsn, self._name, self.snapshot, self._holding.choose)
            except (UndefinedColumn, UndefinedTable) as error:
                log.warning("waiting for a projector of this version to rebuild the facts: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._dsn, autocommit=True) as connection:
            await connection.execute("LISTEN okr_facts")
            self._told.set()
            async for _ in connection.notifies():
                self._told.set()

    async def _follow(self) -> None:
        following = await Following.present(self._dsn, self._name, self.snapshot, self._holding.choose)
        try:
            while True:
                try:
                    found = await following.look(self._holding.loaded(following.number))
                    self.log_position = found.head
                except LogPutBack:
                    log.exception("the log lost what was acknowledged: everything is loaded anew")
                    self._holding.start_over()
                    await following.end()
                    following = await Following.present(self._dsn, self._name, Snapshot(), self._holding.choose)
                    continue
                if found.number != following.number:
                    self._leave(following)
                    following = await self._moved_to(found.number)
                else:
                    await self._prepare(found.next_number)
                following.snapshot = await self._holding.settled(following.snapshot)
                await self._show(following.snapshot)
                # Not wait_for: of Python 3.11, it loses a cancellation that comes as soon as it is told.
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._told.wait()
                self._told.clear()
        finally:
            await following.end()

    async def _show(self, snapshot: Snapshot) -> None:
        self._read_at = self._answered_at = monotonic()
        self._failing = False
        if snapshot is not self.snapshot:
            self.snapshot, self.beside = snapshot, {}
            async with self._moved:
                self._moved.notify_all()

    async def _prepare(self, next_number: int | None) -> None:
        """Load aside what comes next; let go of what does not come after all."""
        if next_number is not None and self._next is None:
            self._next = asyncio.create_task(Following.next(self._dsn, self._name, next_number, self._holding.choose))
        elif next_number is None:
            await self._abandon_next()

    async def _abandon_next(self) -> None:
        abandoned, self._next = self._next, None
        if abandoned is not None:
            abandoned.cancel()
            with suppress(psycopg.Error, asyncio.CancelledError):
                await (await abandoned).end()

    async def _moved_to(self, number: int) -> Following:
        """The facts of that number, loaded aside before if there was time."""
        prepared, self._next = self._next, None
        if prepared is not None:
            with suppress(psycopg.Error):
                following = await prepared
                await following.look()
                if following.number == number:
                    return following
                await following.end()
        return await Following.present(self._dsn, self._name, self.snapshot, self._holding.choose)

    def _leave(self, following: Following) -> None:
        leaving = asyncio.create_task(following.end(self._leaving_seconds))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)
