"""Kept text: what a selection says of a node, encoded once, for as long as the node lives and everybody may see it.

It is kept for each selection apart, and for each set of what it depends on besides the node (steady.py). A viewer gets
kept text only of nodes of which all that is below is open to everyone, or if the viewer sees everything anyway.
"""

import weakref
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from okr_api.graphql.compiled.steady import Beside, Needs
from okr_api.graphql.context import Reading

LARGEST = 64 * 1024
"""Bytes of one text. What is larger is put together from smaller ones each time, so memory stays near the answer's."""
MOST_KEPT = 256 * 1024 * 1024
"""Bytes of all texts of the process."""
MOST_PLANS = 256
VARIANTS = 4
"""Of one plan: the hour that ends beside the one that begins, or cuts of the past beside today."""


class Room:
    """What is kept in the whole process: of the plans that were asked last, and no more than a number of bytes."""

    def __init__(self, limit: int = MOST_KEPT) -> None:
        self.size = 0
        self._limit = limit
        self._plans: OrderedDict[Kept, None] = OrderedDict()

    def tidy(self, kept: "Kept") -> None:
        """After more was kept of a plan: those go that were so longest ago."""
        self._plans[kept] = None
        self._plans.move_to_end(kept)
        while (self.size > self._limit or len(self._plans) > MOST_PLANS) and len(self._plans) > 1:
            oldest, _ = self._plans.popitem(last=False)
            oldest.clear()

    @property
    def is_full(self) -> bool:
        """A plan that fills it alone keeps what it has, and makes the rest each time."""
        return self.size > self._limit


class Shelf:
    """What is kept of one selection, by the node or branch that it shows, for as long as that lives."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._held: dict[int, tuple[Any, Any]] = {}
        self._size = 0

    def find(self, thing: object) -> Any:
        found = self._held.get(id(thing))
        return None if found is None else found[1]

    def keep(self, thing: object, said: Any, size: int) -> None:
        if self._room.is_full:
            return
        place = id(thing)

        def gone(_: Any) -> None:
            if self._held.pop(place, None):
                self._grow(-size)

        self._held[place] = weakref.ref(thing, gone), said
        self._grow(size)

    def clear(self) -> None:
        self._held.clear()
        self._grow(-self._size)

    def _grow(self, size: int) -> None:
        self._size += size
        self._room.size += size


Shelves = tuple[Shelf, ...]


class Kept:
    """What is kept of one plan: a shelf for each of its selections, for each state of what is beside the nodes."""

    def __init__(self, selections: int, needs: Needs, room: Room) -> None:
        self._selections = selections
        self._needs = [each for each in (Beside.HOUR, Beside.OWNERS, Beside.CYCLES) if each in needs]
        self._room = room
        self._variants: list[tuple[Sequence[Any], Shelves]] = []

    def shelves(self, reading: Reading) -> Shelves:
        beside = [_beside(each, reading) for each in self._needs]
        for known, shelves in self._variants:
            if all(map(_same, known, beside)):
                return shelves
        for _, shelves in self._variants[VARIANTS - 1 :]:
            _clear(shelves)
        self._variants = [(beside, self._empty()), *self._variants[: VARIANTS - 1]]
        return self._variants[0][1]

    def clear(self) -> None:
        for _, shelves in self._variants:
            _clear(shelves)
        self._variants = []

    def _empty(self) -> Shelves:
        return tuple(Shelf(self._room) for _ in range(self._selections))


def _clear(shelves: Shelves) -> None:
    for shelf in shelves:
        shelf.clear()


def _beside(each: Beside, reading: Reading) -> Any:
    match each:
        case Beside.HOUR:
            return reading.moment
        case Beside.OWNERS:
            return reading.snapshot.owners
    return reading.snapshot.cycles


def _same(one: Any, other: Any) -> bool:
    """The same hour, or the very same map: comparing what is in two maps would take longer than encoding."""
    return one is other or (isinstance(one, datetime) and one == other)


ROOM = Room()
