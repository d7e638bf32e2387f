"""An answer while it is made: what it still waits for, and which kept text it may use."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from okr_api.graphql.compiled.kept import Kept, Shelf, Shelves
from okr_api.graphql.context import Reading


class Surprise(Exception):
    """A value that only graphql-core can judge."""


Encode = Callable[[Any, "Answer"], Any]
"""A value, and the answer that it becomes a part of, to what orjson takes."""


class Waiting(NamedTuple):
    """A value that is not there yet, with its place."""

    value: Any
    encode: Encode
    shown: dict[str, Any]
    key: str


class Answer:
    """`kept_more`: whether more is kept now than before; `waits`: for how many values it had to wait; `sees_all`:
    whether nothing is hidden from it.
    """

    def __init__(self, kept: Kept) -> None:
        self.kept_more = False
        self.waits = 0
        self._kept = kept
        self._waiting: list[Waiting] = []
        self._reading: Reading | None = None
        self._shelves: Shelves = ()
        self.sees_all = False

    def wait(self, waiting: Waiting) -> None:
        """The key keeps its place among the others until the value is there."""
        self.waits += 1
        self._waiting.append(waiting)

    async def settle(self) -> None:
        """What is waited for at the same time is read together."""
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            values = await asyncio.gather(*(one.value for one in waiting))
            for one, value in zip(waiting, values, strict=True):
                one.shown[one.key] = one.encode(value, self)

    def give_up(self) -> None:
        for one in self._waiting:
            one.value.close()

    def shelf(self, reading: Reading, node: Any, selection: int) -> Shelf | None:
        """Where the text of a node is kept; None where it is not the same for everyone."""
        shelf = self.shelf_for(reading, selection)
        return shelf if self.sees_all or node.open else None

    def shelf_for(self, reading: Reading, selection: int) -> Shelf | None:
        """Where the texts of nodes are kept that are open, or all of them for who sees all."""
        if reading is not self._reading:
            self._read(reading)
        return self._shelves[selection] if self._shelves else None

    def _read(self, reading: Reading) -> None:
        """What was open in a cut of the past may be hidden today."""
        self._reading = reading
        seen = reading.sight.same_for
        self.sees_all = seen == "all"
        usable = self.sees_all or (seen == "open" and reading.snapshot is reading.today)
        self._shelves = self._kept.shelves(reading) if usable else ()
