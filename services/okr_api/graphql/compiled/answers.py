"""Answers: whole ones, of queries in which every field is steady, while nothing changed that they follow from."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from okr_api.graphql.context import Reading
from okr_api.graphql.types.key_results import KeyResult
from okr_api.graphql.types.objectives import Objective
from okr_api.graphql.types.pages import Connection
from okr_api.snapshot.snapshot import Mark

LARGEST = 64 * 1024
"""Bytes of an answer. Larger ones are put together from kept texts each time."""
MOST_KEPT = 32 * 1024 * 1024
"""Bytes of all answers of the process."""
MOST = 10_000


class Beside(NamedTuple):
    """What answers follow from besides nodes: the maps of a snapshot by which nodes are found, and the hour."""

    owners: object
    cycles: object
    by_cycle: object
    by_owner: object
    references: object
    hour: object

    @classmethod
    def of(cls, reading: Reading) -> "Beside":
        held = reading.snapshot
        return cls(held.owners, held.cycles, held.by_cycle, held.by_owner, held.references, reading.moment)

    def still(self, reading: Reading) -> bool:
        """Whether all is the very same; hours are compared."""
        held = reading.snapshot
        return (
            self.owners is held.owners
            and self.cycles is held.cycles
            and self.by_cycle is held.by_cycle
            and self.by_owner is held.by_owner
            and self.references is held.references
            and self.hour == reading.moment
        )


class Given(NamedTuple):
    """`nodes`: those that it follows from, as they were at the mark; None: any. Without data, it was too large once:
    encoding it again to see would take as long as making it.
    """

    mark: Mark
    beside: Beside
    nodes: frozenset[UUID] | None
    data: dict[str, Any] | None
    size: int

    def still(self, reading: Reading) -> bool:
        if not self.beside.still(reading):
            return False
        if self.mark is reading.snapshot.mark:
            return True
        made = None if self.nodes is None else reading.snapshot.made_since(self.mark)
        return made is not None and made.isdisjoint(self.nodes or ())


class Answers:
    """By plan and variables: the last one of each, those that were asked longest ago go first."""

    def __init__(self, limit: int = MOST_KEPT) -> None:
        self._limit = limit
        self._size = 0
        self._given: OrderedDict[Hashable, Given] = OrderedDict()

    def find(self, asked: Hashable, reading: Reading) -> dict[str, Any] | None:
        given = self._given.get(asked)
        if given is None or given.data is None or not given.still(reading):
            return None
        if given.mark is not reading.snapshot.mark:
            self._given[asked] = given._replace(mark=reading.snapshot.mark)
        self._given.move_to_end(asked)
        return given.data

    def keep(self, asked: Hashable, reading: Reading, data: dict[str, Any], values: Iterable[Any]) -> None:
        """`values`: what the roots of the plan resolved to."""
        former = self._given.get(asked)
        if former is not None and former.data is None:
            return
        texts = {key: orjson.dumps(value) for key, value in data.items()}
        size = sum(map(len, texts.values()))
        fits = size <= LARGEST
        shown = {key: orjson.Fragment(text) for key, text in texts.items()} if fits else None
        nodes = nodes_of(values) if fits else None
        self._given[asked] = Given(reading.snapshot.mark, Beside.of(reading), nodes, shown, size if fits else 0)
        self._given.move_to_end(asked)
        self._size += self._given[asked].size - (former.size if former else 0)
        while self._size > self._limit or len(self._given) > MOST:
            _, oldest = self._given.popitem(last=False)
            self._size -= oldest.size


def nodes_of(values: Iterable[Any]) -> frozenset[UUID] | None:
    """Those that an answer of steady fields follows from, by what its roots resolved to; None where it may be any."""
    found: set[UUID] = set()
    for value in values:
        match value:
            case Objective() | KeyResult():
                found.add(value.node.row.id)
            case Connection() if value.page.by_rows:
                found.update(row.row.id for row in value.page.rows)
            case _:
                return None
    return frozenset(found)


ANSWERS = Answers()
