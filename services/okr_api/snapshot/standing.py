"""Standing: where a node stands in a view of a cycle, asked of one node at a time; cascade.py draws the whole tree."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from okr_api.domain.values import Approach, Link
from okr_api.snapshot.cascade import Edge, edges_up
from okr_api.snapshot.nodes import KeyResultNode, Node, ObjectiveNode
from okr_api.snapshot.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Stand:
    """A node that is in the tree, and its links to what it serves there, strongest first."""

    node: Node
    edges: tuple[Edge, ...]

    @property
    def parent_id(self) -> UUID | None:
        return self.edges[0].parent_id if self.edges else None


class Standing:
    """The tree that `cascade` draws of the same cycle, root and view; empty where these are not there yet.

    Of partitions that are away, nothing is in it: what is in the tree hangs together.
    """

    def __init__(self, snapshot: Snapshot, cycle_id: UUID, root_id: UUID | None, view: Approach) -> None:
        self.snapshot = snapshot
        self.root_id = root_id
        self.view = view
        inside = snapshot.cycles_inside(cycle_id) if cycle_id in snapshot.cycles else []
        self.cycles = frozenset(cycle.id for cycle in inside)
        self._above_members: dict[UUID, bool] = {}
        self._below_root: dict[UUID, bool] = {}

    def of(self, node_id: UUID) -> Stand | None:
        node = self.snapshot.held(node_id)
        if node is None or not node.live or not self._is_in_view(node) or not self._is_below_root(node):
            return None
        if node_id == self.root_id:
            return Stand(node, ())
        edges = edges_up(self.snapshot, node, self.view)
        return Stand(node, tuple(e for e in edges if self._is_below_root(self._served_by(e))))

    def _is_in_view(self, node: Node) -> bool:
        """A member of the cycle, or above it, as what members serve."""
        return _reaches(node, self._hanging, lambda each: each.cycle.id in self.cycles, self._above_members)

    def _is_below_root(self, node: Node) -> bool:
        if self.root_id is None:
            return True
        return _reaches(node, self._serving, lambda each: each.id == self.root_id, self._below_root)

    def _hanging(self, node: Node) -> Iterator[Node]:
        if isinstance(node, KeyResultNode):
            yield from (below.objective for below in node.below() if self.view.admits(below.link.kind))
            return
        if self.view.admits(Link.ALIGNS):
            yield from (below.objective for below in node.aligned)
        yield from (key_result for key_result in node.key_results if key_result.live)

    def _serving(self, node: Node) -> Iterator[Node]:
        return (self._served_by(edge) for edge in edges_up(self.snapshot, node, self.view))

    def _served_by(self, edge: Edge) -> Node:
        node = self.snapshot.held(edge.parent_id)
        assert node is not None
        return node


def around(snapshot: Snapshot, node_id: UUID) -> Iterator[UUID]:
    """What a node is linked with, live or not: how these stand may depend on how it does."""
    node = snapshot.held(node_id)
    if isinstance(node, KeyResultNode):
        yield node.row.objective_id
    if isinstance(node, ObjectiveNode):
        yield from snapshot.key_results_of.get(node_id, ())
        yield from (link.target_id for link in snapshot.links_up.get(node_id, ()))
    yield from (link.objective_id for link in snapshot.links_down.get(node_id, ()))


def _reaches(
    node: Node, following: Callable[[Node], Iterable[Node]], there: Callable[[Node], bool], known: dict[UUID, bool]
) -> bool:
    """Whether a way leads from the node there. `known` remembers what was found; a way may be longer than a stack."""
    todo, passed = [node], set()
    while todo:
        each = todo.pop()
        if known.get(each.id) or there(each):
            known[node.id] = True
            return True
        if each.id not in passed and each.id not in known:
            passed.add(each.id)
            todo.extend(following(each))
    known.update((node_id, False) for node_id in passed)
    return False
