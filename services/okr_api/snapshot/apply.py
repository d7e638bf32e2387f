"""Apply: the next snapshot from the last one and what changed in the facts."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from okr_api.domain.values import Link, ObjectiveState, Visibility
from okr_api.snapshot.nodes import Hanging, KeyResultNode, ObjectiveNode
from okr_api.snapshot.rows import (
    ApiKeyRow,
    CountingRow,
    CycleRow,
    IntegrationRow,
    KeyResultRow,
    LinkRow,
    ObjectiveRow,
    OwnerRow,
    WebhookRow,
)
from okr_api.snapshot.snapshot import Ids, Mark, Snapshot

STRENGTH = {link: place for place, link in enumerate(Link)}
TOUCHES = {
    "owners": ("owners", "references", "logins"),
    "cycles": ("cycles",),
    "objectives": ("by_cycle", "by_owner", "references"),
    "key_results": ("key_results_of", "references"),
    "links": ("links_up", "links_down"),
    "ended_links": ("links_up", "links_down"),
    "counting": ("counting",),
    "ended_counting": ("counting",),
    "integrations": ("integrations",),
    "api_keys": ("api_keys", "api_keys_of"),
    "webhooks": ("webhooks",),
}
"""The maps that changes are written to; nodes are made again by whatever they are made of."""
MOST_STEPS, MOST_TOLD = 32, 1000
"""How many steps back a snapshot tells what was made again, and of how many nodes a step."""


@dataclass(frozen=True)
class Changes:
    """What the facts hold now of the rows that changed, and which links and counting rows ended."""

    owners: list[OwnerRow] = field(default_factory=list)
    cycles: list[CycleRow] = field(default_factory=list)
    objectives: list[ObjectiveRow] = field(default_factory=list)
    key_results: list[KeyResultRow] = field(default_factory=list)
    links: list[LinkRow] = field(default_factory=list)
    ended_links: list[LinkRow] = field(default_factory=list)
    counting: list[CountingRow] = field(default_factory=list)
    ended_counting: list[UUID] = field(default_factory=list)
    integrations: list[IntegrationRow] = field(default_factory=list)
    api_keys: list[ApiKeyRow] = field(default_factory=list)
    webhooks: list[WebhookRow] = field(default_factory=list)
    reported: dict[UUID, int] | None = None
    """Where the check-ins of key results changed last; None if that was not looked up."""


def apply(snapshot: Snapshot, changes: Changes, position: int, time: datetime) -> Snapshot:
    """The next snapshot. Its cost goes with what changed and what stands above that, not with the organisation."""
    step = _Step(snapshot)
    step.take_rows(changes)
    step.rebuild()
    return step.finish(changes, position, time)


class _Step:
    """One step from a snapshot to the next: open maps, the new rows, and the nodes that have to be made again."""

    def __init__(self, before: Snapshot) -> None:
        self.before = before
        self.owners = before.owners.mutate()
        self.cycles = before.cycles.mutate()
        self.objectives = before.objectives.mutate()
        self.key_results = before.key_results.mutate()
        self.by_cycle = before.by_cycle.mutate()
        self.by_owner = before.by_owner.mutate()
        self.not_open = before.not_open
        self.references = before.references.mutate()
        self.logins = before.logins.mutate()
        self.key_results_of = before.key_results_of.mutate()
        self.links_up = before.links_up.mutate()
        self.links_down = before.links_down.mutate()
        self.counting = before.counting.mutate()
        self.integrations = before.integrations.mutate()
        self.api_keys = before.api_keys.mutate()
        self.api_keys_of = before.api_keys_of.mutate()
        self.webhooks = before.webhooks.mutate()
        self.objective_rows: dict[UUID, ObjectiveRow] = {}
        self.key_result_rows: dict[UUID, KeyResultRow] = {}
        self.dirty: set[UUID] = set()
        self._live: dict[UUID, bool] = {}

    # ---- rows
    def take_rows(self, changes: Changes) -> None:
        for owner in changes.owners:
            old = self.owners.get(owner.id)
            self._refer("Owner", owner.id, old.external_ref if old else None, owner.external_ref)
            self._sign_in(owner, old.login if old else None)
            self.owners[owner.id] = owner
        for cycle in changes.cycles:
            self.cycles[cycle.id] = cycle
            self._dirty_cycle(cycle.id)
        objectives = sorted(changes.objectives, key=_age)
        self._take_owned(objectives)
        for objective in objectives:
            self._take_objective(objective)
        self._take_new([row for row in objectives if row.id not in self.before.objectives])
        for key_result in sorted(changes.key_results, key=_age):
            self._take_key_result(key_result)
        self._take_links(changes.links, changes.ended_links)
        for key_result_id in changes.ended_counting:
            self.counting.pop(key_result_id, None)
            self.dirty.add(key_result_id)
        for row in changes.counting:
            self.counting[row.key_result_id] = row
            self.dirty.add(row.key_result_id)
        # What its check-ins say can be kept with a node.
        self.dirty.update(i for i in changes.reported or () if i in self.key_results)
        for integration in changes.integrations:
            self.integrations[integration.id] = integration
        for api_key in sorted(changes.api_keys, key=lambda row: row.created_position):
            self._take_api_key(api_key)
        for webhook in changes.webhooks:
            self.webhooks[webhook.id] = webhook

    def _take_objective(self, row: ObjectiveRow) -> None:
        old = self.objectives.get(row.id)
        self._refer("Objective", row.id, old.row.external_ref if old else None, row.external_ref)
        self.objective_rows[row.id] = row
        self.dirty.add(row.id)
        self.not_open += _not_open(row) - (_not_open(old.row) if old else 0)
        if old is not None:
            # Whether an objective is live shows on its key results and on what serves it or them.
            self.dirty.update(self.key_results_of.get(row.id, ()))
            self._dirty_serving(row.id)
            if old.live is (row.state is ObjectiveState.RETIRED):
                for key_result_id in self.key_results_of.get(row.id, ()):
                    self._dirty_serving(key_result_id)

    def _take_new(self, rows: list[ObjectiveRow]) -> None:
        of: dict[UUID, list[UUID]] = defaultdict(list)
        for row in rows:
            of[row.cycle_id].append(row.id)
        for cycle_id, ids in of.items():
            self.by_cycle[cycle_id] = (*self.by_cycle.get(cycle_id, ()), *ids)

    def _take_owned(self, rows: list[ObjectiveRow]) -> None:
        """Before the rows are taken: what was owned by another one leaves that one."""
        left: dict[tuple[UUID, UUID], set[UUID]] = defaultdict(set)
        taken: dict[tuple[UUID, UUID], list[UUID]] = defaultdict(list)
        created = {row.id: row.created_position for row in rows}
        for row in rows:
            old = self.objectives.get(row.id)
            if old is None or old.row.owner_id != row.owner_id:
                taken[row.cycle_id, row.owner_id].append(row.id)
                if old is not None:
                    left[row.cycle_id, old.row.owner_id].add(row.id)
        for of, gone in left.items():
            self.by_owner[of] = tuple(i for i in self.by_owner[of] if i not in gone)
        for of, ids in taken.items():
            others = self.by_owner.get(of, ())
            created.update((i, self.objectives[i].row.created_position) for i in others)
            self.by_owner[of] = tuple(sorted((*others, *ids), key=created.__getitem__))

    def _dirty_serving(self, node_id: UUID) -> None:
        self.dirty.update(link.objective_id for link in self.links_down.get(node_id, ()))

    def _take_key_result(self, row: KeyResultRow) -> None:
        old = self.key_results.get(row.id)
        self._refer("KeyResult", row.id, old.row.external_ref if old else None, row.external_ref)
        self.key_result_rows[row.id] = row
        self.dirty.update((row.id, row.objective_id))
        if old is not None and (old.row.objective_id, old.row.retired) != (row.objective_id, row.retired):
            # Whether it is live shows on what serves it.
            self._dirty_serving(row.id)
        if old is not None and old.row.objective_id != row.objective_id:
            left = old.row.objective_id
            self.key_results_of[left] = tuple(i for i in self.key_results_of[left] if i != row.id)
            self.dirty.add(left)
        if old is None or old.row.objective_id != row.objective_id:
            others = self.key_results_of.get(row.objective_id, ())
            ids = (*others, row.id)
            latest = not others or self._creation(others[-1]) < row.created_position
            self.key_results_of[row.objective_id] = ids if latest else tuple(sorted(ids, key=self._creation))

    def _take_api_key(self, row: ApiKeyRow) -> None:
        if row.id not in self.api_keys:
            self.api_keys_of[row.integration_id] = (*self.api_keys_of.get(row.integration_id, ()), row.id)
        self.api_keys[row.id] = row

    def _take_links(self, links: list[LinkRow], ended: list[LinkRow]) -> None:
        new = {_key(link): link for link in links}
        changed = {_key(link) for link in (*links, *ended)}
        for of, end, order in ((self.links_up, _lower, _strength), (self.links_down, _upper, _age)):
            coming: dict[UUID, list[LinkRow]] = {end(link): [] for link in ended}
            for link in new.values():
                coming.setdefault(end(link), []).append(link)
            for node_id, rows in coming.items():
                rows += [row for row in of.get(node_id, ()) if _key(row) not in changed]
                of[node_id] = tuple(sorted(rows, key=order) if len(rows) > 1 else rows)
            self.dirty.update(coming)

    def _refer(self, kind: str, holder: UUID, old: str | None, new: str | None) -> None:
        if old is not None and old != new and self.references.get((kind, old)) == holder:
            del self.references[kind, old]
        if new is not None:
            self.references[kind, new] = holder

    def _sign_in(self, owner: OwnerRow, old: str | None) -> None:
        if old is not None and old != owner.login and self.logins.get(old) == owner.id:
            del self.logins[old]
        if owner.login is not None:
            self.logins[owner.login] = owner.id

    def _dirty_cycle(self, cycle_id: UUID) -> None:
        for objective_id in self.by_cycle.get(cycle_id, ()):
            self.dirty.add(objective_id)
            self.dirty.update(self.key_results_of.get(objective_id, ()))

    # ---- nodes
    def rebuild(self) -> None:
        """Make every dirty node and all above it again, children before parents."""
        if self.before.objectives:  # else all is dirty
            self._dirty_upward()
        waiting = set(self.dirty)
        # The last ones first: most of what hangs from a node is younger, so few have to be looked at twice.
        for start in sorted(self.dirty, key=self._creation, reverse=True):
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
        row = self._key_result_row(node_id)
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
        row = self._key_result_row(node_id)
        if row is not None:
            self.key_results[node_id] = self._key_result(row)
        else:
            self.objectives[node_id] = self._objective(self._objective_row(node_id))

    def _key_result(self, row: KeyResultRow) -> KeyResultNode:
        hanging = self._hanging(row.id)
        delegate = next((h for h in hanging if h.link.kind is Link.DELEGATES), None)
        supporters = tuple([h for h in hanging if h.link.kind is Link.SUPPORTS])
        objective, counting = self._objective_row(row.objective_id), self.counting.get(row.id)
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
            key_result = self._key_result_row(node_id)
            objective = self._objective_row(node_id if key_result is None else key_result.objective_id)
            retired = key_result is not None and key_result.retired
            live = self._live[node_id] = not retired and objective.state is not ObjectiveState.RETIRED
        return live

    def _creation(self, node_id: UUID) -> int:
        return (self._key_result_row(node_id) or self._objective_row(node_id)).created_position

    def _key_result_row(self, node_id: UUID) -> KeyResultRow | None:
        row = self.key_result_rows.get(node_id)
        if row is None and (node := self.before.key_results.get(node_id)) is not None:
            return node.row
        return row

    def _objective_row(self, objective_id: UUID) -> ObjectiveRow:
        return self.objective_rows.get(objective_id) or self.before.objectives[objective_id].row

    # ---- the end
    def finish(self, changes: Changes, position: int, time: datetime) -> Snapshot:
        # A map is another one only if something in it is: others tell by it what they have to look at again.
        touched = {name for field, names in TOUCHES.items() if getattr(changes, field) for name in names}
        touched |= {"objectives", "key_results"} if self.dirty else set()
        maps: dict[str, Any] = {name: getattr(self, name).finish() for name in touched}
        if changes.reported is None:
            maps["check_ins_since"] = None
        elif changes.reported:
            maps["reported"] = self.before.reported.update(changes.reported)
        return replace(self.before, position=position, time=time, steps=self._steps(), not_open=self.not_open, **maps)

    def _steps(self) -> tuple[tuple[Mark, frozenset[UUID]], ...]:
        if not self.dirty:
            return self.before.steps
        if len(self.dirty) > MOST_TOLD:
            return ((Mark(), frozenset()),)
        return (*self.before.steps, (Mark(), frozenset(self.dirty)))[-MOST_STEPS:]


def _key(link: LinkRow) -> tuple[Link, UUID, UUID]:
    return link.kind, link.objective_id, link.target_id


def _not_open(row: ObjectiveRow) -> int:
    return row.visibility is not Visibility.ORGANISATION


def _lower(link: LinkRow) -> UUID:
    return link.objective_id


def _upper(link: LinkRow) -> UUID:
    return link.target_id


def _age(row: ObjectiveRow | KeyResultRow | LinkRow) -> int:
    return row.created_position


def _strength(link: LinkRow) -> tuple[int, int]:
    return STRENGTH[link.kind], link.created_position
