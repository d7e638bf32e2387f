"""Following: a connection that brings a snapshot of one numbered schema of facts forward, and says that it is read."""

import asyncio
import gc
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self

from psycopg import AsyncConnection, Error

from okr_api.event_log.connections import in_time
from okr_api.operations.instruments import REFRESH_SECONDS
from okr_api.snapshot.loading import Choose, load
from okr_api.snapshot.looking import Look, look
from okr_api.snapshot.partitions import Partition, joined
from okr_api.snapshot.snapshot import Snapshot

LOOK_SECONDS = 2.0
"""A look takes milliseconds: who is silent for longer is gone."""
TURN_SECONDS = 0.0005
"""How long the thread that loads goes on while a request waits; a tenth of what Python lets it."""
POINTER = "SELECT number FROM okr.facts_pointer"
BEGIN_READING = "SELECT okr.begin_reading(%s)"
# A look is one large statement that touches few rows: planning it anew would cost more than running it.
CONFIGURE = "SET plan_cache_mode = force_generic_plan"


class Following:
    def __init__(self, connection: AsyncConnection[Any], snapshot: Snapshot) -> None:
        self._connection = connection
        self.snapshot = snapshot

    @property
    def number(self) -> int:
        return int(re.sub(r"\D", "", self.snapshot.facts_schema))

    @classmethod
    async def present(cls, dsn: str, name: str, snapshot: Snapshot, choose: Choose) -> Self:
        """The facts that are read, from a snapshot of them if that is one. Raises psycopg.Error."""
        connection = await connected(dsn, name)
        try:
            while True:
                number = await _pointed(connection)
                # Who says so before they stop being read will find them standing.
                await connection.execute(BEGIN_READING, [number])
                if number == await _pointed(connection):
                    break
            following = cls(connection, snapshot)
            if not snapshot.facts_schema or following.number != number:
                following.snapshot = await load(connection, None, choose)
        except BaseException:
            await connection.close()
            raise
        return following

    @classmethod
    async def next(cls, dsn: str, name: str, number: int, choose: Choose) -> Self:
        """The facts that come next; that they are read is said once they are held. Raises psycopg.Error."""
        connection = await connected(dsn, name)
        try:
            with giving_way():
                following = cls(connection, await load(connection, number, choose))
            gc.freeze()
            await connection.execute(BEGIN_READING, [number])
        except BaseException:
            await connection.close()
            raise
        return following

    async def look(self, joining: Sequence[Partition] = ()) -> Look:
        """Bring the snapshot forward, and join it with what was loaded aside. Raises psycopg.Error, also where the
        server is silent."""
        with in_time(self._connection, LOOK_SECONDS), REFRESH_SECONDS.time():
            found = await look(self._connection, self.snapshot, joining)
        self.snapshot = found.snapshot
        if found.partitions:
            self.snapshot = await asyncio.to_thread(joined, found.snapshot, found.partitions)
        return found

    async def end(self, after_seconds: float = 0.0) -> None:
        """The facts are read no longer."""
        try:
            await asyncio.sleep(after_seconds)
        finally:
            with suppress(Error):
                await self._connection.close()


@dataclass
class _Loads:
    """Of the process: the last one of those that overlap puts right what the first one changed."""

    under_way: int = 0
    turn: float = 0.0


_loads = _Loads()


@contextmanager
def giving_way() -> Iterator[None]:
    """Whoever is answered meanwhile goes first, and what is being made is not looked through for garbage."""
    if _loads.under_way == 0:
        _loads.turn = sys.getswitchinterval()
        sys.setswitchinterval(TURN_SECONDS)
        gc.disable()
    _loads.under_way += 1
    try:
        yield
    finally:
        _loads.under_way -= 1
        if _loads.under_way == 0:
            gc.enable()
            sys.setswitchinterval(_loads.turn)


async def connected(dsn: str, name: str) -> AsyncConnection[Any]:
    connection = await AsyncConnection.connect(dsn, autocommit=True, application_name=name)
    await connection.execute(CONFIGURE)
    return connection


async def _pointed(connection: AsyncConnection[Any]) -> int:
    row = await (await connection.execute(POINTER)).fetchone()
    assert row is not None
    return int(row[0])
