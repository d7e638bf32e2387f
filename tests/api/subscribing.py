"""Subscribers as clients are: what they are told over a WebSocket or an event stream, waited for and put together."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx
from websockets.asyncio.client import ClientConnection, connect

from api.serving import PATIENCE, token

PROTOCOL = "graphql-transport-ws"
CHANGED = """subscription($cycle: ID!, $root: ID, $after: Position) {
    cascadeChanged(cycleId: $cycle, rootId: $root, after: $after) {
        position changedIds events { position type commandId entityIds } } }"""


class Ended(Exception):
    """The operation ended, with errors if there were any."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.errors = errors

    @property
    def code(self) -> str | None:
        return self.errors[0]["extensions"]["code"] if self.errors else None


class Told:
    """What a subscription has told so far."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []

    async def payload(self) -> dict[str, Any]:
        raise NotImplementedError

    async def update(self) -> dict[str, Any]:
        """Raises Ended."""
        found = await asyncio.wait_for(self.payload(), PATIENCE)
        if "errors" in found:
            raise Ended(found["errors"])
        self.updates.append(found["data"]["cascadeChanged"])
        return self.updates[-1]

    async def until(self, position: int) -> Self:
        """Everything up to there."""
        while not self.updates or int(self.updates[-1]["position"]) < position:
            await self.update()
        return self

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for update in self.updates for event in update["events"]]

    @property
    def positions(self) -> list[int]:
        return [int(event["position"]) for event in self.events]

    @property
    def changed(self) -> set[str]:
        return {i for update in self.updates for i in update["changedIds"]}

    @property
    def last(self) -> str:
        return str(self.updates[-1]["position"])


class Socket(Told):
    """A WebSocket with one operation at a time."""

    def __init__(self, connection: ClientConnection) -> None:
        super().__init__()
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        """Raises ConnectionClosed."""
        found: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), PATIENCE))
        return found

    async def subscribe(self, query: str = CHANGED, number: str = "1", **variables: Any) -> None:
        await self.send(id=number, type="subscribe", payload={"query": query, "variables": variables})

    async def payload(self) -> dict[str, Any]:
        message = await self.receive()
        if message["type"] == "next":
            found: dict[str, Any] = message["payload"]
            return found
        raise Ended(message.get("payload", []))


class Events(Told):
    def __init__(self, lines: AsyncIterator[str]) -> None:
        super().__init__()
        self._lines = lines
        self.ids: list[str] = []

    async def payload(self) -> dict[str, Any]:
        fields: dict[str, str] = {}
        async for line in self._lines:
            name, _, value = line.partition(":")
            if name:
                fields[name] = value.strip()
            elif fields.get("event") == "complete":
                raise Ended([])
            elif fields:
                self.ids += [fields["id"]] if "id" in fields else []
                found: dict[str, Any] = json.loads(fields["data"])
                return found
        raise EOFError("the stream broke")


@asynccontextmanager
async def connected(url: str, sent: str | None = None, **how: Any) -> AsyncIterator[Socket]:
    """A socket on which nobody has said who they are; `sent`: the token that came with the handshake."""
    given = {"Authorization": f"Bearer {sent}"} if sent else {}
    address = f"{url.replace('http', 'ws', 1)}/graphql"
    options = {"subprotocols": [PROTOCOL], "additional_headers": given, "proxy": None, **how}
    async with connect(address, **options) as connection:
        yield Socket(connection)


@asynccontextmanager
async def socket(url: str, by: str | None = None, **how: Any) -> AsyncIterator[Socket]:
    """Signed in: an administrator, unless said otherwise."""
    async with connected(url, **how) as opened:
        await opened.send(type="connection_init", payload={"Authorization": f"Bearer {by or token(url)}"})
        assert await opened.receive() == {"type": "connection_ack"}
        yield opened


@asynccontextmanager
async def subscribed(url: str, by: str | None = None, **variables: Any) -> AsyncIterator[Socket]:
    async with socket(url, by) as opened:
        await opened.subscribe(**variables)
        yield opened


@asynccontextmanager
async def streamed(url: str, by: str | None = None, query: str = CHANGED, **variables: Any) -> AsyncIterator[Events]:
    """An event stream."""
    headers = {"Authorization": f"Bearer {by or token(url)}", "Accept": "text/event-stream"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=PATIENCE) as http:
        asked = {"query": query, "variables": variables}
        async with http.stream("POST", "/graphql", json=asked) as response:
            assert response.status_code == 200, await response.aread()
            yield Events(response.aiter_lines())
