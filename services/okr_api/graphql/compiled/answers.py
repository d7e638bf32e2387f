"""Answers: whole ones, of queries in which every field is steady, while nothing changed that they follow from."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, NamedTuple

import orjson

from okr_api.graphql.context import Reading

LARGEST = 64 * 1024
"""Bytes of an answer. Larger ones are put together from kept texts each time."""
MOST_KEPT = 32 * 1024 * 1024
"""Bytes of all answers of the process."""
MOST = 10_000


class Beside(NamedTuple):
    """What answers follow from. The mark tells the nodes of a snapshot, with all that is found by them."""

    mark: object
    owners: object
    cycles: object
    hour: object

    @classmethod
    def of(cls, reading: Reading) -> "Beside":
        snapshot = reading.snapshot
        return cls(snapshot.mark, snapshot.owners, snapshot.cycles, reading.moment)

    def still(self, other: "Beside") -> bool:
        """Whether all is the very same; hours are compared."""
        return self.mark is other.mark and self[1] is other[1] and self[2] is other[2] and self.hour == other.hour


class Given(NamedTuple):
    """Without data, it was too large once: encoding it again to see would take as long as making it."""

    beside: Beside
    data: dict[str, Any] | None
    size: int


class Answers:
    """By plan and variables: the last one of each, those that were asked longest ago go first."""

    def __init__(self, limit: int = MOST_KEPT) -> None:
        self._limit = limit
        self._size = 0
        self._given: OrderedDict[Hashable, Given] = OrderedDict()

    def find(self, asked: Hashable, beside: Beside) -> dict[str, Any] | None:
        given = self._given.get(asked)
        if given is None or not given.beside.still(beside):
            return None
        self._given.move_to_end(asked)
        return given.data

    def keep(self, asked: Hashable, beside: Beside, data: dict[str, Any]) -> None:
        former = self._given.get(asked)
        if former is not None and former.data is None:
            return
        texts = {key: orjson.dumps(value) for key, value in data.items()}
        size = sum(map(len, texts.values()))
        fits = size <= LARGEST
        shown = {key: orjson.Fragment(text) for key, text in texts.items()} if fits else None
        self._given[asked] = Given(beside, shown, size if fits else 0)
        self._given.move_to_end(asked)
        self._size += self._given[asked].size - (former.size if former else 0)
        while self._size > self._limit or len(self._given) > MOST:
            _, oldest = self._given.popitem(last=False)
            self._size -= oldest.size


ANSWERS = Answers()
