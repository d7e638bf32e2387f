"""Touched: the nodes whose values an event may have changed, by the links that stood before its commit or after it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from okr_api.snapshot.audit import AuditRow
from okr_api.snapshot.feed import Window
from okr_api.snapshot.snapshot import Snapshot

SHOWS_BELOW = frozenset(
    {"ObjectiveRetired", "ObjectiveRestored", "ObjectiveVisibilityChanged", "KRRetired", "KRRestored"}
)
"""Whether a node is live, and who may see it, shows on what is part of it and on what serves it."""
SHOWS_NOWHERE = frozenset({"CycleCreated", "CycleNested"})
"""Of the events of a cycle; all others show on everything in it."""


class Touch(NamedTuple):
    """`concerns`: whether it is of what is asked about."""

    row: AuditRow
    nodes: frozenset[UUID]
    concerns: bool


def touched(snapshot: Snapshot, window: Window, cycles: frozenset[UUID], root: UUID | None) -> list[list[Touch]]:
    """Commits with an event in these cycles and, where a root is given, at it or below it. Raises Away."""
    above = _Above(snapshot, window)
    commits = [commit for commit in window.commits if any(not cycles.isdisjoint(row.cycle_ids) for row in commit)]
    snapshot.require_known(i for commit in commits for row in commit for i in _entities(row))
    told = ([_touch(snapshot, above, row, commit, cycles, root) for row in commit] for commit in commits)
    return [touches for touches in told if any(touch.concerns for touch in touches)]


def _touch(
    snapshot: Snapshot,
    above: "_Above",
    row: AuditRow,
    commit: Sequence[AuditRow],
    cycles: frozenset[UUID],
    root: UUID | None,
) -> Touch:
    at = set(_nodes(snapshot, row))
    before, after = commit[0].position - 1, row.commit_position
    nodes = frozenset(at | above.of(at, before) | above.of(at, after))
    concerns = not cycles.isdisjoint(row.cycle_ids) and (root is None or root in nodes)
    return Touch(row, nodes, concerns)


def _nodes(snapshot: Snapshot, row: AuditRow) -> Iterator[UUID]:
    yield from (i for i in _entities(row) if snapshot.node(i) is not None)
    if row.subject_id in snapshot.cycles and row.type not in SHOWS_NOWHERE:
        for objective_id in snapshot.of_cycle(row.subject_id):
            if snapshot.objectives[objective_id].row.created_position <= row.commit_position:
                yield from _with_key_results(snapshot, objective_id)
    elif row.type in SHOWS_BELOW:
        for node_id in _with_key_results(snapshot, row.subject_id):
            yield node_id
            yield from (link.objective_id for link in snapshot.links_down.get(node_id, ()))


def _entities(row: AuditRow) -> Iterator[UUID]:
    """Without the check-in that an event is of, which is no node."""
    return (i for i in row.entity_ids if i != row.stream or i == row.subject_id)


def _with_key_results(snapshot: Snapshot, node_id: UUID) -> Iterable[UUID]:
    return node_id, *snapshot.key_results_of.get(node_id, ())


class _Above:
    """What nodes serve, directly or by way of others, at a position of a window: by links that stand, live or not."""

    def __init__(self, snapshot: Snapshot, window: Window) -> None:
        self._snapshot = snapshot
        self._ended = defaultdict(list)
        for ended in window.ended:
            self._ended[ended.node_id].append(ended)

    def of(self, node_ids: Iterable[UUID], position: int) -> set[UUID]:
        found: set[UUID] = set()
        todo = list(node_ids)
        while todo:
            for served in self._served(todo.pop(), position):
                if served not in found:
                    found.add(served)
                    todo.append(served)
        return found

    def _served(self, node_id: UUID, position: int) -> Iterator[UUID]:
        former = [e.target_id for e in self._ended.get(node_id, ()) if e.valid_from <= position < e.valid_to]
        yield from former
        key_result = self._snapshot.key_result(node_id)
        if key_result is None:
            links = self._snapshot.links_up.get(node_id, ())
            yield from (link.target_id for link in links if link.created_position <= position)
        elif not former:
            yield key_result.row.objective_id
