"""A history of any shape: every kind of event, commits of any size, rows that change often."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from okr_api.domain.events import (
    CheckInRecorded,
    CycleClosed,
    CycleCreated,
    CycleNested,
    CycleOpened,
    DelegationAccepted,
    ExternalRefTaken,
    KRAdded,
    KRDelegated,
    ObjectiveAligned,
    ObjectiveCreated,
    OwnerRegistered,
)
from okr_api.domain.values import TargetKind, Text
from read_models.history import ANA, START, Said, named, said

NUMBERS = [Decimal(text) for text in ("0", "0.00", "1.50", "-3", "1E+3", "99999999999999999999.000000001")]


def random_history(seed: int, events: int) -> Iterator[tuple[Said, ...]]:
    """Commits that any batch size must make the same facts of; not all of them are what the rules would allow."""
    writer = Writer(Random(seed))
    yield (said(OwnerRegistered, ANA), *writer.cycle(), *writer.objective(), *writer.key_result())
    while events > 0:
        commit = tuple(one for _ in range(writer.random.choice([1, 1, 1, 2, 5, 30])) for one in writer.anything())
        events -= len(commit)
        yield commit


class Writer:
    """Knows what there is, so that what it says has something to be about."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.cycles: list[UUID] = []
        self.objectives: list[UUID] = []
        self.key_results: list[UUID] = []
        self._names = 0

    def anything(self) -> list[Said]:
        kinds: list[Callable[[], list[Said]]] = [self.cycle, self.objective, self.key_result, self.delegation]
        kinds += [self.alignment, self.state, self.reference, *[self.check_in] * 10]
        return self.random.choice(kinds)()

    def cycle(self) -> list[Said]:
        cycle_id, parent = self._new(), self.random.choice([None, *self.cycles])
        self.cycles.append(cycle_id)
        nested = [said(CycleNested, parent, child_id=cycle_id)] if parent else []
        return [said(CycleCreated, cycle_id, parent_id=parent), *nested]

    def state(self) -> list[Said]:
        return [said(self.random.choice([CycleOpened, CycleClosed]), self.random.choice(self.cycles))]

    def objective(self) -> list[Said]:
        objective_id = self._new()
        self.objectives.append(objective_id)
        return [said(ObjectiveCreated, objective_id, cycle_id=self.random.choice(self.cycles))]

    def key_result(self) -> list[Said]:
        key_result_id = self._new()
        self.key_results.append(key_result_id)
        objective_id, weight = self.random.choice(self.objectives), self.random.choice(NUMBERS)
        return [said(KRAdded, key_result_id, objective_id=objective_id, weight=weight)]

    def delegation(self) -> list[Said]:
        key_result_id, (delegate,) = self.random.choice(self.key_results), self.objective()
        delegated = said(KRDelegated, key_result_id, objective_id=delegate.stream, retain=self.random.random() < 0.5)
        return [delegated, delegate, said(DelegationAccepted, delegate.stream, key_result_id=key_result_id)]

    def alignment(self) -> list[Said]:
        kind = self.random.choice(list(TargetKind))
        targets = self.objectives if kind is TargetKind.OBJECTIVE else self.key_results
        lower, target = self.random.choice(self.objectives), self.random.choice(targets)
        weight = self.random.choice(NUMBERS)
        return [said(ObjectiveAligned, lower, target_kind=kind, target_id=target, weight=weight)]

    def check_in(self) -> list[Said]:
        effective_at = self.random.choice([None, START + timedelta(hours=self.random.randrange(20))])
        note = self.random.choice([None, Text.typed("Good\tbad \\N\nugly \u2713"), Text(digest="0" * 64)])
        fields = {"value": self.random.choice(NUMBERS), "effective_at": effective_at, "note": note}
        return [said(CheckInRecorded, self._new(), key_result_id=self.random.choice(self.key_results), **fields)]

    def reference(self) -> list[Said]:
        holder = self.random.choice(self.objectives)
        return [said(ExternalRefTaken, self._new(), kind="Objective", ref="x", holder_id=holder)]

    def _new(self) -> UUID:
        self._names += 1
        return named(f"thing {self._names}")
