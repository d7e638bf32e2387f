"""Commands about key results: add them, and delegate them to become the objective of the level below."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from okr_api.commands.decision import Command, Decision, Result
from okr_api.commands.links import delegation_stands, refuse_loop, require_link, restates_another
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import InvalidInput, Problems, Refused, RuleViolation
from okr_api.domain.key_result import KeyResult, input_problems
from okr_api.domain.objective import Objective
from okr_api.domain.objective import input_problems as objective_problems
from okr_api.domain.owner import Owner
from okr_api.domain.values import MAX_KEY_RESULTS, Link, Metric


@dataclass(frozen=True, kw_only=True)
class NewKR:
    """A key result to be; without an owner it is the objective's owner who answers for it."""

    title: str
    metric: Metric
    weight: Decimal = Decimal(1)
    owner_id: UUID | None = None
    due_on: date | None = None
    check_in_every_days: int | None = None
    external_ref: str | None = None


@dataclass(frozen=True, kw_only=True)
class AddKR(Command):
    objective_id: UUID
    kr: NewKR
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.objective_id,)

    async def decide(self, decision: Decision) -> Result:
        objective = await decision.get(Objective, self.objective_id, "objectiveId")
        objective.expect(self.expected_version)
        objective.require_live("objectiveId")
        cycle = await decision.get(Cycle, objective.cycle_id)
        cycle.require_plan_open("objectiveId")
        if await decision.key_results_of(objective.id) >= MAX_KEY_RESULTS:
            message = f"This objective has {MAX_KEY_RESULTS} key results already."
            raise Refused(RuleViolation("TOO_MANY_KEY_RESULTS", message, ("objectiveId",), {"most": MAX_KEY_RESULTS}))
        problems = Problems()
        with problems.noted("kr"):
            key_result = await _add(decision, objective, cycle, self.kr)
        problems.refuse()
        return {"keyResult": str(key_result.id), "objective": str(objective.id)}


@dataclass(frozen=True, kw_only=True)
class DelegateKR(Command):
    """Exactly one of `to_owner_id` (a new objective of theirs) and `to_objective_id` (one that stands already)."""

    key_result_id: UUID
    to_owner_id: UUID | None = None
    to_objective_id: UUID | None = None
    title: str | None = None
    cycle_id: UUID | None = None
    key_results: tuple[NewKR, ...] = ()
    retain: bool = False
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.key_result_id,) if self.to_objective_id is None else (self.key_result_id, self.to_objective_id)

    async def decide(self, decision: Decision) -> Result:
        await decision.fetch(i for i in (self.key_result_id, self.to_owner_id, self.to_objective_id) if i)
        key_result = await decision.get(KeyResult, self.key_result_id, "keyResultId")
        key_result.expect(self.expected_version)
        objective = await decision.get(Objective, key_result.objective_id)
        objective.require_live("keyResultId")
        cycle = await decision.get(Cycle, objective.cycle_id)
        cycle.require_plan_open("keyResultId")
        accountable = await decision.get(Owner, key_result.owner_id, guard=False)
        above = (cycle, accountable)
        if self.to_objective_id is None:
            delegate = await self._new_delegate(decision, key_result, above)
        else:
            delegate = await self._standing_delegate(decision, self.to_objective_id, above)
        standing = await delegation_stands(decision, key_result)
        key_result.delegate(delegate.id, retain=self.retain, standing=standing)
        delegate.accept_delegation(key_result.id)
        if self.to_objective_id is not None:
            await refuse_loop(decision, delegate, [objective.id], "to", "objectiveId")
        return {"keyResult": str(key_result.id), "objective": str(delegate.id)}

    async def _new_delegate(self, decision: Decision, key_result: KeyResult, above: tuple[Cycle, Owner]) -> Objective:
        title = key_result.title.text or "" if self.title is None else self.title
        problems = Problems(objective_problems(title, None, None))
        cycle, owner = above[0], None
        if self.cycle_id is not None:
            with problems.noted():
                cycle = await decision.get(Cycle, self.cycle_id, "cycleId")
        assert self.to_owner_id is not None
        with problems.noted():
            owner = await decision.get(Owner, self.to_owner_id, "to", "ownerId")
            owner.require_active("to", "ownerId")
            path = ("to", "ownerId") if self.cycle_id is None else ("cycleId",)
            await require_link(decision, Link.DELEGATES, below=(cycle, owner), above=above, path=path)
        delegate = Objective.create(decision.new_id(), cycle_id=cycle.id, owner_id=self.to_owner_id, title=title)
        decision.add(delegate)
        with problems.noted():
            await add_key_results(decision, delegate, cycle, self.key_results)
        problems.refuse()
        return delegate

    async def _standing_delegate(self, decision: Decision, objective_id: UUID, above: tuple[Cycle, Owner]) -> Objective:
        path = ("to", "objectiveId")
        delegate = await decision.get(Objective, objective_id, *path)
        cycle = await decision.get(Cycle, delegate.cycle_id)
        owner = await decision.get(Owner, delegate.owner_id, guard=False)
        await require_link(decision, Link.DELEGATES, below=(cycle, owner), above=above, path=path)
        if delegate.delegated_from != self.key_result_id and await restates_another(decision, delegate):
            message = "This objective already restates another key result."
            ids = (str(delegate.id), str(delegate.delegated_from))
            raise Refused(RuleViolation("OBJECTIVE_ALREADY_DELEGATED", message, path, {}, ids))
        return delegate


async def add_key_results(decision: Decision, objective: Objective, cycle: Cycle, new: Sequence[NewKR]) -> None:
    """All key results of a new objective. Raises Refused with the problems of all of them."""
    if len(new) > MAX_KEY_RESULTS:
        message = f"An objective has at most {MAX_KEY_RESULTS} key results, not {len(new)}."
        raise Refused(InvalidInput("TOO_MANY_KEY_RESULTS", message, ("keyResults",), {"most": MAX_KEY_RESULTS}))
    problems = Problems()
    for place, kr in enumerate(new):
        with problems.noted("keyResults", str(place)):
            await _add(decision, objective, cycle, kr)
    problems.refuse()


async def _add(decision: Decision, objective: Objective, cycle: Cycle, kr: NewKR) -> KeyResult:
    problems = Problems(
        input_problems(kr.title, kr.metric, kr.weight, kr.due_on, kr.check_in_every_days, kr.external_ref, cycle)
    )
    if kr.owner_id is not None:
        with problems.noted():
            owner = await decision.get(Owner, kr.owner_id, "ownerId")
            owner.require_active("ownerId")
    key_result_id = decision.new_id()
    with problems.noted():
        await decision.take_reference(KeyResult, kr.external_ref, key_result_id)
    problems.refuse()
    key_result = KeyResult.add(
        key_result_id,
        objective_id=objective.id,
        owner_id=kr.owner_id or objective.owner_id,
        title=kr.title,
        metric=kr.metric,
        weight=kr.weight,
        due_on=kr.due_on,
        check_in_every_days=kr.check_in_every_days,
        external_ref=kr.external_ref,
    )
    decision.add(key_result)
    return key_result
