"""Growth: the tree of a cycle in a view made from the one before it, again only where nodes changed, and above.

How a node stands follows from the node itself: whatever a live link of the view serves is in the tree as well, so the
strongest one says where it hangs; and a node is made again whenever what it serves begins or ceases to be live.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakKeyDictionary

from okr_api.domain.values import Approach
from okr_api.snapshot.nodes import Hanging, KeyResultNode, Node, ObjectiveNode
from okr_api.snapshot.snapshot import Mark, Snapshot
from okr_api.snapshot.tree import Branch, Edge, Place, Tree, edges_up, every

MOST_KEPT = 8
"""Trees that are kept for the next snapshots."""


@dataclass(frozen=True, eq=False)
class Grown:
    """A tree, the snapshot's mark that it is of, and what the next one is made from.

    `cycles`: those in the tree that hold objectives.
    """

    tree: Tree
    position: int
    mark: Mark
    cycles: frozenset[UUID]
    branches: dict[UUID, Branch]
    reaching: "WeakKeyDictionary[Node, bool]"


def grown(snapshot: Snapshot, cycle_id: UUID, view: Approach) -> Tree:
    """The whole tree. The last ones that were asked for stay beside the snapshots, the newest cut of each."""
    kept, asked = snapshot.kept.setdefault(grown, {}), (cycle_id, view)
    last: Grown | None = kept.pop(asked, None)
    cycles = frozenset(cycle.id for cycle in snapshot.cycles_inside(cycle_id) if cycle.id in snapshot.by_cycle)
    if last is not None and last.cycles != cycles:
        last = None
    found = _next(snapshot, view, cycles, last)
    kept[asked] = found if last is None or found.position >= last.position else last
    if len(kept) > MOST_KEPT:
        del kept[next(iter(kept))]
    return found.tree


def _next(snapshot: Snapshot, view: Approach, cycles: frozenset[UUID], last: Grown | None) -> Grown:
    if last is not None and last.mark is snapshot.mark:
        return last
    changed = snapshot.made_since(last.mark) if last is not None else None
    if last is None or changed is None:
        growing = _Growing(snapshot, view, cycles, dict(last.branches) if last else {}, WeakKeyDictionary())
        tops = tuple(growing.make(top) for top in sorted(growing.tops(), key=_created))
        branches = {branch.place.node.row.id: branch for branch in every(tops)}
    else:
        growing = _Growing(snapshot, view, cycles, last.branches, last.reaching)
        tops = growing.grow(last.tree.branches or (), changed)
        branches = last.branches
    tree = Tree(sum(top.size for top in tops), tops)
    return Grown(tree, snapshot.position, snapshot.mark, cycles, branches, growing.reaching)


class _Growing:
    """`branches`: those known by their node's id; a branch whose node and depth are still the same stands."""

    def __init__(
        self,
        snapshot: Snapshot,
        view: Approach,
        cycles: frozenset[UUID],
        branches: dict[UUID, Branch],
        reaching: "WeakKeyDictionary[Node, bool]",
    ) -> None:
        self.snapshot = snapshot
        self.view = view
        self.cycles = cycles
        self.branches = branches
        self.reaching = reaching
        self._up: dict[Node, tuple[Edge, ...]] = {}

    def tops(self) -> Iterator[ObjectiveNode]:
        """Objectives in the tree that serve nothing in it."""
        snapshot, seen = self.snapshot, set[UUID]()
        ids = (i for cycle_id in self.cycles for i in snapshot.by_cycle.get(cycle_id, ()))
        todo = [node for node in (snapshot.objectives[i] for i in ids) if node.live]
        while todo:
            node = todo.pop()
            edges = self.up(node)
            if not edges:
                yield node
            for edge in edges:
                above = snapshot.held(edge.parent_id)
                if above is not None and above.cycle.id not in self.cycles:
                    objective = snapshot.objective_of(above)
                    if objective.row.id not in seen:
                        seen.add(objective.row.id)
                        todo.append(objective)

    def grow(self, before: tuple[Branch, ...], changed: Iterable[UUID]) -> tuple[Branch, ...]:
        """The tops after these nodes were made again, which all above them were too."""
        tops = {top.place.node.row.id: top for top in before}
        come = False
        for node_id in changed:
            node = self.snapshot.objectives.get(node_id)
            if node is not None and self.stands(node) and not self.up(node):
                come = come or node_id not in tops
                tops[node_id] = self.make(node)
            else:
                tops.pop(node_id, None)
        for node_id in changed:
            known = self.branches.get(node_id)
            if known is not None and known.place.node is not self.snapshot.held(node_id):
                del self.branches[node_id]
        return tuple(sorted(tops.values(), key=lambda top: _created(top.place.node)) if come else tops.values())

    def make(self, top: ObjectiveNode) -> Branch:
        """The branch of a top, without calling itself: a tree may be deeper than a stack."""
        made: list[tuple[Node, int, list[Node]]] = []
        todo: list[tuple[Node, int]] = [(top, 0)]
        while todo:
            node, depth = todo.pop()
            known = self.branches.get(node.row.id)
            if known is None or known.place.node is not node or known.place.depth != depth:
                children = self._below(node)
                made.append((node, depth, children))
                todo.extend([(child, depth + 1) for child in children])
        branches = self.branches
        for node, depth, children in reversed(made):
            edges = self.up(node)
            parent_id, link = (edges[0].parent_id, edges[0].link) if edges else (None, None)
            place = Place(node, parent_id, link, depth, len(children), node.cycle.id not in self.cycles)
            branches[node.row.id] = Branch(place, tuple([branches[child.row.id] for child in children]), edges)
        return branches[top.row.id]

    def up(self, node: Node) -> tuple[Edge, ...]:
        known = self.branches.get(node.row.id)
        if known is not None and known.place.node is node:
            return known.edges
        if node not in self._up:
            self._up[node] = tuple(edges_up(self.snapshot, node, self.view))
        return self._up[node]

    def stands(self, node: Node) -> bool:
        """In the tree: live, and a member of the cycle or what members serve."""
        return node.live and (node.cycle.id in self.cycles or self._reaches(node))

    def _below(self, node: Node) -> list[Node]:
        """What hangs from a node in the tree, in order of creation."""
        hanging = self._hanging(node)
        if not isinstance(node, ObjectiveNode):
            if node.delegate is None and not node.supporters:
                return []
            found = [h.objective for h in hanging if self._hangs_by(h)]
            return sorted(found, key=_created) if len(found) > 1 else found  # type: ignore[return-value]
        inside = node.cycle.id in self.cycles
        below: list[Node] = [kr for kr in node.key_results if kr.live and (inside or self._reaches(kr))]
        aligned = [h.objective for h in hanging if self._hangs_by(h)]
        return sorted([*below, *aligned], key=_created) if aligned else below

    def _hanging(self, node: Node) -> Iterator[Hanging]:
        hanging = node.below() if isinstance(node, KeyResultNode) else node.aligned
        return (h for h in hanging if self.view.admits(h.link.kind))

    def _hangs_by(self, hanging: Hanging) -> bool:
        """Whether it is by this link that it hangs in the tree."""
        link, objective = hanging.link, hanging.objective
        if not self.stands(objective):
            return False
        strongest = self.up(objective)[0]
        return strongest.link is link.kind and strongest.parent_id == link.target_id

    def _reaches(self, node: Node) -> bool:
        """Whether something of the cycle hangs below a node that stands outside it."""
        todo, reaching = [node], self.reaching
        while todo:
            top = todo[-1]
            waiting = []
            for below in self._outside(top):
                found = below.cycle.id in self.cycles or reaching.get(below)
                if found:
                    reaching[top] = True
                    break
                if found is None:
                    waiting.append(below)
            else:
                if not waiting:
                    reaching[top] = False
            if top in reaching:
                todo.pop()
            todo.extend(waiting if top not in reaching else ())
        return reaching[node]

    def _outside(self, node: Node) -> Iterator[Node]:
        if isinstance(node, ObjectiveNode):
            yield from (kr for kr in node.key_results if kr.live)
        yield from (hanging.objective for hanging in self._hanging(node))


def _created(node: Node) -> int:
    return node.row.created_position
