"""Commands about objectives: set them with their key results, and say what they serve."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from okr_api.commands.decision import Command, Decision, Result
from okr_api.commands.key_results import NewKR, add_key_results
from okr_api.commands.links import refuse_loop, require_link
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import Problems
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import Objective, Target, input_problems
from okr_api.domain.owner import Owner
from okr_api.domain.values import Commitment, TargetKind, Visibility


@dataclass(frozen=True, kw_only=True)
class CreateObjective(Command):
    """An objective, its key results and what it serves, in one commit. It has nothing below yet: it makes no loop."""

    cycle_id: UUID
    owner_id: UUID
    title: str
    description: str | None = None
    commitment: Commitment = Commitment.ASPIRATIONAL
    visibility: Visibility = Visibility.ORGANISATION
    draft: bool = False
    align_to: tuple[Target, ...] = ()
    key_results: tuple[NewKR, ...] = ()
    external_ref: str | None = None

    async def decide(self, decision: Decision) -> Result:
        problems = Problems(input_problems(self.title, self.description, self.external_ref))
        cycle = owner = None
        await decision.fetch([self.cycle_id, self.owner_id, *(target.id for target in self.align_to)])
        with problems.noted():
            cycle = await decision.get(Cycle, self.cycle_id, "cycleId")
            cycle.require_plan_open("cycleId")
        with problems.noted():
            owner = await decision.get(Owner, self.owner_id, "ownerId")
            owner.require_active("ownerId")
        objective = Objective.create(
            decision.new_id(),
            cycle_id=self.cycle_id,
            owner_id=self.owner_id,
            title=self.title,
            description=self.description,
            commitment=self.commitment,
            visibility=self.visibility,
            draft=self.draft,
            external_ref=self.external_ref,
        )
        decision.add(objective)
        with problems.noted():
            await decision.take_reference(Objective, self.external_ref, objective.id)
        if cycle is not None and owner is not None:
            for place, target in enumerate(self.align_to):
                with problems.noted("alignTo", str(place)):
                    await _align(decision, objective, target, (cycle, owner), path=(), contributes=False)
            with problems.noted():
                await add_key_results(decision, objective, cycle, self.key_results)
        problems.refuse()
        return {"objective": str(objective.id)}


@dataclass(frozen=True, kw_only=True)
class AlignObjective(Command):
    objective_id: UUID
    to: Target
    contributes: bool = False
    weight: Decimal = Decimal(1)
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.objective_id,)

    async def decide(self, decision: Decision) -> Result:
        await decision.fetch([self.objective_id, self.to.id])
        objective = await decision.get(Objective, self.objective_id, "objectiveId")
        objective.expect(self.expected_version)
        cycle = await decision.get(Cycle, objective.cycle_id)
        cycle.require_plan_open("objectiveId")
        owner = await decision.get(Owner, objective.owner_id, guard=False)
        above = await _align(
            decision, objective, self.to, (cycle, owner), path=("to",), contributes=self.contributes, weight=self.weight
        )
        await refuse_loop(decision, objective, [above.id], "to")
        return {"objective": str(objective.id)}


async def _align(
    decision: Decision,
    objective: Objective,
    target: Target,
    below: tuple[Cycle, Owner],
    *,
    path: tuple[str, ...],
    contributes: bool,
    weight: Decimal = Decimal(1),
) -> Objective:
    """Say that the objective serves the target; returns the target, or the objective that the target belongs to."""
    if target.kind is TargetKind.KEY_RESULT:
        key_result = await decision.get(KeyResult, target.id, *path, "keyResultId")
        key_result.require_live(*path)
        above = await decision.get(Objective, key_result.objective_id)
        owner_id = key_result.owner_id
    else:
        above = await decision.get(Objective, target.id, *path, "objectiveId")
        owner_id = above.owner_id
    above.require_live(*path)
    cycle = await decision.get(Cycle, above.cycle_id)
    owner = await decision.get(Owner, owner_id, guard=False)
    await require_link(decision, target.kind.link, below=below, above=(cycle, owner), path=path)
    objective.align(target, contributes=contributes, weight=weight)
    return above
