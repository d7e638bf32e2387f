"""Whatever is asked in whatever order: it is accepted or refused, and the rules hold over all that is stored."""

import asyncio
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID, uuid5

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examples import Q1, Q2, REVENUE, Company
from okr_api.commands.branches import ChildPolicy
from okr_api.commands.carry_over import CarryOverObjective
from okr_api.commands.check_ins import CorrectCheckIn, KeyResultRef, RecordCheckIn, RecordCheckIns
from okr_api.commands.cycles import BeginClosingCycle, CloseCycle, CreateCycle, EditCycle, OpenCycle, ReopenCycle
from okr_api.commands.decision import Command
from okr_api.commands.delegation import DelegateKR, Delegation, ReassignKR, UndelegateKR
from okr_api.commands.key_results import AddKR, EditKR, MoveKR, NewKR, RestoreKR, RetargetKR, RetireKR, ScoreKR
from okr_api.commands.objectives import (
    ActivateObjective,
    AlignObjective,
    CreateObjective,
    CreateObjectives,
    EditObjective,
    RestoreObjective,
    RetireObjective,
    UnalignObjective,
)
from okr_api.commands.owners import DeactivateOwner, EditOwner, ErasePerson, MoveOwner, RegisterOwner
from okr_api.commands.transfers import TransferOwnership
from okr_api.domain.check_in import CheckIn
from okr_api.domain.cycle import Cycle
from okr_api.domain.events import CycleReopened
from okr_api.domain.external_ref import ExternalRef
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import Objective
from okr_api.domain.owner import Owner
from okr_api.domain.stream import Stream
from okr_api.domain.values import CycleState, ObjectiveState, OwnerLevel

S = TypeVar("S", bound=Stream)
POLICIES = (None, *ChildPolicy)
REFS = (None, "x", "y")
LEVELS = tuple(OwnerLevel)


class Chance:
    """What a few numbers point at in what the log holds now."""

    def __init__(self, company: Company, numbers: tuple[int, ...]) -> None:
        self.company = company
        self.numbers = list(numbers)

    def number(self) -> int:
        self.numbers = self.numbers[1:] + self.numbers[:1]
        return self.numbers[-1]

    def one_of(self, things: Any) -> Any:
        return things[self.number() % len(things)]

    def a(self, kind: type[S]) -> UUID:
        ids = [i for i, stream in self.company.log.now.items() if isinstance(stream, kind)]
        return self.one_of(ids or [UUID(int=0)])  # type: ignore[no-any-return]

    def target(self) -> Any:
        return self.company.target(self.a(self.one_of((Objective, KeyResult))))

    def to(self) -> Delegation:
        if self.number() % 2:
            return Delegation(to_objective_id=self.a(Objective))
        cycle = self.one_of((None, self.a(Cycle)))
        return Delegation(to_owner_id=self.a(Owner), cycle_id=cycle, key_results=(self.kr(),))

    def kr(self) -> NewKR:
        return NewKR(title="KR", metric=REVENUE, external_ref=self.one_of(REFS))

    def objective(self) -> CreateObjective:
        return CreateObjective(
            cycle_id=self.a(Cycle),
            owner_id=self.a(Owner),
            title="O",
            key_results=(self.kr(),),
            external_ref=self.one_of(REFS),
            draft=self.number() % 3 == 0,
        )

    def check_in(self) -> RecordCheckIn:
        ref = self.one_of((KeyResultRef(id=self.a(KeyResult)), KeyResultRef(external_ref="x")))
        return RecordCheckIn(key_result=ref, value=Decimal(self.number()), skip_unchanged=self.number() % 2 == 0)


# Links come up more often than the rest, as it is they that can go wrong together.
LINKS: list[Callable[[Chance], Command]] = [
    lambda c: AlignObjective(objective_id=c.a(Objective), to=c.target()),
    lambda c: DelegateKR(key_result_id=c.a(KeyResult), to=c.to()),
    lambda c: ReassignKR(key_result_id=c.a(KeyResult), to=c.to(), child=c.one_of(POLICIES)),
    lambda c: UndelegateKR(key_result_id=c.a(KeyResult), child=c.one_of(POLICIES)),
    lambda c: MoveKR(id=c.a(KeyResult), to_objective_id=c.a(Objective)),
    lambda c: RetireKR(id=c.a(KeyResult), child=c.one_of(POLICIES)),
    lambda c: RestoreKR(id=c.a(KeyResult)),
    lambda c: RetireObjective(id=c.a(Objective), children=c.one_of(POLICIES)),
    lambda c: RestoreObjective(id=c.a(Objective)),
    lambda c: CarryOverObjective(id=c.a(Objective), to_cycle_id=c.a(Cycle)),
    lambda c: c.objective(),
]
OTHERS: list[Callable[[Chance], Command]] = [
    lambda c: UnalignObjective(objective_id=c.a(Objective), from_=c.target()),
    lambda c: RegisterOwner(name="N", level=c.one_of(LEVELS), parent_id=c.a(Owner), external_ref=c.one_of(REFS)),
    lambda c: EditOwner(id=c.a(Owner), name="M", lead_id=c.a(Owner), external_ref=c.one_of(REFS)),
    lambda c: MoveOwner(id=c.a(Owner), parent_id=c.a(Owner)),
    lambda c: DeactivateOwner(id=c.a(Owner)),
    lambda c: ErasePerson(owner_id=c.a(Owner)),
    lambda c: TransferOwnership(from_owner_id=c.a(Owner), to_owner_id=c.a(Owner), cycle_id=c.a(Cycle)),
    lambda c: CreateCycle(name="C", starts_on=Q1[0], ends_on=c.one_of((Q1[1], Q2[1])), parent_id=c.a(Cycle)),
    lambda c: EditCycle(id=c.a(Cycle), name="D", ends_on=c.one_of((Q1[1], Q2[1]))),
    lambda c: OpenCycle(id=c.a(Cycle)),
    lambda c: BeginClosingCycle(id=c.a(Cycle)),
    lambda c: CloseCycle(id=c.a(Cycle)),
    lambda c: ReopenCycle(id=c.a(Cycle)),
    lambda c: CreateObjectives(items=(c.objective(), c.objective())),
    lambda c: EditObjective(id=c.a(Objective), owner_id=c.a(Owner), external_ref=c.one_of(REFS)),
    lambda c: ActivateObjective(id=c.a(Objective)),
    lambda c: AddKR(objective_id=c.a(Objective), kr=c.kr()),
    lambda c: EditKR(id=c.a(KeyResult), title="T", external_ref=c.one_of(REFS)),
    lambda c: RetargetKR(id=c.a(KeyResult), target=Decimal(c.number())),
    lambda c: ScoreKR(id=c.a(KeyResult), score=Decimal("0.5")),
    lambda c: c.check_in(),
    lambda c: RecordCheckIns(items=(c.check_in(), c.check_in()), command_ids=(uuid5(UUID(int=c.number()), "k"), None)),
    lambda c: CorrectCheckIn(check_in_id=c.a(CheckIn), value=Decimal(c.number())),
    lambda c: CorrectCheckIn(check_in_id=c.a(CheckIn), withdraw=True),
]
steps = st.tuples(st.sampled_from(LINKS * 4 + OTHERS), st.tuples(*[st.integers(0, 30)] * 6))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, min_size=20, max_size=60))
def test_whatever_is_asked_the_rules_hold(asked: list[tuple[Callable[[Chance], Command], tuple[int, ...]]]) -> None:
    asyncio.run(_ask(asked))


async def _ask(asked: list[tuple[Callable[[Chance], Command], tuple[int, ...]]]) -> None:
    company = await Company().founded()
    for cycle in (company.year, company.q1):
        kr = await company.kr("Grow", cycle=cycle)
        low = await company.delegated(kr, owner=company.ceo)
        await company.aligned(await company.objective("Low", cycle=cycle), await company.kr_of(low))
    for make, numbers in asked:
        closed = {i for i, stream in company.log.now.items() if _is_closed(company, stream)}
        await company.when(make(Chance(company, numbers)))
        reopened = {e.originator_id for e in company.new_events if isinstance(e, CycleReopened)}
        assert not {event.originator_id for event in company.new_events} & closed - reopened
        _no_loop(company)
        _delegated_once(company)
        _references_held_once(company)


def _is_closed(company: Company, stream: Any) -> bool:
    now = company.log.now
    if isinstance(stream, CheckIn):
        stream = now[stream.key_result_id]
    if isinstance(stream, KeyResult):
        stream = now[stream.objective_id]
    if isinstance(stream, Objective):
        stream = now[stream.cycle_id]
    return isinstance(stream, Cycle) and stream.state is CycleState.CLOSED


def _live(company: Company, thing: UUID | None) -> bool:
    stream = company.log.now.get(thing)  # type: ignore[arg-type]
    if isinstance(stream, KeyResult):
        return not stream.retired and _live(company, stream.objective_id)
    return isinstance(stream, Objective) and stream.state is not ObjectiveState.RETIRED


def _links(company: Company) -> list[tuple[UUID, UUID]]:
    """All live links, from below to above."""
    found = []
    for stream in company.log.now.values():
        if isinstance(stream, Objective):
            found += [(stream.id, target.id) for target in stream.targets]
        if isinstance(stream, KeyResult):
            found += [(stream.id, stream.objective_id), (stream.delegated_to, stream.id)]
    return [link for link in found if _live(company, link[0]) and _live(company, link[1])]


def _no_loop(company: Company) -> None:
    links = _links(company)
    while links:
        below = {low for low, _ in links}
        left = [link for link in links if link[1] in below]
        assert len(left) < len(links), "something serves itself"
        links = left


def _delegated_once(company: Company) -> None:
    krs = [stream for stream in company.log.now.values() if isinstance(stream, KeyResult)]
    to = Counter(kr.delegated_to for kr in krs if _live(company, kr.id) and _live(company, kr.delegated_to))
    assert not [objective for objective, times in to.items() if times > 1]
    assert all(company.state(objective).delegated_from is not None for objective in to if objective)


def _references_held_once(company: Company) -> None:
    """Every live thing holds its own reference, unless it was carried over and the reference went along."""
    carried = {getattr(event, "continues_from", None) for event in company.log.events}
    for stream in company.log.now.values():
        ref = getattr(stream, "external_ref", None)
        live = stream.active if isinstance(stream, Owner) else _live(company, stream.id)
        if ref is not None and live and stream.id not in carried:
            assert company.state(ExternalRef.id_of(type(stream).__name__, ref)).holder_id == stream.id
