"""Group commit: what waits to be appended goes into the log in one call, one transaction, one flush.

While a batch is being flushed the next one gathers, so throughput grows with the number of writers. Each request of a
batch is taken or refused for itself. A batch that fails as a whole is sent again one by one, so that a request that
cannot be stored fails alone. A batch whose answer was lost is sent again as it is: its command ids tell the log what it
holds already.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from okr_api.domain.check_in import AHEAD
from okr_api.event_log.requests import (
    Accepted,
    AppendRefused,
    CommandKnown,
    LogUnavailable,
    QueueFull,
    Reason,
    Request,
    kind,
)

log = logging.getLogger(__name__)

MAX_EVENTS = 1000
"""A batch takes no further request once it holds that many events."""
MAX_REQUESTS = 128
"""Nor once it holds that many requests: what okr.append does for each grows with their number."""

# Whatever the database or the role is set to: okr.append looks at the log once it holds the lock, not before.
READ_COMMITTED = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED"
APPEND = """
SELECT request, refusal, stream, first_position, last_position, recorded_at, input_hash, result
FROM okr.append(%b::int[], %b::uuid[], %b::bigint[], %b::text[], %b::bytea[], %b::int[], %b::uuid[], %b::bigint[],
                %b::uuid[], %b::uuid[], %b::text[], %b::bytea[], %b::jsonb[], %b::timestamptz[], %b,
                %b::int[], %b::uuid[], %b::text[], %b::text[], %b::text[])
"""


@dataclass
class Waiting:
    request: Request
    outcome: asyncio.Future[Accepted]
    deadline: float
    sent: bool = field(default=False)


class GroupCommit:
    """Appends on one connection of its own. `seconds`: how long a request may wait for the database."""

    def __init__(self, dsn: str, *, queue_limit: int = 10_000, seconds: float = 3.0) -> None:
        self._dsn = dsn
        self._queue_limit = queue_limit
        self._seconds = seconds
        self._queue: deque[Waiting] = deque()
        self._work = asyncio.Event()
        self._stopping = False
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self.batches = 0

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="group commit")

    async def stop(self) -> None:
        """Let the batch under way finish, refuse the rest."""
        self._stopping = True
        self._work.set()
        if self._task is not None:
            await self._task
        if self._connection is not None:
            await self._connection.close()
        for waiting in self._queue:
            _settle(waiting, LogUnavailable("the service is stopping"))

    async def append(self, request: Request) -> Accepted:
        """Raises CommandKnown, AppendRefused, QueueFull or LogUnavailable.

        A caller that is cancelled while it waits may still have its request written.
        """
        if self._stopping or len(self._queue) >= self._queue_limit:
            raise QueueFull
        loop = asyncio.get_running_loop()
        waiting = Waiting(request, loop.create_future(), loop.time() + self._seconds)
        self._queue.append(waiting)
        self._work.set()
        return await waiting.outcome

    async def _run(self) -> None:
        while not self._stopping:
            await self._work.wait()
            batch = self._next_batch()
            if batch:
                await self._commit(batch)
            if not self._queue and not self._stopping:
                self._work.clear()

    def _next_batch(self) -> list[Waiting]:
        """As much of the queue as may share a transaction, in order.

        A request that reads or writes what an earlier one of the batch writes, or is the same command again, stays for
        the next: there the log itself says what became of it.
        """
        batch: list[Waiting] = []
        rest: list[Waiting] = []
        written: set[object] = set()
        events = 0
        now = asyncio.get_running_loop().time()
        while self._queue and events < MAX_EVENTS and len(batch) < MAX_REQUESTS:
            waiting = self._queue.popleft()
            if not waiting.sent and (waiting.outcome.cancelled() or waiting.deadline <= now):
                _settle(waiting, LogUnavailable("the log could not be reached in time"))
                continue
            request = waiting.request
            writes = request.writes | {request.command_id}
            if written.isdisjoint(writes) and written.isdisjoint(request.guards):
                batch.append(waiting)
                events += max(1, len(request.events))
            else:
                rest.append(waiting)
            written |= writes
        self._queue.extendleft(reversed(rest))
        return batch

    async def _commit(self, batch: list[Waiting]) -> None:
        try:
            await self._send(batch)
            self.batches += 1
        except (psycopg.OperationalError, OSError) as error:
            await self._lost(batch, error)
        except Exception as error:
            if len(batch) == 1:
                _settle(batch[0], error)
                return
            log.warning(
                "a batch of %d requests failed as a whole, sending them one by one: %s", len(batch), kind(error)
            )
            for waiting in batch:
                await self._commit([waiting])

    async def _send(self, batch: list[Waiting]) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(self._dsn, autocommit=True, connect_timeout=2)
            await self._connection.execute(READ_COMMITTED)
        again = {place for place, waiting in enumerate(batch, 1) if waiting.sent}
        for waiting in batch:
            waiting.sent = True
        arguments = _columns([waiting.request for waiting in batch])
        async with asyncio.timeout(self._seconds):
            cursor = await self._connection.execute(APPEND, arguments, prepare=True, binary=True)
            rows = await cursor.fetchall()
        for row in rows:
            _settle(batch[row[0] - 1], _outcome(row, ours=row[0] in again))

    async def _lost(self, batch: list[Waiting], error: Exception) -> None:
        """The connection broke: send again what still has time, on a new connection."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
        now = asyncio.get_running_loop().time()
        late = [waiting for waiting in batch if waiting.deadline <= now]
        for waiting in late:
            _settle(waiting, LogUnavailable(str(error)))
        self._queue.extendleft(reversed([w for w in batch if w.deadline > now]))
        self._work.set()
        await asyncio.sleep(0.1)


def _settle(waiting: Waiting, outcome: Accepted | Exception) -> None:
    if waiting.outcome.done():
        return
    if isinstance(outcome, Exception):
        waiting.outcome.set_exception(outcome)
    else:
        waiting.outcome.set_result(outcome)


def _outcome(row: Sequence[Any], *, ours: bool) -> Accepted | Exception:
    """`ours`: it was sent before and the answer was lost, so finding it in the log is its acceptance."""
    _, refusal, stream, first_position, last_position, recorded_at, input_hash, result = row
    if refusal is None:
        return Accepted(first_position, last_position, recorded_at, input_hash, result)
    if refusal == Reason.COMMAND_KNOWN:
        accepted = Accepted(first_position, last_position, recorded_at, input_hash, result)
        return accepted if ours else CommandKnown(accepted)
    return AppendRefused(Reason(refusal), stream)


def _columns(requests: Sequence[Request]) -> list[object]:
    """The arguments of okr.append: one list a column."""
    numbered = list(enumerate(requests, 1))
    events = [(n, e) for n, request in numbered for e in request.events]
    guards = [(n, stream, version) for n, request in numbered for stream, version in request.guards.items()]
    people = [(n, person) for n, request in numbered for person in request.people]
    return [
        [n for n, _ in events],
        [e.originator_id for _, e in events],
        [e.originator_version for _, e in events],
        [e.topic for _, e in events],
        [e.state for _, e in events],
        *([row[column] for row in guards] for column in range(3)),
        [request.command_id for request in requests],
        [request.principal_id for request in requests],
        [request.name for request in requests],
        [request.input_hash for request in requests],
        [Jsonb(dict(request.result)) for request in requests],
        [request.effective_at for request in requests],
        AHEAD,
        [n for n, _ in people],
        [person.id for _, person in people],
        [person.kind for _, person in people],
        [person.name for _, person in people],
        [person.subject for _, person in people],
    ]
