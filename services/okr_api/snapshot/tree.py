"""Tree: where nodes stand in a view of a cycle, as branches that one snapshot shares with the next."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from uuid import UUID

import msgspec

from okr_api.domain.values import Approach, Link
from okr_api.snapshot.nodes import KeyResultNode, Node
from okr_api.snapshot.snapshot import Snapshot


class Place(msgspec.Struct, frozen=True, eq=False):
    """A node's place in the tree. `context`: it stands above the cycle, as what is served there."""

    node: Node
    parent_id: UUID | None
    link: Link | None
    depth: int
    child_count: int
    context: bool


class Edge(msgspec.Struct, frozen=True):
    """A live link between two nodes of the tree. `weight`, in the feeding, is told of links that are no containment:
    a key result's own is one of its fields. `retain`: a delegation that leaves the checking in above as well."""

    parent_id: UUID
    child_id: UUID
    link: Link
    contributes: bool
    weight: Decimal | None = None
    retain: bool = False


class Branch:
    """A place with the branches below it. It is the same object for as long as its node and its depth are the same.

    `size` counts its places, `height` the levels below it; `edges` are the links from its node upward.
    """

    __slots__ = ("__weakref__", "below", "edges", "height", "place", "size")

    def __init__(self, place: Place, below: "tuple[Branch, ...]", edges: tuple[Edge, ...]) -> None:
        self.place = place
        self.below = below
        self.edges = edges
        self.size: int = 1 + sum(branch.size for branch in below)
        self.height: int = max((branch.height + 1 for branch in below), default=0)


@dataclass(frozen=True, eq=False)
class Tree:
    """Depth first, siblings in order of creation. `total` counts what is there before cutting to a size.

    `branches`: the tops; None of a tree that was cut, or that hangs from one root: `cut` holds what that shows.
    """

    total: int
    branches: tuple[Branch, ...] | None
    cut: tuple[list[Place], list[Edge]] = ([], [])

    @property
    def truncated(self) -> bool:
        return self.branches is None and len(self.places) < self.total

    @cached_property
    def height(self) -> int:
        """The levels below the tops."""
        return max((top.height for top in self.branches or ()), default=0)

    @cached_property
    def places(self) -> list[Place]:
        return self.cut[0] if self.branches is None else [branch.place for branch in every(self.branches)]

    @cached_property
    def edges(self) -> list[Edge]:
        if self.branches is None:
            return self.cut[1]
        return [edge for branch in every(self.branches) for edge in branch.edges]


def every(branches: tuple[Branch, ...]) -> Iterator[Branch]:
    """All branches from the tops down, parents before what hangs from them."""
    todo = list(reversed(branches))
    while todo:
        branch = todo.pop()
        yield branch
        todo.extend(reversed(branch.below))


def edges_up(snapshot: Snapshot, node: Node, view: Approach) -> Iterator[Edge]:
    """The live links of a node to what it serves in a view, strongest first, then the oldest."""
    if isinstance(node, KeyResultNode):
        yield Edge(node.row.objective_id, node.row.id, Link.CONTAINS, True)
        return
    for link, target in snapshot.served_by(node):
        if view.admits(link.kind):
            yield Edge(target.row.id, node.row.id, link.kind, link.contributes, link.weight, link.retain)
