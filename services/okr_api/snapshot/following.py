"""Following: a connection that brings a snapshot of one numbered schema of facts forward, and says that it is read."""

import asyncio
import gc
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

from psycopg import AsyncConnection, Error

from okr_api.event_log.connections import in_time
from okr_api.operations.instruments import REFRESH_SECONDS
from okr_api.snapshot.loading import Look, load, look
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
    async def present(cls, dsn: str, name: str, snapshot: Snapshot) -> Self:
        """The facts that are read, from a snapshot of them if that is one. Raises psycopg.Error."""
        connection = await _connected(dsn, name)
        try:
            while True:
                number = await _pointed(connection)
                # Who says so before they stop being read will find them standing.
                await connection.execute(BEGIN_READING, [number])
                if number == await _pointed(connection):
                    break
            following = cls(connection, snapshot)
            if not snapshot.facts_schema or following.number != number:
                following.snapshot = await load(connection)
        except BaseException:
            await connection.close()
            raise
        return following

    @classmethod
    async def next(cls, dsn: str, name: str, number: int) -> Self:
        """The facts that come next; that they are read is said once they are held. Raises psycopg.Error."""
        connection = await _connected(dsn, name)
        try:
            with giving_way():
                following = cls(connection, await load(connection, number))
            await connection.execute(BEGIN_READING, [number])
        except BaseException:
            await connection.close()
            raise
        return following

    async def look(self) -> Look:
        """Bring the snapshot forward. Raises psycopg.Error, also where the server is silent."""
        with in_time(self._connection, LOOK_SECONDS), REFRESH_SECONDS.time():
            found = await look(self._connection, self.snapshot)
        self.snapshot = found.snapshot
        return found

    async def end(self, after_seconds: float = 0.0) -> None:
        """The facts are read no longer."""
        try:
            await asyncio.sleep(after_seconds)
        finally:
            with suppress(Error):
                await self._connection.close()


@contextmanager
def giving_way() -> Iterator[None]:
    """Whoever is answered meanwhile goes first; and what is made is never looked through for garbage, all at once."""
    turn = sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
        sys.setswitchinterval(turn)


async def _connected(dsn: str, name: str) -> AsyncConnection[Any]:
    connection = await AsyncConnection.connect(dsn, autocommit=True, application_name=name)
    await connection.execute(CONFIGURE)
    return connection


async def _pointed(connection: AsyncConnection[Any]) -> int:
    row = await (await connection.execute(POINTER)).fetchone()
    assert row is not None
    return int(row[0])
