"""Channels: subscribers of the same thing, each from its own position in the log until all are told together."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Self

from graphql import GraphQLError

from okr_api.access.policy import Principal
from okr_api.graphql.context import Service
from okr_api.graphql.errors import fault
from okr_api.graphql.updates import Asked, CascadeUpdate, Updates
from okr_api.snapshot.away import Away
from okr_api.snapshot.feed import Feed, Window

SAME_SECONDS = 1.0
Who = Callable[[], Awaitable[Principal]]
"""The principal with the rights that it has at this moment. Raises Unauthenticated."""


class Channels:
    """Every subscriber of the process. The feed tells them, and reads only while there are any."""

    def __init__(self, feed: Feed, most_waiting: int) -> None:
        self.feed = feed
        self.most_waiting = most_waiting
        self._subscribers: dict[Asked, set[Subscriber]] = {}

    @property
    def subscribers(self) -> int:
        return sum(map(len, list(self._subscribers.values())))

    def join(self, subscriber: "Subscriber") -> None:
        if not self._subscribers:
            self.feed.begin(self)
        self._subscribers.setdefault(subscriber.asked, set()).add(subscriber)

    def leave(self, subscriber: "Subscriber") -> None:
        others = self._subscribers.get(subscriber.asked, set())
        others.discard(subscriber)
        if not others and self._subscribers.pop(subscriber.asked, None) is not None and not self._subscribers:
            self.feed.end()

    def tell(self, window: Window) -> None:
        for asked, subscribers in self._subscribers.items():
            for subscriber in subscribers:
                subscriber.tell(self.updates(asked, window, subscriber.service) if subscriber.is_told else None)

    def updates(self, asked: Asked, window: Window, service: Service) -> Updates:
        """Of a window, made once for all who are told of it at once, or who come back in the same moment.

        Not for longer: who comes later is told what may be seen by then, and what was read from is let go of.
        """
        updates: Updates | None = window.made.get(asked)
        if updates is None:
            window.made[asked] = updates = Updates(asked, window, service)
            asyncio.get_running_loop().call_later(SAME_SECONDS, window.made.pop, asked, None)
        return updates

    def put_back(self) -> None:
        for subscribers in self._subscribers.values():
            for subscriber in subscribers:
                subscriber.put_back(self.feed.position)


class Subscriber:
    """`position`: up to where its updates were taken. An update that is shared is the same object for all."""

    def __init__(self, service: Service, asked: Asked, after: int, principal: Principal, who: Who) -> None:
        self.service = service
        self.asked = asked
        self.position = after
        self.is_told = False
        """Whether it has come to where the feed is, and is told with all others."""
        self._channels = channels = service.channels
        self._principal = principal
        self._who = who
        self._read_to = after
        self._waiting: asyncio.Queue[CascadeUpdate | Exception | None] = asyncio.Queue(channels.most_waiting)
        self._moved = asyncio.Event()
        self._ended: Exception | None = None
        channels.join(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> CascadeUpdate:
        """The next update with something in it. Raises Unauthenticated, Refused, and GraphQLError RESUME."""
        while True:
            is_there = self.is_told or not self._waiting.empty()
            update = await (self._waiting.get() if is_there else self._caught_up())
            if self._ended is not None or isinstance(update, Exception):
                raise self._ended or update  # type: ignore[misc]
            if update is None:
                continue
            principal = await self._who()
            if principal == self._principal:
                self.position = update.until
                return update
            # What was made for other rights is made again.
            self._principal = principal
            self._go_back()

    async def again(self, update: CascadeUpdate, away: Away) -> CascadeUpdate | None:
        """What is told in its place, by a snapshot that can tell what was away. Raises Refused and psycopg.Error."""
        return await self._made(await update.one_of.after(away))

    async def aclose(self) -> None:
        self._channels.leave(self)

    def tell(self, updates: Updates | None) -> None:
        """What is new, once it has come that far."""
        self._moved.set()
        if self.is_told and updates is not None:
            try:
                update = updates.of(self._principal)
            except Away:
                self._bring_behind(updates.window.after)
                return
            except Exception as error:
                self._end(error)
                return
            if update is not None:
                self._put(update)

    def put_back(self, position: int) -> None:
        self._end(resume(min(position, self.position), "The log was put back to an earlier state"))

    def _bring_behind(self, position: int) -> None:
        """From there on it is told as if it came back, once what is away was brought."""
        self.is_told = False
        self._read_to = position
        if self._waiting.empty():
            self._waiting.put_nowait(None)  # whoever waits looks again

    def _put(self, update: CascadeUpdate) -> None:
        try:
            self._waiting.put_nowait(update)
        except asyncio.QueueFull:
            self._end(resume(self.position, "More happened than was taken"))

    def _end(self, error: Exception) -> None:
        if self._ended is None:
            self._ended = error
            self._empty()
            self._waiting.put_nowait(error)
            self._moved.set()

    def _go_back(self) -> None:
        self._empty()
        self.is_told = False
        self._read_to = self.position

    def _empty(self) -> None:
        while not self._waiting.empty():
            self._waiting.get_nowait()

    async def _caught_up(self) -> CascadeUpdate | None:
        """What is behind its position in the log; None at the end of it."""
        feed = self._channels.feed
        if self._read_to == feed.position:
            self.is_told = True
            return None
        if self._read_to > feed.position:
            self._moved.clear()
            await self._moved.wait()
            return None
        window = await feed.behind(self._read_to, self.asked.cycles(self.service.live.snapshot))
        self._read_to = window.until
        return await self._made(self._channels.updates(self.asked, window, self.service))

    async def _made(self, updates: Updates) -> CascadeUpdate | None:
        while True:
            try:
                return updates.of(self._principal)
            except Away as away:
                updates = await updates.after(away)


def resume(position: int | None, why: str) -> GraphQLError:
    """Without a position, it had not begun."""
    told = f"{why}: subscribe again, with `after` as extensions.position says, and nothing is missed."
    return fault("RESUME", told, **({} if position is None else {"position": str(position)}))
