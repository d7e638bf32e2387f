"""Reading the log: streams folded into aggregates, and commands by id; what is asked at once goes in one query."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from okr_api.domain.events import Event
from okr_api.domain.stream import Stream
from okr_api.event_log.mapper import to_event
from okr_api.event_log.requests import Accepted

NEWER = """
SELECT e.originator_id, e.originator_version, e.topic, e.state, e.recorded_at
FROM unnest(%s::uuid[], %s::bigint[]) known(stream, version)
JOIN okr.events e ON e.originator_id = known.stream AND e.originator_version > known.version
ORDER BY e.originator_id, e.originator_version
"""
COMMAND = """
SELECT first_position, last_position, recorded_at, input_hash, result FROM okr.commands WHERE command_id = %s
"""
KEY = "SELECT key FROM okr.secrets WHERE name = 'input_hash'"

Asked = dict[tuple[UUID, int], asyncio.Future[list[Event]]]


class LogReader:
    """Loads streams from the database; what is asked in the same turn of the event loop shares a query."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._asked: Asked = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def streams(self, known: Mapping[UUID, Stream | None]) -> Mapping[UUID, Stream]:
        """The aggregates of these ids as the log has them now, brought forward from those known; others left out."""
        asked = {i: self._ask(i, stream.version if stream else 0) for i, stream in known.items()}
        if asked:
            # Not gather: a caller that goes away must not take the answer from the others.
            done, _ = await asyncio.wait(set(asked.values()))
            for error in (future.exception() for future in done):
                if error is not None:
                    raise error
        folded = {i: fold(known[i], future.result()) for i, future in asked.items()}
        return {i: stream for i, stream in folded.items() if stream is not None}

    async def command(self, command_id: UUID) -> Accepted | None:
        """What a command was answered with, if it is in the log."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute(COMMAND, [command_id])).fetchone()
        return Accepted(*row) if row else None

    async def input_hash_key(self) -> bytes:
        """The key of the hashes in okr.commands."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute(KEY)).fetchone()
        assert row is not None
        return bytes(row[0])

    def _ask(self, stream_id: UUID, version: int) -> asyncio.Future[list[Event]]:
        loop = asyncio.get_running_loop()
        if not self._asked:
            loop.call_soon(self._answer_soon)
        if (stream_id, version) not in self._asked:
            self._asked[stream_id, version] = loop.create_future()
        return self._asked[stream_id, version]

    def _answer_soon(self) -> None:
        asked, self._asked = self._asked, {}
        task = asyncio.create_task(self._answer(asked))
        self._answering.add(task)  # the event loop itself keeps weak references only
        task.add_done_callback(self._answering.discard)

    async def _answer(self, asked: Asked) -> None:
        try:
            newer = await self._newer(asked)
        except Exception as error:
            for future in asked.values():
                future.set_exception(error)
                future.exception()  # it is told to whoever still waits, and to nobody where nobody does
            return
        for (stream_id, version), future in asked.items():
            future.set_result([e for e in newer.get(stream_id, ()) if e.originator_version > version])

    async def _newer(self, asked: Iterable[tuple[UUID, int]]) -> dict[UUID, list[Event]]:
        lowest: dict[UUID, int] = {}
        for stream_id, version in asked:
            lowest[stream_id] = min(version, lowest.get(stream_id, version))
        newer: dict[UUID, list[Event]] = {}
        async with self._pool.connection() as connection:
            arguments = [list(lowest), list(lowest.values())]
            async for row in await connection.execute(NEWER, arguments, prepare=True, binary=True):
                newer.setdefault(row[0], []).append(to_event(*row))
        return newer


def fold(stream: Stream | None, events: Iterable[Event]) -> Stream | None:
    """The aggregate after these events; the one given stays as it is."""
    folded: Any = stream.copied() if stream else None
    for event in events:
        folded = event.mutate(folded)
    return folded  # type: ignore[no-any-return]
