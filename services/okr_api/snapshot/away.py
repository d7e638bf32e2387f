"""Away: that what was asked lies, or may lie, in a partition that the snapshot does not hold; see partitions.py."""

from collections.abc import Collection, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from okr_api.domain.values import Visibility

if TYPE_CHECKING:
    from okr_api.snapshot.snapshot import Snapshot


class Where(NamedTuple):
    """The root cycle that an objective or key result lies in; None: there is none with that id."""

    node_id: UUID


class Holder(NamedTuple):
    """The objective or key result that holds an external reference; None: none does."""

    kind: str
    reference: str


class Outlines(NamedTuple):
    """Objectives of these partitions, as far as it says who may read them; `closed`: only those that not everybody in
    the organisation may read."""

    closed: bool
    roots: frozenset[UUID]


Lookup = Where | Holder | Outlines
"""What the facts can be asked at the cut of a snapshot, without loading anything."""


class Outline(NamedTuple):
    objective_id: UUID
    owner_id: UUID
    cycle_id: UUID
    visibility: Visibility
    key_results: tuple[UUID, ...]


class Away(Exception):
    """No answer, neither yes nor no: `roots` must be held, or `lookups` be known, and it has to be asked again."""

    def __init__(self, snapshot: "Snapshot", roots: Collection[UUID] = (), lookups: Collection[Lookup] = ()) -> None:
        super().__init__("what was asked is away")
        self.snapshot = snapshot
        self.roots = frozenset(roots)
        self.lookups = frozenset(lookups)

    def forget(self) -> None:
        """Where it was raised: those frames hold what was read from, and would keep it in memory with each other."""
        self.__traceback__ = self.__context__ = None


def all_of(missing: Sequence[Away]) -> Away:
    """Of one snapshot."""
    return Away(
        missing[0].snapshot,
        frozenset(chain.from_iterable(away.roots for away in missing)),
        frozenset(chain.from_iterable(away.lookups for away in missing)),
    )


class Crossed(Away):
    """A key result or a link went between a partition that is held and one that is away.

    `held`: the root cycles on this side, which now tell only half of it.
    """

    def __init__(self, snapshot: "Snapshot", held: Collection[UUID]) -> None:
        super().__init__(snapshot, snapshot.away)
        self.held = frozenset(held)
