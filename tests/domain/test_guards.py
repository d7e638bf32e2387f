"""What a command relied on is guarded or written: COMMANDS.md, command by command."""

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest

from domain.catalogue import World
from examples import Q2
from okr_api.commands.branches import ChildPolicy
from okr_api.commands.carry_over import CarryOverObjective
from okr_api.commands.check_ins import CorrectCheckIn, KeyResultRef, RecordCheckIn
from okr_api.commands.cycles import CloseCycle, CreateCycle, EditCycle, OpenCycle, ReopenCycle
from okr_api.commands.decision import Command
from okr_api.commands.delegation import DelegateKR, Delegation, ReassignKR, UndelegateKR
from okr_api.commands.key_results import AddKR, EditKR, MoveKR, NewKR, RestoreKR, RetireKR
from okr_api.commands.objectives import (
    AlignObjective,
    CreateObjective,
    EditObjective,
    RestoreObjective,
    RetireObjective,
)
from okr_api.commands.owners import EditOwner, MoveOwner, RegisterOwner
from okr_api.commands.transfers import TransferOwnership, TransferPart
from okr_api.domain.external_ref import ExternalRef
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import LinkTarget
from okr_api.domain.values import Metric, MetricKind, OwnerLevel, TargetKind

REALIGN, DETACH = ChildPolicy.REALIGN, ChildPolicy.DETACH
MILESTONE = Metric(MetricKind.MILESTONE)


class Cascade(World):
    """Above > upper key result > top > given away > delegate, and low aligned to top."""

    async def built(self) -> "Cascade":
        await self.made()
        self.above = await self._objective("Above")
        self.highest = await self._objective("Highest")
        await self.aligned(self.above, self.highest)
        self.upper = await self.kr_of(self.above)
        await self.given(DelegateKR(key_result_id=self.upper, to=Delegation(to_objective_id=self.top)))
        self.named = await self.kr_of(self.top, external_ref="jira-1")
        self.ref = ExternalRef.id_of(KeyResult.__name__, "jira-1")
        self.ups = {self.top, self.upper, self.above, self.highest}
        self.kr_of_free = await self.kr_of(self.free)
        self.q2 = await self.cycle("Q2", Q2, parent=self.year)
        return self


def to(objective: UUID) -> LinkTarget:
    return LinkTarget(TargetKind.OBJECTIVE, objective)


Named = tuple[Callable[[Cascade], Command], Callable[[Cascade], set[UUID]]]
COMMANDS: dict[str, Named] = {
    "registerOwner": (
        lambda w: RegisterOwner(name="T", level=OwnerLevel.TEAM, parent_id=w.vp, lead_id=w.ana),
        lambda w: {w.vp, w.ana},
    ),
    "editOwner": (lambda w: EditOwner(id=w.vp, lead_id=w.ana), lambda w: {w.vp, w.ana}),
    "moveOwner": (lambda w: MoveOwner(id=w.ana, parent_id=w.ceo), lambda w: {w.ana, w.ceo}),
    "createCycle": (
        lambda w: CreateCycle(name="Q2", starts_on=Q2[0], ends_on=Q2[1], parent_id=w.year),
        lambda w: {w.year},
    ),
    "editCycle": (lambda w: EditCycle(id=w.year, ends_on=Q2[1]), lambda w: {w.year, w.q1, w.q2}),
    "editCycle inside": (lambda w: EditCycle(id=w.q2, ends_on=Q2[0]), lambda w: {w.year, w.q2}),
    "closeCycle": (lambda w: CloseCycle(id=w.q1), lambda w: {w.q1}),
    "createObjective": (
        lambda w: CreateObjective(
            cycle_id=w.cycle_id,
            owner_id=w.ceo,
            title="New",
            align_to=(LinkTarget(TargetKind.KEY_RESULT, w.result),),
            key_results=(NewKR(title="KR", metric=MILESTONE, owner_id=w.vp),),
        ),
        lambda w: {w.cycle_id, w.ceo, w.vp, w.result, w.top},
    ),
    "editObjective": (lambda w: EditObjective(id=w.top, owner_id=w.vp), lambda w: {w.top, w.cycle_id, w.vp}),
    "alignObjective": (
        lambda w: AlignObjective(objective_id=w.free, to=to(w.top)),
        lambda w: {w.free, w.cycle_id, *w.ups},
    ),
    "retireObjective": (
        lambda w: RetireObjective(id=w.top, children=REALIGN),
        lambda w: {w.cycle_id, w.low, w.delegate, w.above, w.highest, w.upper},
    ),
    "addKR": (
        lambda w: AddKR(objective_id=w.top, kr=NewKR(title="KR", metric=MILESTONE, owner_id=w.vp)),
        lambda w: {w.top, w.cycle_id, w.vp},
    ),
    "editKR": (
        lambda w: EditKR(id=w.named, owner_id=w.vp, external_ref="jira-2"),
        lambda w: {w.named, w.top, w.cycle_id, w.vp, w.ref},
    ),
    "moveKR": (
        lambda w: MoveKR(id=w.kr_of_free, to_objective_id=w.top),
        lambda w: {w.kr_of_free, w.free, w.cycle_id, *w.ups},
    ),
    "retireKR": (
        lambda w: RetireKR(id=w.given_away, child=REALIGN),
        lambda w: {w.given_away, w.cycle_id, w.delegate, *w.ups},
    ),
    "restoreKR": (lambda w: RestoreKR(id=w.gone_kr), lambda w: {w.gone_kr, w.cycle_id, *w.ups}),
    "restoreObjective": (lambda w: RestoreObjective(id=w.gone), lambda w: {w.gone, w.cycle_id}),
    "delegateKR": (
        lambda w: DelegateKR(key_result_id=w.result, to=Delegation(to_owner_id=w.vp)),
        lambda w: {w.result, w.top, w.cycle_id, w.vp},
    ),
    "delegateKR standing": (
        lambda w: DelegateKR(key_result_id=w.result, to=Delegation(to_objective_id=w.free)),
        lambda w: {w.result, w.free, w.cycle_id, *w.ups},
    ),
    "undelegateKR": (
        lambda w: UndelegateKR(key_result_id=w.given_away, child=REALIGN),
        lambda w: {w.given_away, w.delegate, w.cycle_id, *w.ups},
    ),
    "reassignKR": (
        lambda w: ReassignKR(key_result_id=w.given_away, to=Delegation(to_objective_id=w.free), child=DETACH),
        lambda w: {w.given_away, w.delegate, w.free, w.cycle_id, *w.ups},
    ),
    "recordCheckIn": (
        lambda w: RecordCheckIn(key_result=KeyResultRef(external_ref="jira-1"), value=Decimal(1)),
        lambda w: {w.named, w.top, w.cycle_id, w.ref},
    ),
    "correctCheckIn": (
        lambda w: CorrectCheckIn(check_in_id=w.check_in, value=Decimal(2)),
        lambda w: {w.check_in, w.result, w.cycle_id},
    ),
    "carryOverObjective": (
        lambda w: CarryOverObjective(id=w.top, to_cycle_id=w.cycle_id),
        lambda w: {w.cycle_id, w.ceo, w.top, w.result, w.named, w.given_away, w.upper, w.above, w.ref},
    ),
    "transferOwnership": (
        lambda w: TransferPart(
            whole=TransferOwnership(from_owner_id=w.ceo, to_owner_id=w.vp, cycle_id=w.cycle_id),
            key_result_ids=(w.result,),
        ),
        lambda w: {w.ceo, w.vp, w.cycle_id, w.result, w.top},
    ),
}


@pytest.mark.parametrize("name", COMMANDS)
async def test_what_a_command_relied_on_is_guarded_or_written(name: str) -> None:
    world = await Cascade().built()
    make, named = COMMANDS[name]
    await world.when(make(world))
    assert world.new_events, world.problems
    request = world.log.requests[-1]
    missing = named(world) - set(request.guards) - request.writes
    assert not missing, [(type(world.state(i)).__name__, i) for i in missing]


async def test_a_cycle_opens_and_reopens_while_its_parent_is_guarded() -> None:
    world = await World().made()
    child = await world.given(CreateCycle(name="Q2", starts_on=Q2[0], ends_on=Q2[1], parent_id=world.year))
    for command in (OpenCycle(id=child), CloseCycle(id=child), ReopenCycle(id=child)):
        await world.when(command)
        guards = world.log.requests[-1].guards
        assert (world.year in guards) is not isinstance(command, CloseCycle)


async def test_a_year_closes_while_every_quarter_is_guarded() -> None:
    world = await World().made()
    await world.given(CloseCycle(id=world.q1))
    await world.when(CloseCycle(id=world.year))
    assert world.q1 in world.log.requests[-1].guards


async def test_a_former_delegate_and_its_cycle_are_guarded() -> None:
    world = await World().made()
    kr = await world.kr("Grow", cycle=world.year)
    former = await world.delegated(kr, cycle=world.q1)
    await world.given(CloseCycle(id=world.q1))
    await world.when(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=world.vp)))
    assert {former, world.q1} <= set(world.log.requests[-1].guards)


async def test_the_holder_of_a_reference_is_guarded_with_its_cycle() -> None:
    world = await Cascade().built()
    await world.given(RetireKR(id=world.named))
    await world.when(AddKR(objective_id=world.free, kr=NewKR(title="KR", metric=MILESTONE, external_ref="jira-1")))
    request = world.log.requests[-1]
    assert world.ref in request.writes
    assert {world.named, world.top, world.cycle_id} <= set(request.guards)
