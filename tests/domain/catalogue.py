"""Every command once, on a cycle in which there is something for each to be done to."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from examples import IN_A_YEAR, Q1, REVENUE, Company, api_key
from okr_api.commands.branches import ChildPolicy
from okr_api.commands.carry_over import CarryOverObjective
from okr_api.commands.check_ins import CorrectCheckIn, KeyResultRef, RecordCheckIn, RecordCheckIns
from okr_api.commands.cycles import BeginClosingCycle, CloseCycle, CreateCycle, EditCycle, OpenCycle, ReopenCycle
from okr_api.commands.decision import Command
from okr_api.commands.delegation import DelegateKR, Delegation, ReassignKR, UndelegateKR
from okr_api.commands.integrations import CreateIntegration, EditIntegration, IssueApiKey, RevokeApiKey
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
from okr_api.domain.values import CycleState, OwnerLevel

D = Decimal
DETACH = ChildPolicy.DETACH


class World(Company):
    """A company with a cycle in some state and one of everything in it."""

    async def made(self, state: CycleState = CycleState.OPEN) -> "World":
        await self.founded()
        self.old = await self.objective("Old", krs=("Old result",))
        self.cycle_id = await self.given(CreateCycle(name="Now", starts_on=Q1[0], ends_on=Q1[1]))
        self.top, self.low, self.free = [await self._objective(title) for title in ("Top", "Low", "Free")]
        self.result, self.given_away = await self.kr_of(self.top), await self.kr_of(self.top)
        self.delegate = await self.delegated(self.given_away, owner=self.ceo)
        await self.aligned(self.low, self.top)
        self.gone, self.gone_kr = await self._objective("Gone"), await self.kr_of(self.top)
        await self.given(RetireObjective(id=self.gone))
        await self.given(RetireKR(id=self.gone_kr))
        self.draft = await self.given(
            CreateObjective(cycle_id=self.cycle_id, owner_id=self.ceo, title="Draft", draft=True)
        )
        self.crm = await self.integration()
        if state is not CycleState.DRAFT:
            await self.given(OpenCycle(id=self.cycle_id))
            self.check_in = await self.checked_in(self.result)
        if state is CycleState.CLOSING:
            await self.given(BeginClosingCycle(id=self.cycle_id))
        if state is CycleState.CLOSED:
            await self.given(CloseCycle(id=self.cycle_id))
        return self

    async def _objective(self, title: str) -> UUID:
        return await self.objective(title, cycle=self.cycle_id)


Make = Callable[[World], Command]


def new(title: str = "New") -> NewKR:
    return NewKR(title=title, metric=REVENUE)


def check_in(w: World, value: int = 5, **fields: Any) -> RecordCheckIn:
    return RecordCheckIn(key_result=KeyResultRef(id=w.result), value=D(value), **fields)


PLANS: dict[str, Make] = {
    "EditCycle": lambda w: EditCycle(id=w.cycle_id, name="Then"),
    "CreateCycle inside": lambda w: CreateCycle(name="M", starts_on=Q1[0], ends_on=Q1[0], parent_id=w.cycle_id),
    "CreateObjective": lambda w: CreateObjective(cycle_id=w.cycle_id, owner_id=w.ceo, title="New"),
    "CreateObjectives": lambda w: CreateObjectives(
        items=(CreateObjective(cycle_id=w.cycle_id, owner_id=w.ceo, title="New", key_results=(new(),)),)
    ),
    "EditObjective": lambda w: EditObjective(id=w.top, title="Other"),
    "ActivateObjective": lambda w: ActivateObjective(id=w.draft),
    "AlignObjective": lambda w: AlignObjective(objective_id=w.free, to=w.target(w.top)),
    "UnalignObjective": lambda w: UnalignObjective(objective_id=w.low, from_=w.target(w.top)),
    "RetireObjective": lambda w: RetireObjective(id=w.top, children=DETACH),
    "RestoreObjective": lambda w: RestoreObjective(id=w.gone),
    "AddKR": lambda w: AddKR(objective_id=w.top, kr=new()),
    "EditKR": lambda w: EditKR(id=w.result, title="Other"),
    "RetargetKR": lambda w: RetargetKR(id=w.result, target=D(20)),
    "MoveKR": lambda w: MoveKR(id=w.result, to_objective_id=w.free),
    "RetireKR": lambda w: RetireKR(id=w.result),
    "RestoreKR": lambda w: RestoreKR(id=w.gone_kr),
    "DelegateKR": lambda w: DelegateKR(key_result_id=w.result, to=Delegation(to_owner_id=w.vp)),
    "DelegateKR standing": lambda w: DelegateKR(key_result_id=w.result, to=Delegation(to_objective_id=w.free)),
    "UndelegateKR": lambda w: UndelegateKR(key_result_id=w.given_away, child=DETACH),
    "ReassignKR": lambda w: ReassignKR(key_result_id=w.given_away, to=Delegation(to_owner_id=w.vp), child=DETACH),
    "CarryOverObjective into": lambda w: CarryOverObjective(id=w.old, to_cycle_id=w.cycle_id),
    "TransferOwnership": lambda w: TransferOwnership(from_owner_id=w.ceo, to_owner_id=w.vp, cycle_id=w.cycle_id),
}
REPORTS: dict[str, Make] = {
    "RecordCheckIn": check_in,
    "RecordCheckIns": lambda w: RecordCheckIns(items=(check_in(w),), command_ids=(uuid5(w.result, "key"),)),
    "CorrectCheckIn": lambda w: CorrectCheckIn(check_in_id=w.check_in, value=D(7)),
    "CorrectCheckIn withdraw": lambda w: CorrectCheckIn(check_in_id=w.check_in, withdraw=True),
    "ScoreKR": lambda w: ScoreKR(id=w.result, score=D("0.7")),
}
STEPS: dict[str, tuple[Make, set[CycleState]]] = {
    "OpenCycle": (lambda w: OpenCycle(id=w.cycle_id), {CycleState.DRAFT}),
    "BeginClosingCycle": (lambda w: BeginClosingCycle(id=w.cycle_id), {CycleState.OPEN}),
    "CloseCycle": (lambda w: CloseCycle(id=w.cycle_id), {CycleState.OPEN, CycleState.CLOSING}),
    "ReopenCycle": (lambda w: ReopenCycle(id=w.cycle_id), {CycleState.CLOSING, CycleState.CLOSED}),
}
ELSEWHERE: dict[str, Make] = {
    "RegisterOwner": lambda w: RegisterOwner(name="Bob", level=OwnerLevel.INDIVIDUAL, subject="bob@example.org"),
    "EditOwner": lambda w: EditOwner(id=w.vp, name="Vice"),
    "MoveOwner": lambda w: MoveOwner(id=w.ana, parent_id=w.ceo),
    "DeactivateOwner": lambda w: DeactivateOwner(id=w.ana),
    "ErasePerson": lambda w: ErasePerson(owner_id=w.ana),
    "CreateCycle": lambda w: CreateCycle(name="Later", starts_on=Q1[0], ends_on=Q1[1]),
    "CreateIntegration": lambda w: CreateIntegration(name="HR", key=api_key("BBBBBBBB"), expires_at=IN_A_YEAR),
    "EditIntegration": lambda w: EditIntegration(id=w.crm, name="HR", cycle_ids=(w.cycle_id,)),
    "IssueApiKey": lambda w: IssueApiKey(id=w.crm, key=api_key("BBBBBBBB"), expires_at=IN_A_YEAR),
    "RevokeApiKey": lambda w: RevokeApiKey(id=w.crm, key_id="AAAAAAAA"),
    "CarryOverObjective out of": lambda w: CarryOverObjective(id=w.top, to_cycle_id=w.q1),
}
EVERY = PLANS | REPORTS | ELSEWHERE | {name: make for name, (make, _) in STEPS.items()}


def state_for(name: str) -> CycleState:
    """One that a cycle is in when the command is accepted."""
    return {"OpenCycle": CycleState.DRAFT, "ReopenCycle": CycleState.CLOSED}.get(name, CycleState.OPEN)
