"""Server: HTTP until the process is told to stop, then while it drains, then to the end of what is under way."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from time import monotonic
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Message, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from okr_api.operations.correlation import REQUEST_ID, current, ids_of
from okr_api.operations.health import Health
from okr_api.operations.probes import metrics, routes
from okr_api.settings import CannotStart, Settings

log = logging.getLogger(__name__)

CLOSING_SECONDS = 1
"""What a client is given to see that a connection ends."""


def answering(scope: Scope, send: Send, health: Health) -> Send:
    """An answer names its request; while the process drains, it is the last one on its connection."""
    began, ids = monotonic(), ids_of(scope["headers"])
    current.set(ids)
    named = (REQUEST_ID, ids.request_id.encode())

    def answer(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            closing = [(b"connection", b"close")] if health.draining else []
            message["headers"] = [*message.get("headers", ()), named, *closing]
            log.debug("answered with %d after %.1f ms", message["status"], (monotonic() - began) * 1000)
        return send(message)

    return answer


class Server(uvicorn.Server):
    """The first signal makes it drain, another one ends that."""

    def __init__(self, config: uvicorn.Config, health: Health, settings: Settings) -> None:
        super().__init__(config)
        self._health = health
        self._settings = settings
        self._drained_at = float("inf")

    async def _serve(self, sockets: list[socket.socket] | None = None) -> None:
        # While it begins, and until it has ended, it can be asked how it is.
        async with operations_served(self._health, self._settings):
            await super()._serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._health.draining or not self.started:
            super().handle_exit(sig, frame)
        self._health.draining = True
        self._drained_at = min(self._drained_at, monotonic() + self._settings.drain_seconds)

    async def on_tick(self, counter: int) -> bool:
        self.should_exit = self.should_exit or monotonic() >= self._drained_at
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        log.info("serves on %s port %d", self.config.host, self.config.port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Says so before it waits for what goes on."""
        log.info("stops: what is under way is answered")
        self.lifespan.state["stopping"].set()
        await super().shutdown(sockets)


class Sockets(WebSocketsSansIOProtocol):
    """uvicorn's protocol, but whoever serves a WebSocket ends it when the process stops: it may owe an answer."""

    def shutdown(self) -> None:
        if self.close_sent or not self.handshake_complete:
            super().shutdown()
        self.close_timeout = CLOSING_SECONDS


class Beside(uvicorn.Server):
    """A server in a process that sees to signals itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def operations_served(health: Health, settings: Settings) -> AsyncIterator[None]:
    """Probes and metrics on a port of their own, for whoever runs the service. Raises CannotStart."""
    if settings.operations_port is None:
        yield
        return
    config = uvicorn.Config(
        Starlette(routes=[*routes(health, in_words=True), Route("/metrics", metrics)]),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=CLOSING_SECONDS,
    )
    server = Beside(config)
    serving = asyncio.create_task(server.serve([_opened(settings.host, settings.operations_port)]), name="operations")
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def _opened(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise CannotStart(f"OKR_OPERATIONS_PORT={port}: {error.strerror}") from None
