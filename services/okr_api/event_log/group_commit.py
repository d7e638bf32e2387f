"""Group commit: what waits to be appended goes into the log in one call, one transaction, one flush.

While a batch is being flushed the next one gathers, so throughput grows with the number of writers; on two lanes it is
also made ready, for the log itself takes one batch at a time. Each request of a batch is taken or refused for itself. A
batch that fails as a whole is sent again one by one, so that a request that cannot be stored fails alone. A batch whose
answer was lost is sent again as it is: its command ids tell the log what it holds already.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import psycopg
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.types.json import Jsonb

from okr_api.domain.check_in import AHEAD
from okr_api.event_log.connections import Away, in_time, never
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
from okr_api.operations import tracing
from okr_api.operations.instruments import BATCH_REQUESTS, BATCH_SECONDS

log = logging.getLogger(__name__)

MAX_EVENTS = 1000
"""A batch takes no further request once it holds that many events."""
MAX_REQUESTS = 128
"""Nor once it holds that many requests: what okr.append does for each grows with their number."""
LANES = 2
"""One prepares a batch and reads the outcome of its last one while the other one's is in the database."""

LOST = (psycopg.OperationalError, ReadOnlySqlTransaction, OSError)
"""A server that only reads was the primary once: a new connection finds the one that is it now."""

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
    sent: bool = field(default=False)


class Lane:
    """A connection on which one batch is under way at a time."""

    def __init__(self, dsn: str, seconds: float) -> None:
        self._dsn = dsn
        self._seconds = seconds
        self.connection: psycopg.AsyncConnection[Any] | None = None

    async def connect(self) -> None:
        if self.connection is None or self.connection.closed:
            self.connection = await psycopg.AsyncConnection.connect(self._dsn, autocommit=True)
            with in_time(self.connection, self._seconds):
                await self.connection.execute(READ_COMMITTED)

    async def send(self, arguments: Sequence[object]) -> list[tuple[Any, ...]]:
        assert self.connection is not None
        with in_time(self.connection, self._seconds):
            cursor = await self.connection.execute(APPEND, arguments, prepare=True, binary=True)
            return await cursor.fetchall()

    async def close(self) -> None:
        if self.connection is not None:
            await self.connection.close()
            self.connection = None


class GroupCommit:
    """`seconds`: how long a request may wait for the database; while that is away, none waits at all."""

    def __init__(self, dsn: str, *, queue_limit: int = 10_000, seconds: float = 3.0, away: Away = never) -> None:
        self.queue_limit = queue_limit
        self._seconds = seconds
        self._away = away
        self._queue: deque[Waiting] = deque()
        self._work = asyncio.Event()
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self._under_way: dict[Lane, set[object]] = {Lane(dsn, seconds): set() for _ in range(LANES)}
        """What no other lane may touch meanwhile."""
        self.batches = 0

    @property
    def waiting(self) -> int:
        """Requests that no lane has taken yet."""
        return len(self._queue)

    @property
    def lanes(self) -> list[Lane]:
        return list(self._under_way)

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._run(lane), name="group commit") for lane in self.lanes]

    async def stop(self) -> None:
        """Let the batches under way finish, refuse the rest."""
        self._stopping = True
        self._work.set()
        await asyncio.gather(*self._tasks)
        for lane in self.lanes:
            await lane.close()
        for waiting in self._queue:
            _settle(waiting, LogUnavailable("the service is stopping"))

    async def append(self, request: Request) -> Accepted:
        """Raises CommandKnown, AppendRefused, QueueFull or LogUnavailable.

        A caller that is cancelled or told LogUnavailable may still have its request written.
        """
        if self._stopping or self.waiting >= self.queue_limit:
            raise QueueFull
        if self._away():
            raise LogUnavailable("the database is away")
        loop = asyncio.get_running_loop()
        waiting = Waiting(request, loop.create_future())
        late = loop.call_later(self._seconds, _settle, waiting, LogUnavailable("the log did not answer in time"))
        self._queue.append(waiting)
        self._work.set()
        try:
            return await waiting.outcome
        finally:
            late.cancel()

    async def _run(self, lane: Lane) -> None:
        while not self._stopping:
            await self._work.wait()
            batch = self._next_batch()
            if not batch:
                # What is left waits for what the other lane writes, which tells when it is there.
                if not self._stopping:
                    self._work.clear()
                continue
            self._under_way[lane] = {each for waiting in batch for each in _keeps(waiting)}
            await self._commit(lane, batch)
            self._under_way[lane] = set()
            self._work.set()

    def _next_batch(self) -> list[Waiting]:
        """As much of the queue as may share a transaction, in order.

        A request that reads or writes what an earlier one of the batch writes, or one under way, or is the same command
        again, stays for the next: there the log itself says what became of it. So does one that has to come after what
        is under way or stays.
        """
        batch: list[Waiting] = []
        rest: list[Waiting] = []
        written: set[object] = set().union(*self._under_way.values())
        events = 0
        while self._queue and events < MAX_EVENTS and len(batch) < MAX_REQUESTS:
            waiting = self._queue.popleft()
            if waiting.outcome.done():  # nobody waits any more
                continue
            request = waiting.request
            writes = _writes(waiting)
            if written.isdisjoint(writes) and written.isdisjoint(request.guards):
                batch.append(waiting)
                events += max(1, len(request.events))
            else:
                rest.append(waiting)
                writes = _keeps(waiting)
            written |= writes
        self._queue.extendleft(reversed(rest))
        return batch

    async def _commit(self, lane: Lane, batch: list[Waiting]) -> None:
        began = monotonic()
        try:
            await self._send(lane, batch)
            self.batches += 1
            BATCH_SECONDS.observe(monotonic() - began)
            BATCH_REQUESTS.observe(len(batch))
        except LOST as error:
            log.info("the connection of a batch of %d requests is lost: %s", len(batch), kind(error))
            await self._lost(lane, batch)
        except Exception as error:
            if len(batch) == 1:
                _settle(batch[0], error)
                return
            log.warning(
                "a batch of %d requests failed as a whole, sending them one by one: %s", len(batch), kind(error)
            )
            for waiting in batch:
                await self._commit(lane, [waiting])

    async def _send(self, lane: Lane, batch: list[Waiting]) -> None:
        await lane.connect()
        again = {place for place, waiting in enumerate(batch, 1) if waiting.sent}
        for waiting in batch:
            waiting.sent = True
        requests = [waiting.request for waiting in batch]
        with tracing.tracer.batch("append", (request.events[0].state for request in requests if request.events)):
            rows = await lane.send(_columns(requests))
        for row in rows:
            waiting = batch[row[0] - 1]
            ours = row[0] in again and row[6] == waiting.request.input_hash
            _settle(waiting, _outcome(row, ours=ours))

    async def _lost(self, lane: Lane, batch: list[Waiting]) -> None:
        """The connection broke: send again what still has time, on a new connection."""
        await lane.close()
        self._queue.extendleft(reversed(batch))
        self._work.set()
        await asyncio.sleep(0.1)


def _writes(waiting: Waiting) -> set[object]:
    return waiting.request.writes | {waiting.request.command_id}


def _keeps(waiting: Waiting) -> set[object]:
    """What others have to wait for, once it is not in the same batch."""
    after = waiting.request.in_order_of
    return _writes(waiting) | ({after} if after else set())


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
