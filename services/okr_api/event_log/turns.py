"""Turns: commands that write the same stream go one after another within a process, and those of a batch in step."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID


class Turns:
    """Locks that exist while somebody wants them. Two processes are kept apart by the log itself."""

    def __init__(self) -> None:
        self._locks: dict[UUID, asyncio.Lock] = {}
        self._wanted: Counter[UUID] = Counter()

    @asynccontextmanager
    async def of(self, stream_ids: Iterable[UUID]) -> AsyncIterator[None]:
        # In one order for all, so that nobody waits for somebody who waits for him.
        ids = sorted(set(stream_ids))
        if not ids:
            yield
            return
        self._wanted.update(ids)
        try:
            async with AsyncExitStack() as stack:
                for stream_id in ids:
                    await stack.enter_async_context(self._locks.setdefault(stream_id, asyncio.Lock()))
                yield
        finally:
            self._wanted.subtract(ids)
            for stream_id in ids:
                if not self._wanted[stream_id]:
                    del self._wanted[stream_id]
                    self._locks.pop(stream_id, None)  # cancelled while waiting, it had not come to this one


async def pause(lost: int) -> None:
    """Long enough that those who lost to each other come apart."""
    await asyncio.sleep(random.uniform(0, 0.001 * (2**lost - 1)))


class Rounds:
    """Several that are tried together: a new round begins when all are done or have lost, in the order of their places.

    What lost is so tried again before anything that would come after it, were it tried at once.
    """

    def __init__(self, running: int) -> None:
        self._running = running
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    async def next(self, place: int, lost: int) -> None:
        await pause(lost)
        loop = asyncio.get_running_loop()
        began: asyncio.Future[None] = loop.create_future()
        self._waiting.append((place, began))
        loop.call_soon(self._begin_if_complete)  # not now: the last one to come would be ahead of all
        await began

    def leave(self) -> None:
        self._running -= 1
        self._begin_if_complete()

    def _begin_if_complete(self) -> None:
        if len(self._waiting) < self._running:
            return
        for _, began in sorted(self._waiting, key=lambda waiting: waiting[0]):
            if not began.done():
                began.set_result(None)
        self._waiting = []
