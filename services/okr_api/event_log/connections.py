"""Connections to the database: how soon a silent one is given up, and a pool that outlives the server."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any, Self

from psycopg import AsyncConnection, Error, OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool

PATIENCE = {
    "connect_timeout": 2,  # for each of several hosts
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}
"""Seconds, and milliseconds: a machine that vanished is noticed by then."""
LOOK_SECONDS = 0.25
ANSWERED_SECONDS = 0.1
"""What has come is taken within that, once the process comes to it."""
AWAY = "the database is away"

Away = Callable[[], bool]
"""Whether the database is known not to answer: whoever needs it then is told so at once."""


def never() -> bool:
    return False


def impatient(dsn: str) -> str:
    """The address with these limits; what it says itself stays."""
    given = conninfo_to_dict(dsn)
    return make_conninfo(dsn, **{name: value for name, value in PATIENCE.items() if name not in given})


def hang_up(connection: AsyncConnection[Any]) -> None:
    """End a connection at once, as if the server had: what waits on it is told that it broke.

    To cancel it would be to ask the server first and wait for that. And a commit that waits for its standby, when
    cancelled, stands without the standby having it.
    """
    with suppress(OSError, Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


@contextmanager
def in_time(connection: AsyncConnection[Any], seconds: float) -> Iterator[None]:
    """Hang up where it takes longer, but for an answer that came while this process was busy."""
    loop = asyncio.get_running_loop()
    late: asyncio.TimerHandle

    def wait_for_what_came() -> None:
        nonlocal late
        late = loop.call_later(ANSWERED_SECONDS, hang_up, connection)

    late = loop.call_later(seconds, wait_for_what_came)
    try:
        yield
    finally:
        late.cancel()


class Pool(AsyncConnectionPool[AsyncConnection[Any]]):
    """`seconds`: how long a connection may be waited for and used; while the database is away, nobody gets one."""

    def __init__(self, dsn: str, name: str, *, least: int = 1, most: int, seconds: float, away: Away = never) -> None:
        super().__init__(
            dsn,
            name=name,
            min_size=least,
            max_size=most,
            open=False,
            kwargs={"autocommit": True},
            timeout=seconds,
            check=self._refuse_broken,
            # Its pauses double for as long as it tries: given up early, it begins anew while somebody waits.
            reconnect_timeout=1.0,
        )
        self._seconds = seconds
        self._away = away
        self._used: dict[AsyncConnection[Any], float] = {}
        """When each was asked for."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._looking = asyncio.create_task(self._look(), name=f"{self.name} looking")
        return self

    async def __aexit__(self, *failure: Any) -> None:
        self._looking.cancel()
        await super().__aexit__(*failure)

    async def getconn(self, timeout: float | None = None) -> AsyncConnection[Any]:
        """Raises OperationalError, early where the database goes away meanwhile."""
        asked_at = monotonic()
        if self._away():
            raise OperationalError(AWAY)
        # Once, for the whole time: who asked again would wait behind all who came since.
        connection = await super().getconn(self._seconds if timeout is None else timeout)
        self._used[connection] = asked_at
        return connection

    async def putconn(self, conn: AsyncConnection[Any]) -> None:
        self._used.pop(conn, None)
        await super().putconn(conn)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            late = monotonic() - self._seconds
            for connection, asked_at in tuple(self._used.items()):
                if asked_at < late or self._away():
                    hang_up(connection)
            await self._see_to_waiting()

    async def _see_to_waiting(self) -> None:
        waiting = tuple(self._waiting)
        if self._away():
            for one in waiting:
                await one.fail(OperationalError(AWAY))
        elif waiting:
            await self.check()  # begins to connect again where that was given up

    async def _refuse_broken(self, connection: AsyncConnection[Any]) -> None:
        """Without a round trip: a server that ended has hung up, and the others that idle are as old."""
        try:
            for _ in range(2):  # what it said last, then the end
                connection.pgconn.consume_input()
        except OperationalError:
            await self.drain()
            raise
