"""A small cluster on this machine: processes as pods, and a door that sends connections to who says it is ready.

It does what a Service does: it asks /readyz again and again, so it learns late, and it moves no connection that stands.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from subprocess import Popen

import httpx

from api.serving import PATIENCE, process
from operations.asking import free_port

ASK_SECONDS = 0.2
DRAIN_SECONDS = 0.8
"""The door asks four times meanwhile."""
CHUNK = 1 << 16


@dataclass(eq=False)
class Pod:
    """`port`: where it serves, of an API; a projector serves nobody."""

    command: str
    process: Popen[bytes]
    operations: int
    port: int | None = None
    is_ready: bool = False


@dataclass
class Cluster:
    dsn: str
    processes: ExitStack
    http: httpx.AsyncClient
    pods: list[Pod] = field(default_factory=list)
    turned_away: int = 0
    """Connections that came while nobody was ready."""
    _turns: count = field(default_factory=count)

    def start(self, command: str) -> Pod:
        operations, port = free_port(), free_port()
        settings = {"OKR_OPERATIONS_PORT": str(operations), "OKR_DRAIN_SECONDS": str(DRAIN_SECONDS)}
        running = self.processes.enter_context(process(command, self.dsn, OKR_PORT=str(port), **settings))
        self.pods.append(Pod(command, running, operations, port if command == "api" else None))
        return self.pods[-1]

    async def ready(self, *pods: Pod) -> None:
        async with asyncio.timeout(PATIENCE):
            while not all(pod.is_ready for pod in pods):  # noqa: ASYNC110
                await asyncio.sleep(ASK_SECONDS / 4)

    async def end(self, pod: Pod) -> None:
        """As a cluster does: by SIGTERM, and nobody is told beforehand."""
        pod.process.terminate()
        assert await asyncio.to_thread(pod.process.wait, PATIENCE) == 0
        self.pods.remove(pod)

    async def ask_for_ever(self) -> None:
        while True:
            await asyncio.gather(*(self._ask(pod) for pod in self.pods))
            await asyncio.sleep(ASK_SECONDS)

    async def _ask(self, pod: Pod) -> None:
        try:
            answer = await self.http.get(f"http://127.0.0.1:{pod.operations}/readyz")
            pod.is_ready = answer.status_code == 200
        except httpx.TransportError:
            pod.is_ready = False

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        apis = [pod for pod in self.pods if pod.port is not None and pod.is_ready]
        if not apis:
            self.turned_away += 1
            writer.close()
            return
        try:
            answers, to_pod = await asyncio.open_connection("127.0.0.1", apis[next(self._turns) % len(apis)].port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pass(reader, to_pod), _pass(answers, writer))


@asynccontextmanager
async def cluster(dsn: str) -> AsyncIterator[tuple[Cluster, str]]:
    """With the URL of its door."""
    with ExitStack() as processes:
        async with httpx.AsyncClient(trust_env=False) as http:
            made = Cluster(dsn, processes, http)
            door = await asyncio.start_server(made.connect, "127.0.0.1", 0)
            asking = asyncio.create_task(made.ask_for_ever())
            try:
                yield made, f"http://127.0.0.1:{door.sockets[0].getsockname()[1]}"
            finally:
                asking.cancel()
                door.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()
