"""An organisation that changes at random, row by row, in memory: what the facts would tell of each step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from okr_api.domain.values import (
    Approach,
    Commitment,
    CycleState,
    Link,
    Metric,
    MetricKind,
    ObjectiveState,
    OwnerLevel,
    Visibility,
)
from okr_api.snapshot.apply import apply
from okr_api.snapshot.changes import Changes
from okr_api.snapshot.rows import CountingRow, CycleRow, KeyResultRow, LinkRow, ObjectiveRow, OwnerRow
from okr_api.snapshot.snapshot import BEGINNING, Snapshot

NOON = datetime(2026, 2, 15, 12, tzinfo=UTC)


@dataclass
class Changing:
    """The rows that stand, by id; `step` changes some of them and moves the snapshot on."""

    chance: Random
    snapshot: Snapshot = field(default_factory=Snapshot)
    owners: dict[UUID, OwnerRow] = field(default_factory=dict)
    cycles: dict[UUID, CycleRow] = field(default_factory=dict)
    objectives: dict[UUID, ObjectiveRow] = field(default_factory=dict)
    key_results: dict[UUID, KeyResultRow] = field(default_factory=dict)
    links: dict[tuple[Link, UUID, UUID], LinkRow] = field(default_factory=dict)
    counting: dict[UUID, CountingRow] = field(default_factory=dict)
    position: int = 0

    def begin(self) -> None:
        for parent in (None, None):
            self.owner(parent)
        self.cycle(None)
        for _ in range(3):
            self.cycle(self.any_of(self.cycles))
        for _ in range(6):
            self.objective()
        self.read()

    def read(self) -> Snapshot:
        """All afresh."""
        self.snapshot = self.afresh()
        return self.snapshot

    def afresh(self) -> Snapshot:
        every = Changes(
            owners=list(self.owners.values()),
            cycles=list(self.cycles.values()),
            objectives=list(self.objectives.values()),
            key_results=list(self.key_results.values()),
            links=list(self.links.values()),
            counting=list(self.counting.values()),
        )
        return apply(Snapshot(), every, self.position, BEGINNING)

    def step(self, changes: int) -> Snapshot:
        before = self.copied()
        for _ in range(changes):
            self.change()
        self.snapshot = apply(self.snapshot, self.since(before), self.position, BEGINNING)
        return self.snapshot

    def copied(self) -> list[dict[Any, Any]]:
        """The rows as they stand."""
        return [dict(rows) for rows in self._tables()]

    def since(self, before: list[dict[Any, Any]]) -> Changes:
        """What the facts tell since the rows stood so."""
        told = [
            [row for key, row in rows.items() if old.get(key) is not row]
            for old, rows in zip(before, self._tables(), strict=True)
        ]
        ended = [row for key, row in before[4].items() if key not in self.links]
        uncounted = [key for key in before[5] if key not in self.counting]
        return Changes(*told[:5], ended, told[5], uncounted)

    def _tables(self) -> list[dict[Any, Any]]:
        return [self.owners, self.cycles, self.objectives, self.key_results, self.links, self.counting]

    def change(self) -> None:
        ways = [self.objective, self.key_result, self.link, self.link, self.link, self.unlink, self.retire]
        ways += [self.retire_key_result, self.move, self.retitle, self.give]
        ways += [self.check_in] * 4
        if self.chance.random() < 0.05:
            self.cycle(self.any_of(self.cycles))
        self.chance.choice(ways)()

    def any_of(self, rows: Mapping[UUID, object]) -> UUID:
        return self.chance.choice(list(rows))

    def next(self) -> int:
        self.position += 1
        return self.position

    def owner(self, parent: UUID | None) -> UUID:
        at, level = self.next(), self.chance.choice(list(OwnerLevel))
        row = OwnerRow(_id(at), 1, f"Owner {at}", level, parent, None, None, True, NOON, NOON, at)
        self.owners[row.id] = row
        return row.id

    def cycle(self, parent: UUID | None) -> UUID:
        at = self.next()
        days = date(2026, 1, 1), date(2026, 12, 31)
        state, approach = CycleState.OPEN, Approach.MIXED
        root = self.cycles[parent].root_id if parent else _id(at)
        row = CycleRow(_id(at), root, 1, f"C{at}", *days, state, approach, "UTC", 7, 1, parent, NOON, NOON, at)
        self.cycles[row.id] = row
        return row.id

    def objective(self, cycle: UUID | None = None) -> UUID:
        at, owner, cycle = self.next(), self.any_of(self.owners), cycle or self.any_of(self.cycles)
        seen, state = self.chance.choice(list(Visibility)), ObjectiveState.ACTIVE
        texts = f"O{at}", None, None
        root = self.cycles[cycle].root_id
        row = ObjectiveRow(
            _id(at), root, 1, cycle, owner, *texts, seen, state, Commitment.COMMITTED, None, NOON, NOON, None, at
        )
        self.objectives[row.id] = row
        for _ in range(self.chance.randrange(3)):
            self.key_result(row.id)
        return row.id

    def key_result(self, objective: UUID | None = None) -> UUID:
        at, objective = self.next(), objective or self.any_of(self.objectives)
        row = KeyResultRow(
            id=_id(at),
            root_id=self.objectives[objective].root_id,
            version=1,
            objective_id=objective,
            owner_id=self.any_of(self.owners),
            title=f"KR{at}",
            metric=Metric(MetricKind.INCREASE, Decimal(0), Decimal(100)),
            weight=Decimal(1),
            due_on=None,
            check_in_every_days=None,
            external_ref=None,
            retired=False,
            score=None,
            continues_from=None,
            created_at=NOON,
            updated_at=NOON,
            retitled_at=None,
            retargeted_at=None,
            created_position=at,
        )
        self.key_results[row.id] = row
        return row.id

    def link(self) -> None:
        """Any that makes no loop."""
        lower, kind = self.any_of(self.objectives), self.chance.choice([Link.DELEGATES, Link.SUPPORTS, Link.ALIGNS])
        targets = self.objectives if kind is Link.ALIGNS else self.key_results
        if not targets:
            return
        target = self.any_of(targets)
        once = kind is Link.DELEGATES and any(k is kind and target == t for k, _, t in self.links)
        if once or (kind, lower, target) in self.links or self._stands_above(lower, target):
            return
        self.linked(kind, lower, target)

    def linked(self, kind: Link, lower: UUID, target: UUID) -> None:
        at, feeds = self.next(), kind is Link.DELEGATES or self.chance.random() < 0.5
        root = self.objectives[lower].root_id
        self.links[kind, lower, target] = LinkRow(kind, lower, target, root, feeds, Decimal(1), False, NOON, at)

    def _stands_above(self, objective: UUID, node: UUID) -> bool:
        todo, seen = [node], set[UUID]()
        while todo:
            each = todo.pop()
            if each in self.key_results:
                each = self.key_results[each].objective_id
            if each == objective:
                return True
            if each not in seen:
                seen.add(each)
                todo.extend(target for _, lower, target in self.links if lower == each)
        return False

    def unlink(self) -> None:
        if self.links:
            self.next()
            del self.links[self.chance.choice(list(self.links))]

    def retire(self) -> None:
        row = self.objectives[self.any_of(self.objectives)]
        back = row.state is ObjectiveState.RETIRED
        self.objectives[row.id] = replace(row, state=ObjectiveState.ACTIVE if back else ObjectiveState.RETIRED)
        self.next()

    def retire_key_result(self) -> None:
        if self.key_results:
            row = self.key_results[self.any_of(self.key_results)]
            self.key_results[row.id] = replace(row, retired=not row.retired)
            self.next()

    def move(self) -> None:
        """Where that makes no loop."""
        if self.key_results:
            row = self.key_results[self.any_of(self.key_results)]
            to = self.any_of(self.objectives)
            if not any(self._stands_above(lower, to) for _, lower, target in self.links if target == row.id):
                self.key_results[row.id] = replace(row, objective_id=to)
                self.next()

    def retitle(self) -> None:
        row = self.objectives[self.any_of(self.objectives)]
        self.objectives[row.id] = replace(row, title=f"O{self.next()}", visibility=Visibility.LINE)

    def give(self) -> None:
        row = self.objectives[self.any_of(self.objectives)]
        self.objectives[row.id] = replace(row, owner_id=self.any_of(self.owners))
        self.next()

    def check_in(self) -> None:
        if self.key_results:
            self.checked_in(self.any_of(self.key_results))

    def checked_in(self, key_result: UUID) -> None:
        at = self.next()
        root = self.key_results[key_result].root_id
        self.counting[key_result] = CountingRow(key_result, root, _id(at), Decimal(at % 100), None, NOON, NOON)


def _id(number: int) -> UUID:
    return UUID(int=number)
