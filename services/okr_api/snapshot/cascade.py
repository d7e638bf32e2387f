"""The cascade: one cycle's objectives and key results as a tree with all their links, in one of three views."""

from itertools import islice
from uuid import UUID

from okr_api.domain.errors import not_found
from okr_api.domain.values import Approach
from okr_api.snapshot.forest import Forest
from okr_api.snapshot.growth import grown
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.tree import Branch, Edge, Place, Tree, edges_up, every

__all__ = ["Branch", "Edge", "Place", "Tree", "cascade", "edges_up"]

MOST_REMEMBERED = 8
"""Trees that a snapshot remembers."""


def cascade(
    snapshot: Snapshot, cycle_id: UUID, root_id: UUID | None, view: Approach, max_depth: int, max_nodes: int
) -> Tree:
    """The cycle and the cycles inside it, or what hangs from one root in them; above, what they serve outside.

    `max_depth`: levels below the top, `max_nodes`: nodes in all. Raises Refused with NOT_FOUND, or Away.
    """
    if cycle_id not in snapshot.cycles:
        raise not_found("cycle", cycle_id, "cycleId")
    snapshot.require(cycle_id)
    if root_id is not None:
        forest = Forest(snapshot, cycle_id, view)
        forest.keep_below(root_id)
        return forest.tree(forest.hang(), max_depth, max_nodes)
    tree = _whole(snapshot, cycle_id, view)
    return tree if _fits(tree, max_depth, max_nodes) else _cut(tree, max_depth, max_nodes)


def _whole(snapshot: Snapshot, cycle_id: UUID, view: Approach) -> Tree:
    """Worked out once for a snapshot."""
    remembered = snapshot.trees
    if (cycle_id, view) not in remembered:
        if len(remembered) == MOST_REMEMBERED:
            del remembered[next(iter(remembered))]
        remembered[cycle_id, view] = grown(snapshot, cycle_id, view)
    tree: Tree = remembered[cycle_id, view]
    return tree


def _fits(tree: Tree, max_depth: int, max_nodes: int) -> bool:
    return tree.total <= max_nodes and tree.height <= max_depth


def _cut(tree: Tree, max_depth: int, max_nodes: int) -> Tree:
    within = (branch for branch in every(tree.branches or ()) if branch.place.depth <= max_depth)
    shown = list(islice(within, max_nodes))
    ids = {branch.place.node.id for branch in shown}
    edges = [edge for branch in shown for edge in branch.edges if edge.parent_id in ids]
    return Tree(tree.total, None, ([branch.place for branch in shown], edges))
