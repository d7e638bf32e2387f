"""Feed: commits as the live snapshot comes to hold them, read once for all who are told, kept for who comes back."""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self
from uuid import UUID

import psycopg
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from okr_api.snapshot.audit import AuditEvents, AuditRow, AuditWhere
from okr_api.snapshot.live import Live, NotYetReadable
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.together import Cut

log = logging.getLogger(__name__)

PAUSE = 0.1
"""Seconds between two reads: nobody is told more often than that."""
RETRY_SECONDS = 0.5
AT_ONCE = 500
"""Commits that are read together."""
MOST_KEPT = 10_000
"""Events that are kept for who comes back after a short while."""
MOST_READ_LATELY = 16
"""Windows before those."""
CHECK_IN = "CheckInRecorded"

# Where a node stood until then: the snapshot tells only where it stands.
ENDED = SQL("""
SELECT objective_id AS node_id, target_id, valid_from, valid_to FROM {schema}.links
WHERE valid_to > %s AND valid_to <= %s
UNION ALL
SELECT key_result_id, objective_id, valid_from, valid_to FROM {schema}.key_results
WHERE valid_to > %s AND valid_to <= %s
""")


class Ended(NamedTuple):
    """A node served another one from one position until before another."""

    node_id: UUID
    target_id: UUID
    valid_from: int
    valid_to: int


@dataclass(frozen=True, eq=False)
class Window:
    """Whole commits behind one position, up to another, oldest first, and what ended there.

    `made`: what was made of it, for all who are told of it while it is kept.
    """

    after: int
    until: int
    commits: Sequence[Sequence[AuditRow]]
    ended: Sequence[Ended]
    made: dict[Any, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(map(len, self.commits))


class Listener(Protocol):
    def tell(self, window: Window) -> None: ...

    def put_back(self) -> None:
        """The log lost what was told of it."""


class Feed:
    """`position`: how far it has read. While nobody listens it reads nothing."""

    def __init__(self, live: Live, audit: AuditEvents, pool: AsyncConnectionPool[Any]) -> None:
        self._live = live
        self._audit = audit
        self._pool = pool
        self._listener: Listener | None = None
        self._wanted = asyncio.Event()
        self._kept: deque[Window] = deque()
        self._size = 0
        self._reading: dict[tuple[int, frozenset[UUID]], asyncio.Task[Window]] = {}
        self._read_lately: OrderedDict[tuple[int, frozenset[UUID]], Window] = OrderedDict()
        self.position = 0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow(), name="feed")
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def begin(self, listener: Listener) -> None:
        """It goes on from now."""
        self._start_at(self._live.snapshot.position)
        self._listener = listener
        self._wanted.set()

    def end(self) -> None:
        self._listener = None
        self._wanted.clear()

    async def behind(self, position: int, cycles: frozenset[UUID]) -> Window:
        """What follows a position, as far as it is read at once: commits of these cycles, perhaps others too."""
        begin = self._kept[0].after if self._kept else self.position
        if position >= begin:
            window = next(window for window in self._kept if window.until > position)
            return window if window.after == position else _rest(window, position)
        asked = position, cycles
        if asked in self._read_lately:
            return self._read_lately[asked]
        if asked not in self._reading:
            # Up to where what is kept begins: of that, the same is told to all.
            reading = self._read(self._live.snapshot, position, begin, AuditWhere(cycle_ids=cycles))
            self._reading[asked] = task = asyncio.create_task(reading)
            task.add_done_callback(partial(self._have_read, asked))
        # Who stops waiting stops nobody else.
        return await asyncio.shield(self._reading[asked])

    def _have_read(self, asked: tuple[int, frozenset[UUID]], task: asyncio.Task[Window]) -> None:
        """After a restart many come back to the same place."""
        del self._reading[asked]
        if not task.cancelled() and task.exception() is None:  # whoever still waits is told of that
            self._read_lately[asked] = task.result()
            if len(self._read_lately) > MOST_READ_LATELY:
                self._read_lately.popitem(last=False)

    async def _follow(self) -> None:
        while True:
            await self._wanted.wait()
            try:
                await self._move()
            except (psycopg.Error, OSError) as error:
                log.warning("what is new cannot be read, trying again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _move(self) -> None:
        if self._live.snapshot.position < self.position:
            self._start_at(self._live.snapshot.position)
            if self._listener is not None:
                self._listener.put_back()
        after = self.position
        try:
            snapshot = await self._live.at_least(after + 1, RETRY_SECONDS)
        except NotYetReadable:
            return
        window = await self._read(snapshot, after, snapshot.position, AuditWhere())
        if self._listener is not None and self.position == after:  # else it ended and began anew meanwhile
            self._keep(window)
            self.position = window.until
            self._listener.tell(window)
            await asyncio.sleep(PAUSE)

    def _start_at(self, position: int) -> None:
        self.position = position
        self._kept.clear()
        self._read_lately.clear()
        self._size = 0

    def _keep(self, window: Window) -> None:
        self._kept.append(window)
        self._size += window.size
        while self._size > MOST_KEPT:
            self._size -= self._kept.popleft().size

    async def _read(self, snapshot: Snapshot, after: int, until: int, where: AuditWhere) -> Window:
        commits = await self._audit.commits(snapshot, after, until, AT_ONCE, where)
        if len(commits) == AT_ONCE:
            until = commits[-1][-1].commit_position
        # A check-in moves nothing.
        moved = any(row.type != CHECK_IN for commit in commits for row in commit)
        return Window(after, until, commits, await self._ended(snapshot, after, until) if moved else ())

    async def _ended(self, snapshot: Snapshot, after: int, until: int) -> list[Ended]:
        rows = await Cut.of(self._pool, snapshot).rows(ENDED, [after, until] * 2)
        return [Ended(**row) for row in rows]


def _rest(window: Window, after: int) -> Window:
    """What of a window is behind a position inside it."""
    commits = [commit for commit in window.commits if commit[-1].commit_position > after]
    return Window(after, window.until, commits, window.ended)
