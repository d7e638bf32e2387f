"""Event streams: an operation over server-sent events, as GraphQL over SSE has it in distinct connections mode."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing, suppress
from time import monotonic
from typing import Any, Self

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from okr_api.access.authentication import Unauthenticated
from okr_api.access.policy import Principal
from okr_api.graphql.asked import EVENTS, Asked
from okr_api.graphql.bodies import broken
from okr_api.graphql.channels import resume
from okr_api.graphql.context import Context, Service
from okr_api.graphql.errors import served
from okr_api.graphql.streams import Ended, Payload, Stream
from okr_api.operations.correlation import Ids

LOOK_SECONDS = 1.0
"""How often it is seen whether the token still holds."""
PING_SECONDS = 12.0
SEND_SECONDS = 30.0
"""Who takes nothing for so long is gone."""
HEADERS = {"Content-Type": f"{EVENTS}; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
PING = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"
EXPIRED = "Your token is not valid any more: ask again with a new one."
STOPPING = "This process stops"


class EventStream(Response):
    """Joins the crowd when it is made. Raises Refusal."""

    def __init__(self, request: Request, asked: Asked, principal: Principal, ids: Ids) -> None:
        super().__init__(headers={**HEADERS, "Vary": "Accept, Authorization"})
        del self.headers["content-length"]
        self._service: Service = request.state.service
        self._request = request
        self._request_id = ids.request_id
        reading = self._service.reading(principal)
        context = Context(self._service, reading, ids.request_id, ids.correlation_id, signed_in=self._who)
        self._stream = Stream(asked, context)
        self._joined = ExitStack()
        self._joined.enter_context(self._service.connected.joined(principal.id))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._joined, suppress(OSError, TimeoutError):  # who is gone is told no more
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await _write(send, PING)
            try:
                await self._tell(receive, send)
            except Ended as ended:
                await _write(send, _next(orjson.dumps({"errors": ended.errors}).decode()))
            await _write(send, COMPLETE, more=False)

    async def _tell(self, receive: Receive, send: Send) -> None:
        """Raises Ended."""
        leaving = asyncio.create_task(_left(receive))
        stopping = asyncio.create_task(self._request.state.stopping.wait())
        pinged_at = monotonic()
        try:
            async with aclosing(self._stream.payloads()) as payloads, _Coming(payloads) as coming:
                while True:
                    payload = await coming.next_of(leaving, *([] if stopping.done() else [stopping]))
                    if payload is not None:
                        await _write(send, _next(payload.text, payload.position))
                    elif coming.ended or leaving.done():
                        return
                    elif stopping.done() and self._stream.position is not None:
                        self._stop()
                    elif monotonic() - pinged_at > PING_SECONDS:
                        pinged_at = monotonic()
                        await _write(send, PING)
                    await self._who()
        except Unauthenticated:
            raise Ended(broken(EXPIRED, code="UNAUTHENTICATED")["errors"]) from None
        finally:
            leaving.cancel()
            stopping.cancel()

    def _stop(self) -> None:
        error = resume(self._stream.position, STOPPING)
        raise Ended([served(error, self._request_id)])

    async def _who(self) -> Principal:
        """Raises Unauthenticated."""
        principal: Principal = await self._request.state.authenticator.principal(
            self._request.headers.getlist("authorization")
        )
        return principal


class _Coming:
    """The next payload, waited for in turns."""

    def __init__(self, payloads: AsyncGenerator[Payload, None]) -> None:
        self._payloads = payloads
        self._next: asyncio.Task[Payload] | None = None
        self.ended = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing may wait any more where the payloads are closed."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)

    async def next_of(self, *others: asyncio.Task[Any]) -> Payload | None:
        """None where something else is to be seen to. Raises what the payloads raise."""
        if self._next is None:
            self._next = asyncio.create_task(self._payloads.__anext__())
        await asyncio.wait({self._next, *others}, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not self._next.done():
            return None
        done, self._next = self._next, None
        try:
            return done.result()
        except StopAsyncIteration:
            self.ended = True
            return None


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, told: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": told, "more_body": more})


def _next(text: str, position: int | None = None) -> bytes:
    """JSON of ours has no line breaks."""
    named = "" if position is None else f"id: {position}\n"
    return f"event: next\n{named}data: {text}\n\n".encode()
