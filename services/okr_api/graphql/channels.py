"""Channels: subscribers of the same thing, each from its own position in the log until all are told together."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Self

from graphql import GraphQLError

from okr_api.access.policy import Principal
from okr_api.graphql.errors import fault
from okr_api.graphql.updates import Asked, CascadeUpdate, Show, Updates
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
                subscriber.tell(self.updates(asked, window, subscriber.show) if subscriber.is_told else None)

    def updates(self, asked: Asked, window: Window, show: Show) -> Updates:
        """Of a window, made once for all who are told of it at once, or who come back in the same moment.

        Not for longer: who comes later is told what may be seen by then.
        """
        updates: Updates | None
        updates, made_at = window.made.get(asked, (None, 0.0))
        if updates is None or monotonic() - made_at > SAME_SECONDS:
            updates = Updates(asked, window, show)
            window.made[asked] = updates, monotonic()
        return updates

    def put_back(self) -> None:
        for subscribers in self._subscribers.values():
            for subscriber in subscribers:
                subscriber.put_back(self.feed.position)


class Subscriber:
    """`position`: up to where its updates were taken. An update that is shared is the same object for all."""

    def __init__(
        self, channels: Channels, asked: Asked, after: int, principal: Principal, who: Who, show: Show
    ) -> None:
        self.asked = asked
        self.position = after
        self.show = show
        self.is_told = False
        """Whether it has come to where the feed is, and is told with all others."""
        self._channels = channels
        self._principal = principal
        self._who = who
        self._read_to = after
        self._waiting: asyncio.Queue[CascadeUpdate | Exception] = asyncio.Queue(channels.most_waiting)
        self._moved = asyncio.Event()
        self._ended: Exception | None = None
        channels.join(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> CascadeUpdate:
        """The next update with something in it. Raises Unauthenticated, Refused, and GraphQLError RESUME."""
        while True:
            update = await (self._waiting.get() if self.is_told else self._caught_up())
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

    async def aclose(self) -> None:
        self._channels.leave(self)

    def tell(self, updates: Updates | None) -> None:
        """What is new, once it has come that far."""
        self._moved.set()
        if self.is_told and updates is not None:
            try:
                update = updates.of(self._principal)
            except Exception as error:
                self._end(error)
                return
            if update is not None:
                self._put(update)

    def put_back(self, position: int) -> None:
        self._end(resume(min(position, self.position), "The log was put back to an earlier state"))

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
        snapshot = self.show(self._principal).snapshot
        window = await feed.behind(self._read_to, self.asked.cycles(snapshot))
        self._read_to = window.until
        return self._channels.updates(self.asked, window, self.show).of(self._principal)


def resume(position: int | None, why: str) -> GraphQLError:
    """Without a position, it had not begun."""
    told = f"{why}: subscribe again, with `after` as extensions.position says, and nothing is missed."
    return fault("RESUME", told, **({} if position is None else {"position": str(position)}))
