"""A TCP proxy in front of a database, which loses what it is told to lose. It turns in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

CHUNK = 1 << 16


@dataclass(eq=False)
class Connection:
    """A client's connection and the server's behind it. `spoke`: all marks that the client has sent on it so far."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    spoke: set[bytes] = field(default_factory=set)

    def close(self) -> None:
        self.client.close()
        self.server.close()


class Proxy:
    """`port` is where it listens on 127.0.0.1; `delay`: seconds that every chunk waits, in both directions."""

    def __init__(self, loop: asyncio.AbstractEventLoop, dsn: str) -> None:
        given = conninfo_to_dict(dsn)
        self._loop = loop
        self._target = Path(str(given["host"])) / f".s.PGSQL.{given['port']}"
        self._given = given
        self._connections: set[Connection] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._marks: set[bytes] = set()
        self._losing: bytes | None = None
        self.lost = 0
        """How many answers were lost on purpose."""
        self.delay = 0.0
        self.port = 0

    @property
    def dsn(self) -> str:
        """The database by way of the proxy."""
        return make_conninfo("", **{**self._given, "host": "127.0.0.1", "port": str(self.port)})

    def cut(self) -> None:
        """End every connection, as a switch that restarts does; new ones are let through."""
        self._do(self._cut)

    def swallow(self) -> None:
        """Take everything and hand on nothing, in silence: a black hole. New connections fall into it too."""
        self._do(self._open.clear)

    def heal(self) -> None:
        """End what fell into the black hole, and let all through again."""

        def heal() -> None:
            self._cut()
            self._open.set()

        self._do(heal)

    def watch(self, mark: bytes) -> None:
        """Remember which connections ever send this."""
        self._marks.add(mark)

    def lose_answer(self, mark: bytes) -> None:
        """Hand on what the next connection of that mark asks, and end it instead of answering."""
        self._losing = mark

    def _do(self, work: Callable[[], None]) -> None:
        async def done() -> None:
            work()

        asyncio.run_coroutine_threadsafe(done(), self._loop).result()

    def _cut(self) -> None:
        for connection in tuple(self._connections):
            connection.close()

    async def listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answers, to_server = await asyncio.open_unix_connection(str(self._target))
        except OSError:
            writer.close()
            return
        connection = Connection(writer, to_server)
        self._connections.add(connection)
        try:
            await asyncio.gather(self._ask(connection, reader), self._answer(connection, answers))
        finally:
            connection.close()
            self._connections.discard(connection)

    async def _ask(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        async for chunk in self._chunks(connection, reader):
            connection.spoke.update(mark for mark in self._marks if mark in chunk)
            connection.server.write(chunk)

    async def _answer(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        async for chunk in self._chunks(connection, reader):
            if self._losing is not None and self._losing in connection.spoke:
                self._losing = None
                self.lost += 1
                connection.close()
                return
            connection.client.write(chunk)

    async def _chunks(self, connection: Connection, reader: asyncio.StreamReader) -> Any:
        with suppress(ConnectionError):
            while chunk := await reader.read(CHUNK):
                await self._open.wait()
                if self.delay:
                    await asyncio.sleep(self.delay)
                yield chunk
        connection.close()


@contextmanager
def proxied(dsn: str) -> Iterator[Proxy]:
    """A proxy in front of a server on this machine, for as long as the context lasts."""
    loop = asyncio.new_event_loop()
    turning = threading.Thread(target=loop.run_forever, daemon=True)
    turning.start()

    def done(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    proxy = Proxy(loop, dsn)
    server = done(proxy.listen())
    try:
        yield proxy
    finally:
        proxy.heal()
        loop.call_soon_threadsafe(server.close)
        proxy.cut()
        loop.call_soon_threadsafe(loop.stop)
        turning.join()
