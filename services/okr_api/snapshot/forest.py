"""Forest: the tree of a view made afresh from all its nodes, whole or below one root; growth.py has a quicker way."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from okr_api.domain.errors import not_found
from okr_api.domain.values import ADMITTED, Approach
from okr_api.snapshot.nodes import KeyResultNode, Node, ObjectiveNode
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.tree import Edge, Place, Tree, edges_up


class Forest:
    """Every node of a view once, with its parent by the strongest live link."""

    def __init__(self, snapshot: Snapshot, cycle_id: UUID, view: Approach) -> None:
        self.snapshot = snapshot
        self.links = ADMITTED[view]
        self.nodes: dict[UUID, Node] = {}
        self.context: set[UUID] = set()
        self.up: dict[UUID, list[Edge]] = {}
        self.children: dict[UUID, list[UUID]] = {}
        self._take_members(cycle_id)
        self._take_context()
        for node in self.nodes.values():
            self.up[node.id] = [edge for edge in edges_up(snapshot, node, view) if edge.parent_id in self.nodes]

    def _take_members(self, cycle_id: UUID) -> None:
        for cycle in self.snapshot.cycles_inside(cycle_id):
            for objective_id in self.snapshot.by_cycle.get(cycle.id, ()):
                objective = self.snapshot.objectives[objective_id]
                if objective.live:
                    self.nodes[objective_id] = objective
                    self.nodes.update((kr.id, kr) for kr in objective.key_results if kr.live)

    def _take_context(self) -> None:
        """What members serve in enclosing cycles, and what that serves in turn."""
        todo = [node for node in self.nodes.values() if isinstance(node, ObjectiveNode)]
        while todo:
            for above in self._above(todo.pop()):
                if above.id not in self.nodes:
                    self.nodes[above.id] = above
                    self.context.add(above.id)
                    if isinstance(above, ObjectiveNode):
                        todo.append(above)

    def _above(self, objective: ObjectiveNode) -> Iterator[Node]:
        for link, target in self.snapshot.served_by(objective):
            if link.kind in self.links:
                yield target
                if isinstance(target, KeyResultNode):
                    yield self.snapshot.objectives[target.row.objective_id]

    def keep_below(self, root_id: UUID) -> None:
        """Keep the root and all that hangs from it by any link of the view; the root has no parent then.

        Raises Refused with NOT_FOUND.
        """
        if root_id not in self.nodes:
            raise not_found("objective or key result in this cycle", root_id, "rootId")
        below: dict[UUID, list[UUID]] = {}
        for edges in self.up.values():
            for edge in edges:
                below.setdefault(edge.parent_id, []).append(edge.child_id)
        kept: set[UUID] = set()
        todo = [root_id]
        while todo:
            node_id = todo.pop()
            if node_id not in kept:
                kept.add(node_id)
                todo.extend(below.get(node_id, ()))
        self.nodes = {node_id: self.nodes[node_id] for node_id in kept}
        self.up = {i: [edge for edge in self.up[i] if edge.parent_id in kept and i != root_id] for i in kept}

    def hang(self) -> list[UUID]:
        """Hang every node below its parent; returns those that have none, in order of creation."""
        tops = []
        for node in sorted(self.nodes.values(), key=_created):
            edges = self.up[node.id]
            if edges:
                self.children.setdefault(edges[0].parent_id, []).append(node.id)
            else:
                tops.append(node.id)
        return tops

    def tree(self, tops: Iterable[UUID], max_depth: int, max_nodes: int) -> Tree:
        places: list[Place] = []
        total = 0
        todo: list[tuple[UUID, Edge | None, int]] = [(top, None, 0) for top in reversed(list(tops))]
        while todo:
            node_id, edge, depth = todo.pop()
            total += 1
            children = self.children.get(node_id, [])
            if depth <= max_depth and len(places) < max_nodes:
                places.append(self._place(node_id, edge, depth, len(children)))
            todo.extend((child, self.up[child][0], depth + 1) for child in reversed(children))
        shown = {place.node.id for place in places}
        edges = [edge for place in places for edge in self.up[place.node.id] if edge.parent_id in shown]
        return Tree(total, None, (places, edges))

    def _place(self, node_id: UUID, edge: Edge | None, depth: int, child_count: int) -> Place:
        parent_id, link = (None, None) if edge is None else (edge.parent_id, edge.link)
        return Place(self.nodes[node_id], parent_id, link, depth, child_count, node_id in self.context)


def _created(node: Node) -> int:
    return node.row.created_position
