"""Making: the nodes that the taken rows made dirty, and all above them, made again, children before parents."""

from collections.abc import Iterator
from uuid import UUID

from okr_api.domain.values import Link, ObjectiveState
from okr_api.snapshot.nodes import Hanging, KeyResultNode, ObjectiveNode
from okr_api.snapshot.rows import KeyResultRow, ObjectiveRow
from okr_api.snapshot.snapshot import Ids
from okr_api.snapshot.taking import Taking


class Making:
    def __init__(self, rows: Taking) -> None:
        self.rows = rows
        self.dirty = rows.dirty
        self.cycles = rows.cycles
        self.objectives = rows.objectives
        self.key_results = rows.key_results
        self.key_results_of = rows.key_results_of
        self.links_up = rows.links_up
        self.links_down = rows.links_down
        self.counting = rows.counting
        self._live: dict[UUID, bool] = {}

    def rebuild(self) -> None:
        """Make every dirty node and all above it again, children before parents."""
        if self.rows.before.objectives:  # else all is dirty
            self._dirty_upward()
        waiting = set(self.dirty)
        # The last ones first: most of what hangs from a node is younger, so few have to be looked at twice.
        for start in sorted(self.dirty, key=self.rows.creation, reverse=True):
            todo = [start]
            while todo:
                node_id = todo[-1]
                below = [i for i in self._below(node_id) if i in waiting] if node_id in waiting else ()
                if below:
                    todo.extend(below)
                    continue
                todo.pop()
                if node_id in waiting:
                    waiting.discard(node_id)
                    self._make(node_id)

    def _dirty_upward(self) -> None:
        todo = list(self.dirty)
        while todo:
            node_id = todo.pop()
            above = self._above(node_id)
            todo.extend(i for i in above if i not in self.dirty)
            self.dirty.update(above)

    def _above(self, node_id: UUID) -> Ids:
        row = self.rows.key_result_row(node_id)
        if row is not None:
            return (row.objective_id,)
        return tuple(link.target_id for link in self.links_up.get(node_id, ()))

    def _below(self, node_id: UUID) -> Iterator[UUID]:
        """What a node is made of. Links that are not live may go round in a loop, as nothing walks them."""
        yield from self.key_results_of.get(node_id, ())
        links = self.links_down.get(node_id)
        if links and self._is_live(node_id):
            yield from [link.objective_id for link in links]

    def _make(self, node_id: UUID) -> None:
        row = self.rows.key_result_row(node_id)
        if row is not None:
            self.key_results[node_id] = self._key_result(row)
        else:
            self.objectives[node_id] = self._objective(self.rows.objective_row(node_id))

    def _key_result(self, row: KeyResultRow) -> KeyResultNode:
        hanging = self._hanging(row.id)
        delegate = next((h for h in hanging if h.link.kind is Link.DELEGATES), None)
        supporters = tuple([h for h in hanging if h.link.kind is Link.SUPPORTS])
        objective, counting = self.rows.objective_row(row.objective_id), self.counting.get(row.id)
        cycle, live = self.cycles[objective.cycle_id], self._is_live(row.id)
        return KeyResultNode(row, cycle, live, counting, delegate, supporters, objective.visibility)

    def _objective(self, row: ObjectiveRow) -> ObjectiveNode:
        key_results = tuple([self.key_results[i] for i in self.key_results_of.get(row.id, ())])
        aligned, serves = tuple(self._hanging(row.id)), self.links_up.get(row.id, ())
        return ObjectiveNode(row, self.cycles[row.cycle_id], key_results, aligned, serves)

    def _hanging(self, node_id: UUID) -> list[Hanging]:
        """What serves a node by live links, oldest first."""
        links = self.links_down.get(node_id)
        if not links or not self._is_live(node_id):
            return []
        serving = ((link, self.objectives[link.objective_id]) for link in links)
        return [Hanging(link, objective) for link, objective in serving if objective.live]

    def _is_live(self, node_id: UUID) -> bool:
        live = self._live.get(node_id)
        if live is None:
            key_result = self.rows.key_result_row(node_id)
            objective = self.rows.objective_row(node_id if key_result is None else key_result.objective_id)
            retired = key_result is not None and key_result.retired
            live = self._live[node_id] = not retired and objective.state is not ObjectiveState.RETIRED
        return live
