"""Turns: commands that write the same stream go one after another within a process, first come first served."""

import asyncio
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
