"""Subscribers in a process of their own: what each was told and when, through a death of the service."""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from typing import Any

import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

SUBSCRIPTION = """subscription($cycle: ID!, $after: Position) { cascadeChanged(cycleId: $cycle, after: $after) {
    position changedIds events {
        position type recordedAt entityIds actor { name } changes { field before after } } } }"""
PATIENCE = 60.0
"""Seconds without anything new, after which a subscriber gives up."""
PAUSE = 0.2
GONE = (ConnectionClosed, InvalidMessage, OSError, EOFError)


@dataclass
class Told:
    """Of one subscriber: positions of events in the order that they came, and the moment of each."""

    positions: list[int] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    updates: int = 0


class Subscribers:
    """`begun` is set once all of them are told; they end when they have come to `until`."""

    def __init__(self, port: int, cycle: str, tokens: Sequence[str], after: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._told, there = context.Pipe(duplex=False)
        self.begun = context.Event()
        self._until = context.Value("q", 0)
        given = (port, cycle, list(tokens), after, self.begun, self._until, there)
        self._process = context.Process(target=_run, args=given, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def end(self, position: int) -> list[Told]:
        """What each was told up to there."""
        self._until.value = position
        told: list[Told] = self._told.recv()
        self._process.join()
        return told


def _run(port: int, cycle: str, tokens: list[str], after: int, begun: Event, until: Any, there: Any) -> None:
    there.send(asyncio.run(_all(port, cycle, tokens, after, begun, until)))


async def _all(port: int, cycle: str, tokens: list[str], after: int, begun: Event, until: Any) -> list[Told]:
    each = [Subscriber(port, cycle, token, after, until) for token in tokens]
    tasks = [asyncio.create_task(one.listen()) for one in each]
    await asyncio.gather(*(one.connected.wait() for one in each))
    begun.set()
    await asyncio.gather(*tasks)
    return [one.told for one in each]


class Subscriber:
    def __init__(self, port: int, cycle: str, token: str, after: int, until: Any) -> None:
        self._address = f"ws://127.0.0.1:{port}/graphql"
        self._cycle = cycle
        self._token = token
        self._after = after
        self._until = until
        self.connected = asyncio.Event()
        self.told = Told()

    @property
    def _has_all(self) -> bool:
        return 0 < self._until.value <= self._after

    async def listen(self) -> None:
        """Whenever a connection ends, a new one goes on from what was told last."""
        heard, before = time.monotonic(), 0
        while not self._has_all and time.monotonic() - heard < PATIENCE:
            with suppress(*GONE):
                await self._on_one_connection()
            if self.told.updates > before:
                heard, before = time.monotonic(), self.told.updates
            await asyncio.sleep(PAUSE)

    async def _on_one_connection(self) -> None:
        options: dict[str, Any] = {"subprotocols": ["graphql-transport-ws"], "compression": None, "proxy": None}
        async with connect(self._address, **options, max_size=None) as socket:
            signed = {"Authorization": f"Bearer {self._token}"}
            await socket.send(json.dumps({"type": "connection_init", "payload": signed}))
            await socket.recv()
            asked = {"query": SUBSCRIPTION, "variables": {"cycle": self._cycle, "after": str(self._after)}}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": asked}))
            self.connected.set()
            while not self._has_all:
                with suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        self._take(await socket.recv(), time.perf_counter())

    def _take(self, text: str | bytes, moment: float) -> None:
        message = orjson.loads(text)
        if message["type"] != "next":
            raise ConnectionError(f"the service ended it: {message}")
        update = message["payload"]["data"]["cascadeChanged"]
        self._after = int(update["position"])
        self.told.updates += 1
        for event in update["events"]:
            self.told.positions.append(int(event["position"]))
            self.told.moments.append(moment)
