"""Diff: what a tree of one cut has to become to be the tree of another: nodes by changes, second parents by links.

Only what differs is walked. How a node stands depends on its own row, on its links, and on how its neighbours stand; so
the search begins where rows or links differ and goes on from whatever stands otherwise than before.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from okr_api.domain.errors import not_found
from okr_api.domain.values import Approach
from okr_api.snapshot.cascade import Edge
from okr_api.snapshot.fields import measured, says_the_same, stored
from okr_api.snapshot.nodes import KeyResultNode, Node
from okr_api.snapshot.partitions import nodes_of
from okr_api.snapshot.rows import LinkRow
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.standing import Stand, Standing, around

Told = Callable[[Node], dict[str, object]]


class DiffKind(StrEnum):
    ADDED = "ADDED"
    REMOVED = "REMOVED"
    MOVED = "MOVED"
    CHANGED = "CHANGED"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """None is what a field without a value says, and every field of what is not there."""

    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Change:
    """`node` is the one of the second cut; of what was removed, of the first."""

    kind: DiffKind
    node: Node
    parent_before: UUID | None
    parent_after: UUID | None
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class Diff:
    """All in order of creation of the nodes; the links of each strongest first."""

    changes: list[Change]
    links_added: list[Edge]
    links_removed: list[Edge]

    def __bool__(self) -> bool:
        return bool(self.changes or self.links_added or self.links_removed)


def diff(before: Snapshot, after: Snapshot, cycle_id: UUID, root_id: UUID | None, view: Approach) -> Diff:
    """Raises Refused with NOT_FOUND for a cycle or a root that is in neither tree, or Away."""
    before.require(cycle_id)
    after.require(cycle_id)
    was, now = (Standing(snapshot, cycle_id, root_id, view) for snapshot in (before, after))
    if not was.cycles and not now.cycles:
        raise not_found("cycle", cycle_id, "cycleId")
    if root_id is not None and was.of(root_id) is None and now.of(root_id) is None:
        raise not_found("objective or key result in this cycle", root_id, "rootId")
    return compared(was, now, _differing(before, after, cycle_id))


def compared(was: Standing, now: Standing, differing: Iterable[UUID], told: Told | None = None) -> Diff:
    """`differing`: at least every node whose row, value or links differ. `told`: the fields to compare; else all."""
    told = told or (lambda node: stored(node) | measured(node))
    stands = _stands(was, now, [*differing, *_of_moved_cycles(was, now)])
    found = Diff([], [], [])
    for before, after in sorted(stands, key=_created):
        found.changes.extend(_change(before, after, told))
        old, new = (stand.edges if stand else () for stand in (before, after))
        found.links_added.extend(edge for edge in new if edge not in old)
        found.links_removed.extend(edge for edge in old if edge not in new)
    return found


Pair = tuple[Stand | None, Stand | None]


def _stands(was: Standing, now: Standing, differing: list[UUID]) -> Iterator[Pair]:
    """How every node stood and stands that may stand otherwise."""
    todo = differing
    seen: set[UUID] = set()
    while todo:
        node_id = todo.pop()
        if node_id in seen:
            continue
        seen.add(node_id)
        pair = was.of(node_id), now.of(node_id)
        if pair != (None, None):
            yield pair
        if _matters_to_others(was, node_id, pair[0]) != _matters_to_others(now, node_id, pair[1]):
            todo.extend(around(was.snapshot, node_id))
            todo.extend(around(now.snapshot, node_id))


def _matters_to_others(standing: Standing, node_id: UUID, stand: Stand | None) -> tuple[bool, bool, UUID | None]:
    """Of how a node stands, what its neighbours depend on."""
    node = standing.snapshot.held(node_id)
    contained_in = node.row.objective_id if isinstance(node, KeyResultNode) else None
    return stand is not None, node is not None and node.live, contained_in


def _change(before: Stand | None, after: Stand | None, told: Told) -> Iterator[Change]:
    stand = after or before
    assert stand is not None
    was, now = (each.parent_id if each else None for each in (before, after))
    fields = tuple(_fields(before.node if before else None, after.node if after else None, told))
    kind = _kind(before, after, bool(fields))
    if kind is not None:
        yield Change(kind, stand.node, was, now, fields)


def _kind(before: Stand | None, after: Stand | None, fields: bool) -> DiffKind | None:
    if before is None:
        return DiffKind.ADDED
    if after is None:
        return DiffKind.REMOVED
    if before.parent_id != after.parent_id:
        return DiffKind.MOVED
    return DiffKind.CHANGED if fields else None


def _fields(before: Node | None, after: Node | None, told: Told) -> Iterator[FieldChange]:
    if before and after and says_the_same(before, after):
        return
    old, new = (told(node) if node else {} for node in (before, after))
    for name in new or old:
        if old.get(name) != new.get(name):
            yield FieldChange(name, old.get(name), new.get(name))


def _differing(before: Snapshot, after: Snapshot, cycle_id: UUID) -> Iterator[UUID]:
    """Snapshots that were loaded apart share nothing, so rows are compared; those that share a node are quicker.

    Where partitions are away, one cut may hold others than the other: only the one with the cycle is looked at.
    """
    if before.away or after.away:
        root_id = (after if cycle_id in after.cycles else before).cycles[cycle_id].root_id
        yield from {*nodes_of(before, root_id), *nodes_of(after, root_id)}
        return
    pairs = ((before.objectives, after.objectives), (before.key_results, after.key_results))
    for old, new in pairs:
        yield from (node_id for node_id in old if node_id not in new)
        for node_id, node in new.items():
            known = old.get(node_id)
            if known is not node and (known is None or not says_the_same(known, node)):
                yield node_id
    if before.links_up is not after.links_up:
        for node_id in {*before.links_up, *after.links_up}:
            yield from _ends_of_differing(before.links_up.get(node_id, ()), after.links_up.get(node_id, ()))


def _ends_of_differing(before: tuple[LinkRow, ...], after: tuple[LinkRow, ...]) -> Iterator[UUID]:
    if before is not after and before != after:
        for link in {*before, *after}:
            yield from (link.objective_id, link.target_id)


def _of_moved_cycles(was: Standing, now: Standing) -> Iterator[UUID]:
    """Nodes of cycles that went into the cycle, or out of it."""
    for cycle_id in was.cycles ^ now.cycles:
        for snapshot in (was.snapshot, now.snapshot):
            for objective_id in snapshot.by_cycle.get(cycle_id, ()):
                yield objective_id
                yield from snapshot.key_results_of.get(objective_id, ())


def _created(pair: Pair) -> tuple[int, UUID]:
    stand = pair[1] or pair[0]
    assert stand is not None
    return stand.node.row.created_position, stand.node.id
