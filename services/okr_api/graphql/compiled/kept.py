"""Kept text: what a selection says of a node, encoded once, for as long as the node lives and everybody may see it.

It is kept for each selection apart, and for each set of what it depends on besides the node (steady.py). A viewer gets
kept text only of nodes of which all that is below is open to everyone, or if the viewer sees everything anyway.
"""

import weakref
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from okr_api.graphql.compiled.steady import Beside, Needs
from okr_api.graphql.context import Reading

LARGEST = 64 * 1024
"""Bytes of one text. What is larger is put together from smaller ones each time, so memory stays near the answer's."""
MOST_KEPT = 128 * 1024 * 1024
"""Bytes of all texts of the process."""
VARIANTS = 4
"""Of one plan: the hour that ends beside the one that begins, or cuts of the past beside today."""


@dataclass(eq=False)
class Shelf:
    """The texts of one selection, by the node or branch that they show. One that dies takes its text along."""

    held: dict[int, tuple[Any, bytes]] = field(default_factory=dict)
    size: int = 0

    def find(self, thing: object) -> bytes | None:
        found = self.held.get(id(thing))
        return None if found is None else found[1]

    def keep(self, thing: object, text: bytes) -> bytes:
        place, size = id(thing), len(text)

        def gone(_: Any) -> None:
            if self.held.pop(place, None):
                self.size -= size

        self.held[place] = weakref.ref(thing, gone), text
        self.size += size
        return text


Shelves = tuple[Shelf, ...]


class Kept:
    """The texts of one plan: a shelf for each of its selections, again for each state of what is beside the nodes."""

    def __init__(self, selections: int, needs: Needs) -> None:
        self._selections = selections
        self._needs = [each for each in Beside if each in needs]
        self._variants: list[tuple[Sequence[Any], Shelves]] = []

    def shelves(self, reading: Reading) -> Shelves:
        beside = [_beside(each, reading) for each in self._needs]
        for known, shelves in self._variants:
            if all(map(_same, known, beside)):
                return shelves
        shelves = tuple(Shelf() for _ in range(self._selections))
        self._variants = [(beside, shelves), *self._variants[: VARIANTS - 1]]
        return shelves

    @property
    def size(self) -> int:
        return sum(shelf.size for _, shelves in self._variants for shelf in shelves)

    def clear(self) -> None:
        self._variants = []


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


class Room:
    """All kept texts of the process, within a number of bytes: those of the plan asked longest ago go first."""

    def __init__(self, limit: int = MOST_KEPT) -> None:
        self._limit = limit
        self._plans: OrderedDict[Kept, None] = OrderedDict()

    def asked(self, kept: Kept) -> None:
        self._plans[kept] = None
        self._plans.move_to_end(kept)

    def tidy(self) -> None:
        total = sum(kept.size for kept in self._plans)
        while total > self._limit and self._plans:
            oldest, _ = self._plans.popitem(last=False)
            total -= oldest.size
            oldest.clear()


ROOM = Room()
