"""Commands about objectives: set them with their key results, change them, say what they serve, end them."""

from dataclasses import dataclass
from uuid import UUID

from okr_api.commands.batches import AllOrNone
from okr_api.commands.branches import ChildPolicy, Ending, children_of, served_instead, settle
from okr_api.commands.decision import Command, Decision, Result
from okr_api.commands.key_results import NewKR, add_key_results
from okr_api.commands.links import align, objectives_above, refuse_loop
from okr_api.commands.references import change_reference, take_reference
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import Problems, Refused, key_of_another, refuse_if
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import Contribution, LinkTarget, Objective, input_problems
from okr_api.domain.owner import Owner
from okr_api.domain.values import (
    KEPT,
    MAX_TEXT,
    MAX_TITLE,
    Commitment,
    Kept,
    Visibility,
    reference_problems,
    text_problems,
)


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
    align_to: tuple[LinkTarget, ...] = ()
    key_results: tuple[NewKR, ...] = ()
    external_ref: str | None = None

    async def decide(self, decision: Decision) -> Result:
        objective_id = decision.new_id()
        # Under the same key it may have been created as part of a batch: the log then says that its stream is taken.
        before = await decision.find(Objective, objective_id) if decision.again else None
        if before is not None:
            if before.cycle_id != self.cycle_id:  # what else it was created with may have been edited since
                raise Refused(key_of_another("objective"))
            decision.duplicate = True
            return {"objective": str(objective_id)}
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
            objective_id,
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
            await take_reference(decision, Objective, self.external_ref, objective.id)
        if cycle is not None and owner is not None:
            for place, target in enumerate(self.align_to):
                with problems.noted("alignTo", str(place)):
                    await align(decision, objective, target, Contribution(), (cycle, owner))
            with problems.noted():
                await add_key_results(decision, objective, cycle, self.key_results)
        problems.refuse()
        return {"objective": str(objective.id)}


@dataclass(frozen=True, kw_only=True)
class CreateObjectives(AllOrNone):
    """Several objectives in one commit: all of them or none."""

    MAKES = "objective"

    items: tuple[CreateObjective, ...]


@dataclass(frozen=True, kw_only=True)
class OnObjective(Command):
    """Something that is done to one objective whose cycle is open to changes."""

    id: UUID
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.id,)

    async def decide(self, decision: Decision) -> Result:
        objective = await decision.get(Objective, self.id, "id")
        objective.expect(self.expected_version)
        cycle = await decision.get(Cycle, objective.cycle_id)
        cycle.require_plan_open("id")
        await self.change(decision, objective)
        return {"objective": str(objective.id)}

    async def change(self, decision: Decision, objective: Objective) -> None:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class EditObjective(OnObjective):
    """Fields that are KEPT stay; None clears the description or the external reference."""

    title: str | Kept = KEPT
    description: str | Kept | None = KEPT
    commitment: Commitment | Kept = KEPT
    visibility: Visibility | Kept = KEPT
    owner_id: UUID | Kept = KEPT
    external_ref: str | Kept | None = KEPT

    async def change(self, decision: Decision, objective: Objective) -> None:
        objective.require_live("id")
        problems = Problems()
        if self.title is not KEPT:
            problems.extend(text_problems(self.title, "title", MAX_TITLE, required=True))
            objective.retitle(self.title)
        if self.description is not KEPT:
            problems.extend(text_problems(self.description or "", "description", MAX_TEXT))
            objective.describe(self.description)
        if self.commitment is not KEPT:
            objective.commit(self.commitment)
        if self.visibility is not KEPT:
            objective.show(self.visibility)
        if self.owner_id is not KEPT:
            with problems.noted():
                (await decision.get(Owner, self.owner_id, "ownerId")).require_active("ownerId")
                objective.hand_to(self.owner_id)
        if self.external_ref is not KEPT:
            with problems.noted():
                refuse_if(reference_problems(self.external_ref))
                await change_reference(decision, Objective, objective.external_ref, self.external_ref, objective.id)
                objective.refer(self.external_ref)
        problems.refuse()


class ActivateObjective(OnObjective):
    async def change(self, decision: Decision, objective: Objective) -> None:
        objective.activate()


@dataclass(frozen=True, kw_only=True)
class RetireObjective(OnObjective):
    """Its key results end with it; what hangs from it or from them goes by the policy."""

    children: ChildPolicy | None = None

    async def change(self, decision: Decision, objective: Objective) -> None:
        objective.retire()
        key_results = await decision.facts.key_results_of(objective.id)
        parents = frozenset([objective.id, *key_results])
        below = await children_of(decision, objective.id)
        ending = Ending(parents, await served_instead(decision, objective))
        await settle(decision, ending, below, self.children, "children")


class RestoreObjective(OnObjective):
    """Its links become live again, so it must not have come to stand above what it serves."""

    async def change(self, decision: Decision, objective: Objective) -> None:
        objective.restore()
        await take_reference(decision, Objective, objective.external_ref, objective.id)
        for key_result_id in await decision.facts.key_results_of(objective.id):
            key_result = await decision.get(KeyResult, key_result_id)
            await take_reference(decision, KeyResult, key_result.external_ref, key_result.id)
        await refuse_loop(decision, objective, await objectives_above(decision, objective), "id")


@dataclass(frozen=True, kw_only=True)
class AlignObjective(Command):
    objective_id: UUID
    to: LinkTarget
    contribution: Contribution = Contribution()  # noqa: RUF009 (immutable)
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
        above = await align(decision, objective, self.to, self.contribution, (cycle, owner), "to")
        await refuse_loop(decision, objective, [above.id], "to")
        return {"objective": str(objective.id)}


@dataclass(frozen=True, kw_only=True)
class UnalignObjective(Command):
    objective_id: UUID
    from_: LinkTarget
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.objective_id,)

    async def decide(self, decision: Decision) -> Result:
        objective = await decision.get(Objective, self.objective_id, "objectiveId")
        objective.expect(self.expected_version)
        cycle = await decision.get(Cycle, objective.cycle_id)
        cycle.require_plan_open("objectiveId")
        objective.require_live("objectiveId")
        objective.unalign(self.from_)
        return {"objective": str(objective.id)}
