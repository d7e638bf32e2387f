"""Taking: the rows that changed, taken into the open maps of a snapshot, and the nodes that they make dirty."""

from collections import defaultdict
from uuid import UUID

from okr_api.domain.values import Link, ObjectiveState, Visibility
from okr_api.snapshot.changes import Changes
from okr_api.snapshot.rows import ApiKeyRow, KeyResultRow, LinkRow, ObjectiveRow, OwnerRow
from okr_api.snapshot.snapshot import Snapshot

STRENGTH = {link: place for place, link in enumerate(Link)}


class Taking:
    """Open maps, the new rows, and the nodes that are no longer what they were: `dirty`."""

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
            latest = not others or self.creation(others[-1]) < row.created_position
            self.key_results_of[row.objective_id] = ids if latest else tuple(sorted(ids, key=self.creation))

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

    def key_result_row(self, node_id: UUID) -> KeyResultRow | None:
        row = self.key_result_rows.get(node_id)
        if row is None and (node := self.before.key_results.get(node_id)) is not None:
            return node.row
        return row

    def objective_row(self, objective_id: UUID) -> ObjectiveRow:
        return self.objective_rows.get(objective_id) or self.before.objectives[objective_id].row

    def creation(self, node_id: UUID) -> int:
        return (self.key_result_row(node_id) or self.objective_row(node_id)).created_position


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
