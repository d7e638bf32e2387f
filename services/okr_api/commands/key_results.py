"""Commands about key results: add, change, retarget, move, score and end them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from okr_api.commands.branches import ChildPolicy, Ending, served_instead, settle
from okr_api.commands.decision import Command, Decision, Result
from okr_api.commands.links import inside, refuse_loop
from okr_api.commands.references import change_reference, take_reference
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import InvalidInput, Problems, Refused, RuleViolation, refuse_if
from okr_api.domain.key_result import KeyResult, due_problems, input_problems
from okr_api.domain.objective import LinkTarget, Objective
from okr_api.domain.owner import Owner
from okr_api.domain.values import (
    KEPT,
    MAX_KEY_RESULTS,
    MAX_TITLE,
    Kept,
    Link,
    Metric,
    TargetKind,
    reference_problems,
    rhythm_problems,
    text_problems,
    weight_problems,
)


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
        await _require_room(decision, objective, "objectiveId")
        problems = Problems()
        with problems.noted("kr"):
            key_result = await _add(decision, objective, cycle, self.kr)
        problems.refuse()
        return {"keyResult": str(key_result.id), "objective": str(objective.id)}


@dataclass(frozen=True, kw_only=True)
class OnKR(Command):
    """Something that is done to one key result whose cycle is open to changes."""

    id: UUID
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.id,)

    async def decide(self, decision: Decision) -> Result:
        key_result = await decision.get(KeyResult, self.id, "id")
        key_result.expect(self.expected_version)
        objective = await decision.get(Objective, key_result.objective_id)
        cycle = await decision.get(Cycle, objective.cycle_id)
        self.require_cycle(cycle)
        objective.require_live("id")
        await self.change(decision, key_result, objective, cycle)
        return {"keyResult": str(key_result.id)}

    def require_cycle(self, cycle: Cycle) -> None:
        cycle.require_plan_open("id")

    async def change(self, decision: Decision, key_result: KeyResult, objective: Objective, cycle: Cycle) -> None:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class EditKR(OnKR):
    """Fields that are KEPT stay; None clears the due date or the external reference."""

    title: str | Kept = KEPT
    weight: Decimal | Kept = KEPT
    due_on: date | Kept | None = KEPT
    owner_id: UUID | Kept = KEPT
    check_in_every_days: int | Kept = KEPT
    external_ref: str | Kept | None = KEPT

    async def change(self, decision: Decision, key_result: KeyResult, objective: Objective, cycle: Cycle) -> None:
        key_result.require_live("id")
        problems = Problems()
        if self.title is not KEPT:
            problems.extend(text_problems(self.title, "title", MAX_TITLE, required=True))
            key_result.retitle(self.title)
        if self.weight is not KEPT:
            problems.extend(weight_problems(self.weight))
            key_result.reweigh(self.weight)
        if self.due_on is not KEPT:
            problems.extend(due_problems(self.due_on, cycle))
            key_result.fall_due(self.due_on)
        if self.check_in_every_days is not KEPT:
            problems.extend(rhythm_problems(self.check_in_every_days))
            key_result.change_rhythm(self.check_in_every_days)
        if self.owner_id is not KEPT:
            with problems.noted():
                (await decision.get(Owner, self.owner_id, "ownerId")).require_active("ownerId")
                key_result.hand_to(self.owner_id)
        if self.external_ref is not KEPT:
            with problems.noted():
                refuse_if(reference_problems(self.external_ref))
                await change_reference(decision, KeyResult, key_result.external_ref, self.external_ref, key_result.id)
                key_result.refer(self.external_ref)
        problems.refuse()


@dataclass(frozen=True, kw_only=True)
class RetargetKR(OnKR):
    """New numbers for the same metric, such as each quarter's; None keeps a number."""

    start: Decimal | None = None
    target: Decimal | None = None
    limit: Decimal | None = None

    async def change(self, decision: Decision, key_result: KeyResult, objective: Objective, cycle: Cycle) -> None:
        key_result.require_live("id")
        key_result.retarget(self.start, self.target, self.limit)


@dataclass(frozen=True, kw_only=True)
class ScoreKR(OnKR):
    score: Decimal

    def require_cycle(self, cycle: Cycle) -> None:
        cycle.require_check_ins_open("id")

    async def change(self, decision: Decision, key_result: KeyResult, objective: Objective, cycle: Cycle) -> None:
        key_result.require_live("id")
        key_result.score(self.score)


@dataclass(frozen=True, kw_only=True)
class MoveKR(OnKR):
    """To another objective, with its check-ins, its delegation and what supports it."""

    to_objective_id: UUID

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.id, self.to_objective_id)

    async def change(self, decision: Decision, key_result: KeyResult, objective: Objective, cycle: Cycle) -> None:
        key_result.require_live("id")
        path = "toObjectiveId"
        new = await decision.get(Objective, self.to_objective_id, path)
        new.require_live(path)
        new_cycle = await decision.get(Cycle, new.cycle_id)
        new_cycle.require_plan_open(path)
        if new.id == objective.id:
            return
        await _require_room(decision, new, path)
        refuse_if(replace(problem, path=(path,)) for problem in due_problems(key_result.due_on, new_cycle))
        for child_id in await decision.facts.hanging_from(key_result.id):
            if child_id != key_result.delegated_to:
                await self._take_along(decision, child_id, Link.SUPPORTS, new_cycle)
        if key_result.delegated_to is not None:
            await self._take_along(decision, key_result.delegated_to, Link.DELEGATES, new_cycle)
        await refuse_loop(decision, key_result, [new.id], path)
        key_result.move(new.id)

    async def _take_along(self, decision: Decision, child_id: UUID, link: Link, new_cycle: Cycle) -> None:
        """What hangs from it keeps hanging from it: the new cycle takes such a link and contains its cycle."""
        child = await decision.get(Objective, child_id)
        cycle = await decision.get(Cycle, child.cycle_id)
        new_cycle.require_admits(link, "toObjectiveId")
        if not await inside(decision, cycle, new_cycle):
            message = "An objective that serves this key result would be in a cycle outside the new one."
            ids = (str(child.id), str(new_cycle.id))
            raise Refused(RuleViolation("CYCLE_NOT_INSIDE", message, ("toObjectiveId",), {}, ids))


@dataclass(frozen=True, kw_only=True)
class RetireKR(OnKR):
    """What hangs from it goes by the policy."""

    child: ChildPolicy | None = None

    async def change(self, decision: Decision, key_result: KeyResult, objective: Objective, cycle: Cycle) -> None:
        key_result.retire()
        instead = [LinkTarget(TargetKind.OBJECTIVE, objective.id), *await served_instead(decision, objective)]
        below = await decision.facts.hanging_from(key_result.id)
        await settle(decision, Ending(frozenset([key_result.id]), instead), below, self.child, "child")


class RestoreKR(OnKR):
    """Its links become live again, so what hangs from it must not have come to stand above it."""

    async def change(self, decision: Decision, key_result: KeyResult, objective: Objective, cycle: Cycle) -> None:
        key_result.restore()
        await _require_room(decision, objective, "id")
        await take_reference(decision, KeyResult, key_result.external_ref, key_result.id)
        await refuse_loop(decision, key_result, [objective.id], "id")


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


async def _require_room(decision: Decision, objective: Objective, *path: str) -> None:
    if len(await decision.facts.key_results_of(objective.id)) >= MAX_KEY_RESULTS:
        message = f"This objective has {MAX_KEY_RESULTS} key results already."
        raise Refused(RuleViolation("TOO_MANY_KEY_RESULTS", message, path, {"most": MAX_KEY_RESULTS}))


async def _add(decision: Decision, objective: Objective, cycle: Cycle, kr: NewKR) -> KeyResult:
    problems = Problems(
        input_problems(kr.title, kr.metric, kr.weight, kr.due_on, kr.check_in_every_days, kr.external_ref, cycle)
    )
    if kr.owner_id is not None:
        with problems.noted():
            owner = await decision.get(Owner, kr.owner_id, "ownerId")
            owner.require_active("ownerId")
    key_result = KeyResult.add(
        decision.new_id(),
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
    with problems.noted():
        await take_reference(decision, KeyResult, kr.external_ref, key_result.id)
    problems.refuse()
    return key_result
