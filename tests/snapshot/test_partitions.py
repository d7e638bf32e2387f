"""Partitions: whatever a snapshot holds of an organisation, it tells of that what one tells that holds all of it."""

import random
from collections.abc import Collection
from dataclasses import replace as with_fields
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from okr_api.domain.values import Link, ObjectiveState
from okr_api.snapshot.apply import apply, forward
from okr_api.snapshot.away import Away
from okr_api.snapshot.cascade import cascade
from okr_api.snapshot.changes import Changes
from okr_api.snapshot.partitions import Partition, joined, roots_of, without
from okr_api.snapshot.snapshot import BEGINNING, Snapshot
from snapshot.changing import Changing
from snapshot.test_refresh import told

YEARS = 4


class Years(Changing):
    """Several root cycles. Key results go from one to another, away from objectives that were retired before."""

    def begin(self) -> None:
        for _ in range(3):
            self.owner(None)
        for _ in range(YEARS):
            year = self.cycle(None)
            for cycle in (year, self.cycle(year), self.cycle(year)):
                self.objective(cycle)
                self.objective(cycle)
        self.read()

    def linked(self, kind: Link, lower: UUID, target: UUID) -> None:
        served: Any = self.objectives.get(target) or self.key_results[target]
        if self.objectives[lower].root_id == served.root_id:
            super().linked(kind, lower, target)

    def change(self) -> None:
        self.emigrate() if self.chance.random() < 0.1 else super().change()

    def move(self) -> None:
        """Inside its year."""
        before = dict(self.key_results)
        super().move()
        for row in list(self.key_results.values()):
            if row.root_id != self.objectives[row.objective_id].root_id:
                self.key_results[row.id] = before[row.id]

    def emigrate(self) -> None:
        if not self.key_results:
            return
        row = self.key_results[self.any_of(self.key_results)]
        to = self.objectives[self.any_of(self.objectives)]
        hanging = [self.objectives[lower] for _, lower, target in self.links if target == row.id]
        delegated = any(kind is Link.DELEGATES and target == row.id for kind, _, target in self.links)
        if delegated or any(each.state is not ObjectiveState.RETIRED for each in hanging):
            return
        if any(self._stands_above(each.id, to.id) for each in hanging):
            return
        self.next()
        self.key_results[row.id] = replace(row, objective_id=to.id, root_id=to.root_id)
        if row.id in self.counting:
            self.counting[row.id] = replace(self.counting[row.id], root_id=to.root_id)

    def tied(self, roots: Collection[UUID]) -> frozenset[UUID]:
        """With all that links lead to from these years."""
        found = set(roots)
        ties = [
            {link.root_id, self.key_results[link.target_id].root_id}
            for link in self.links.values()
            if link.target_id in self.key_results
        ]
        while more := {root for tie in ties if tie & found for root in tie} - found:
            found |= more
        return frozenset(found)

    def partition(self, root: UUID) -> Partition:
        """As it would be loaded now."""
        roots, every = self.tied([root]), self.since([{} for _ in self.copied()])
        part = Changes(
            owners=every.owners,
            cycles=every.cycles,
            objectives=[row for row in every.objectives if row.root_id in roots],
            key_results=[row for row in every.key_results if row.root_id in roots],
            links=[row for row in every.links if row.root_id in roots],
            counting=[row for row in every.counting if row.root_id in roots],
        )
        made = apply(Snapshot(), part, self.position, BEGINNING)
        return Partition(roots, with_fields(made, away=roots_of(made) - roots))

    def complete(self, snapshot: Snapshot) -> Snapshot:
        while snapshot.away:
            snapshot = joined(snapshot, [self.partition(min(snapshot.away))])
        return snapshot


@pytest.fixture
def years() -> Years:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    years = Years(random.Random(seed))
    years.begin()
    return years


def test_what_was_away_while_much_changed_is_as_if_it_had_been_there(years: Years) -> None:
    partial = years.snapshot
    for _ in range(150):
        roots = sorted(roots_of(partial))
        partial = without(partial, years.chance.sample(roots, years.chance.randrange(3)))
        assert told(partial) == told_of(years.read(), partial)
        if partial.away and years.chance.random() < 0.5:
            partial = joined(partial, [years.partition(years.chance.choice(sorted(partial.away)))])
        before = years.copied()
        years.step(years.chance.randrange(1, 6))
        partial = forward(partial, years.since(before), years.position, BEGINNING)
        assert told_of(years.snapshot, partial) == told(partial)
    completed = years.complete(partial)
    assert told(completed) == told(years.afresh())
    assert completed.not_open == years.afresh().not_open


def told_of(whole: Snapshot, partial: Snapshot) -> dict[str, Any]:
    """What the whole one says of what the partial one holds."""
    return told(without(whole, partial.away)) | {"references": told(partial)["references"]}


def test_a_partition_that_was_loaded_earlier_catches_up_with_the_snapshot_that_it_joins(years: Years) -> None:
    for _ in range(60):
        partial = without(years.snapshot, years.chance.sample(sorted(roots_of(years.snapshot)), 2))
        loaded, before = years.partition(min(partial.away)), years.copied()
        for _ in range(3):
            between = years.copied()
            years.step(3)
            partial = forward(partial, years.since(between), years.position, BEGINNING)
        since = years.since(before)
        # Held rows come again, and rows of what is away.
        partial = forward(partial, since, years.position, BEGINNING)
        assert told(partial) == told_of(years.snapshot, partial)
        try:
            part = apply(loaded.snapshot, since, years.position, BEGINNING)
        except Away:
            continue  # it was tied to another one meanwhile: it is loaded again
        partial = joined(partial, [Partition(loaded.roots, part)])
        assert not loaded.roots & partial.away
        assert told(partial) == told_of(years.snapshot, partial)
        assert told(years.complete(partial)) == told(years.afresh())


def test_taking_rows_once_more_changes_nothing(years: Years) -> None:
    for _ in range(60):
        before = years.copied()
        snapshot = years.step(8)
        assert told(apply(snapshot, years.since(before), years.position, BEGINNING)) == told(snapshot)


def test_a_partition_goes_with_all_that_is_tied_to_it(years: Years) -> None:
    for _ in range(100):
        years.step(10)
        root = years.chance.choice(sorted(roots_of(years.snapshot)))
        assert without(years.snapshot, [root]).away == years.tied([root])


def test_what_is_let_go_of_leaves_nothing_behind(years: Years) -> None:
    for _ in range(30):
        years.step(5)
    snapshot = years.read()
    for cycle in list(snapshot.cycles)[:6]:
        cascade(snapshot, cycle, None, snapshot.cycles[cycle].approach, 100, 1000)
    empty = without(snapshot, roots_of(snapshot))
    for name in ("objectives", "key_results", "by_cycle", "key_results_of", "links_up", "links_down", "counting"):
        assert not any(getattr(empty, name).values()), name
    assert not any(ids for ids in empty.by_owner.values())
    assert empty.not_open == 0
    assert all(not trees for trees in empty.kept.values() if isinstance(trees, dict))
    assert snapshot.objectives, "whoever holds the former one loses nothing"


def test_a_snapshot_that_holds_less_or_more_is_like_no_other(years: Years) -> None:
    whole = years.read()
    less = without(whole, [min(roots_of(whole))])
    more = years.complete(less)
    assert len({whole.mark, less.mark, more.mark}) == 3
    assert more.made_since(whole.mark) == set()
