"""WebSockets: connections on which a principal runs whatever operations they may ask for, by graphql-transport-ws.

A browser sends no token by itself, and cookies mean nothing here: so a page of any origin may connect, and is nobody.
"""

import asyncio
from contextlib import ExitStack, aclosing, suppress
from typing import Any
from uuid import uuid4

from starlette.websockets import WebSocket, WebSocketDisconnect

from okr_api.access.authentication import Unauthenticated
from okr_api.access.policy import Principal
from okr_api.graphql import transport_ws as words
from okr_api.graphql.asked import Asked, Refusal, asked
from okr_api.graphql.bodies import broken
from okr_api.graphql.context import Context, Service
from okr_api.graphql.errors import log_fault
from okr_api.graphql.streams import Ended, Stream
from okr_api.graphql.transport_ws import Closing
from okr_api.operations.correlation import current, new_ids

INIT_SECONDS = 5.0
LOOK_SECONDS = 1.0
"""How often it is seen whether the token still holds."""
STOPPING_SECONDS = 0.05
"""How often it is seen whether all is answered."""
SEND_SECONDS = 30.0
"""Who takes nothing for so long is gone."""


class Gone(Exception):
    """The client is not there any more."""


async def serve(socket: WebSocket) -> None:
    spoken = words.PROTOCOL in socket.scope["subprotocols"]
    await socket.accept(words.PROTOCOL if spoken else None)
    with ExitStack() as joined:
        try:
            if not spoken:
                raise Closing(*words.UNACCEPTABLE)
            await Connection(socket, joined).run()
        except Closing as closing:
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(closing.code, closing.reason)


class Connection:
    def __init__(self, socket: WebSocket, joined: ExitStack) -> None:
        """`joined`: what it is part of until it ends."""
        self._socket = socket
        self._service: Service = socket.state.service
        self._joined = joined
        self._authorization = socket.headers.getlist("authorization")
        self._is_open = False
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._streams: dict[asyncio.Task[Any] | None, Stream] = {}
        """By the task that tells what comes of each."""
        self._ended: asyncio.Future[Closing | Gone] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Until somebody ends it. Raises Closing where we do."""
        tasks = [asyncio.create_task(task) for task in (self._read(), self._look(), self._stop())]
        try:
            why = await self._ended
        finally:
            tasks += self._operations.values()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if isinstance(why, Closing):
            raise why

    def _end(self, why: Closing | Gone) -> None:
        if not self._ended.done():
            self._ended.set_result(why)

    # ---- what comes
    async def _read(self) -> None:
        try:
            while True:
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    raise Gone
                await self._take(words.read(message.get("text")))
        except (Closing, Gone) as why:
            self._end(why)
        except Exception as error:
            log_fault(uuid4().hex, error)
            self._end(Closing(*words.BROKEN))

    async def _take(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "connection_init"}:
                await self._sign_in(message.get("payload"))
            case {"type": "ping"}:
                await self._send(words.PONG)
            case {"type": "pong"}:
                pass
            case {"type": "subscribe", "id": str(number), "payload": dict(given)} if number:
                await self._begin(number, given)
            case {"type": "complete", "id": str(number)}:
                operation = self._operations.pop(number, None)
                if operation is not None:
                    operation.cancel()
            case _:
                raise Closing(4400, "This is no message of the protocol.")

    async def _sign_in(self, payload: object) -> None:
        if self._is_open:
            raise Closing(*words.AGAIN)
        self._authorization = words.authorization(payload) or self._authorization
        try:
            principal = await self._who()
        except Unauthenticated:
            raise Closing(*words.UNAUTHORIZED) from None
        if not principal.roles:
            raise Closing(*words.NO_ROLE)
        try:
            self._joined.enter_context(self._service.connected.joined(principal.id))
        except Refusal as refusal:
            raise Closing(1013, refusal.message) from None
        self._is_open = True
        await self._send(words.ACK)

    async def _begin(self, number: str, given: dict[str, Any]) -> None:
        if not self._is_open:
            raise Closing(*words.UNAUTHORIZED)
        if number in self._operations:
            raise Closing(4409, f"Subscriber for {number[:50]} already exists.")
        most = self._service.limits.max_operations
        if len(self._operations) >= most:
            told = f"At most {most} operations of a connection are answered at a time."
            await self._send(words.error(number, broken(told, code="RATE_LIMITED")["errors"]))
            return
        try:
            wanted = asked(given)
        except Refusal as refusal:
            raise Closing(4400, refusal.message) from None
        self._operations[number] = asyncio.create_task(self._run(number, wanted))

    # ---- what goes
    async def _run(self, number: str, wanted: Asked) -> None:
        try:
            last = await self._answered(number, wanted)
            # Before it is told: the id may be used again then.
            self._operations.pop(number, None)
            await self._send(last)
        except Unauthenticated:
            self._end(Closing(*words.EXPIRED))
        except Gone as gone:
            self._end(gone)
        finally:
            self._streams.pop(asyncio.current_task(), None)

    async def _answered(self, number: str, wanted: Asked) -> str:
        """What is said last."""
        reading, begin, ids = self._service.reading(await self._who()), words.before_payload(number), new_ids()
        current.set(ids)
        context = Context(self._service, reading, ids.request_id, ids.correlation_id, signed_in=self._who)
        self._streams[asyncio.current_task()] = stream = Stream(wanted, context)
        try:
            async with aclosing(stream.payloads()) as payloads:
                async for payload in payloads:
                    await self._send(f"{begin}{payload.text}}}")
        except Ended as ended:
            return words.error(number, ended.errors)
        return words.complete(number)

    async def _send(self, text: str) -> None:
        """Raises Gone."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._socket.send({"type": "websocket.send", "text": text})
        except (OSError, TimeoutError, WebSocketDisconnect, RuntimeError):
            raise Gone from None

    async def _stop(self) -> None:
        """When the process stops: a subscription goes on elsewhere, anything else is answered first."""
        await self._socket.state.stopping.wait()
        while any(stream.position is None for stream in self._streams.values()):  # noqa: ASYNC110
            await asyncio.sleep(STOPPING_SECONDS)
        self._end(Closing(*words.STOPPING))

    # ---- who it is
    async def _look(self) -> None:
        """A token is good for a while, and an API key until it is revoked."""
        await asyncio.sleep(INIT_SECONDS)
        if not self._is_open:
            self._end(Closing(*words.LATE))
        try:
            while True:
                await self._who()
                await asyncio.sleep(LOOK_SECONDS)
        except Unauthenticated:
            self._end(Closing(*words.EXPIRED))

    async def _who(self) -> Principal:
        """Raises Unauthenticated."""
        principal: Principal = await self._socket.state.authenticator.principal(self._authorization)
        return principal
