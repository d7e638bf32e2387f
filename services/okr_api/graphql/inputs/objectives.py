"""Inputs about objectives."""

import json
from decimal import Decimal
from hashlib import sha256

import strawberry
from strawberry import ID, UNSET

from okr_api.commands.carry_over import CarryOverObjective
from okr_api.commands.objectives import (
    ActivateObjective,
    AlignObjective,
    CreateObjective,
    CreateObjectives,
    EditObjective,
    RetireObjective,
    UnalignObjective,
)
from okr_api.domain.objective import Contribution, LinkTarget
from okr_api.domain.values import TargetKind
from okr_api.graphql.batches import Answers, Batch, Item
from okr_api.graphql.context import Context
from okr_api.graphql.enums import BatchMode, ChildPolicy, Commitment, Visibility
from okr_api.graphql.ids import NOWHERE, given_id, given_id_or_none
from okr_api.graphql.inputs.common import JustifiedChange, Reasoned, Versioned, changes
from okr_api.graphql.inputs.key_results import NewKR


@strawberry.input(one_of=True, description="What an objective serves: exactly one of these.")
class AlignmentTarget:
    objective_id: ID | None = strawberry.field(default=UNSET, description="An objective.")
    key_result_id: ID | None = strawberry.field(default=UNSET, description="A key result, which it then supports.")

    def target(self) -> LinkTarget:
        objective_id = given_id_or_none(self.objective_id)
        if objective_id is not None:
            return LinkTarget(TargetKind.OBJECTIVE, objective_id)
        return LinkTarget(TargetKind.KEY_RESULT, given_id_or_none(self.key_result_id) or NOWHERE)


@strawberry.input(description="A new objective, its key results and what it serves, in one commit.")
class CreateObjectiveInput(Reasoned):
    cycle_id: ID = strawberry.field(description="The cycle that it belongs to.")
    owner_id: ID = strawberry.field(description="Who wants to reach it.")
    title: str = strawberry.field(description="What is to be reached, 1 to 500 characters.")
    description: str | None = strawberry.field(default=None, description="More about it, up to 10,000 characters.")
    commitment: Commitment = strawberry.field(
        default=Commitment.ASPIRATIONAL, description="How much of it is promised."
    )
    visibility: Visibility = strawberry.field(default=Visibility.ORGANISATION, description="Who may read it.")
    draft: bool = strawberry.field(default=False, description="Whether it is only proposed as yet.")
    align_to: list[AlignmentTarget] | None = strawberry.field(default=None, description="What it serves.")
    key_results: list[NewKR] | None = strawberry.field(default=None, description="How it is measured, at most 50.")
    external_ref: str | None = strawberry.field(default=None, description="Its name in another system.")

    def command(self) -> CreateObjective:
        return CreateObjective(
            cycle_id=given_id(self.cycle_id),
            owner_id=given_id(self.owner_id),
            title=self.title,
            description=self.description,
            commitment=self.commitment,
            visibility=self.visibility,
            draft=self.draft,
            align_to=tuple(target.target() for target in self.align_to or ()),
            key_results=tuple(kr.new() for kr in self.key_results or ()),
            external_ref=self.external_ref,
            reason=self.reason,
        )


@strawberry.input(description="1..200 items.")
class CreateObjectivesInput:
    items: list[CreateObjectiveInput] = strawberry.field(description="The objectives, 1 to 200.")
    mode: BatchMode = strawberry.field(
        default=BatchMode.ATOMIC, description="Whether one refused item refuses all of them."
    )

    async def created(self, context: Context) -> Answers:
        """Raises Refused, QueueFull or LogUnavailable."""
        items = [Item(item.command(), item.idempotency_key) for item in self.items]
        batch = Batch(items, most=200, key_needed=False)
        if self.mode is BatchMode.BEST_EFFORT:
            return await batch.each_for_itself(context, "objective")
        return await batch.all_or_none(context, CreateObjectives, self._key())

    def _key(self) -> str | None:
        """What is done in one commit is done under one key: that of all the items' together."""
        keys = [item.idempotency_key for item in self.items]
        return sha256(json.dumps(keys).encode()).hexdigest() if any(keys) else None


@strawberry.input(description="What changes about an objective. An absent field keeps its value.")
class EditObjectiveInput(Versioned):
    id: ID = strawberry.field(description="The objective.")
    title: str | None = strawberry.field(default=UNSET, description="What is to be reached, 1 to 500 characters.")
    description: str | None = strawberry.field(
        default=UNSET, description="More about it, up to 10,000 characters; null: nothing."
    )
    commitment: Commitment | None = strawberry.field(default=UNSET, description="How much of it is promised.")
    visibility: Visibility | None = strawberry.field(default=UNSET, description="Who may read it.")
    owner_id: ID | None = strawberry.field(default=UNSET, description="Who wants to reach it.")
    external_ref: str | None = strawberry.field(default=UNSET, description="Its name in another system; null: none.")

    def command(self) -> EditObjective:
        needed = ("title", "commitment", "visibility", "owner_id")
        return EditObjective(
            id=given_id(self.id),
            expected_version=self.expected_version,
            reason=self.reason,
            **changes(self, *needed, clearable=("description", "external_ref")),
        )


@strawberry.input(description="A draft that is pursued from now on.")
class ActivateObjectiveInput(Versioned):
    id: ID = strawberry.field(description="The objective.")

    def command(self) -> ActivateObjective:
        return ActivateObjective(id=given_id(self.id), expected_version=self.expected_version, reason=self.reason)


@strawberry.input(description="An objective that ends; its key results end with it.")
class RetireObjectiveInput(JustifiedChange):
    id: ID = strawberry.field(description="The objective.")
    children: ChildPolicy | None = strawberry.field(
        default=None, description="What becomes of what hangs below; needed if anything does."
    )

    def command(self) -> RetireObjective:
        return RetireObjective(
            id=given_id(self.id),
            children=self.children,
            expected_version=self.expected_version,
            reason=self.reason,
        )


@strawberry.input(description="What an objective serves from now on.")
class AlignObjectiveInput(Versioned):
    objective_id: ID = strawberry.field(description="The objective that serves.")
    to: AlignmentTarget = strawberry.field(description="The objective or key result that it serves.")
    contributes: bool = strawberry.field(default=False, description="Whether its progress feeds the target's.")
    weight: Decimal = strawberry.field(default=Decimal(1), description="How much it counts there, 0 to 1000.")

    def command(self) -> AlignObjective:
        return AlignObjective(
            objective_id=given_id(self.objective_id),
            to=self.to.target(),
            contribution=Contribution(self.contributes, self.weight),
            expected_version=self.expected_version,
            reason=self.reason,
        )


@strawberry.input(description="What an objective serves no longer.")
class UnalignObjectiveInput(Versioned):
    objective_id: ID = strawberry.field(description="The objective that served.")
    from_: AlignmentTarget = strawberry.field(name="from", description="The objective or key result that it served.")

    def command(self) -> UnalignObjective:
        return UnalignObjective(
            objective_id=given_id(self.objective_id),
            from_=self.from_.target(),
            expected_version=self.expected_version,
            reason=self.reason,
        )


@strawberry.input(description="An objective that goes on in another cycle, as a new one that continues from it.")
class CarryOverObjectiveInput(Reasoned):
    id: ID = strawberry.field(description="The objective.")
    to_cycle_id: ID = strawberry.field(description="The cycle in which it goes on.")
    key_result_ids: list[ID] | None = strawberry.field(
        default=None, description="The key results that go on; without them, all that are live."
    )
    owner_id: ID | None = strawberry.field(default=None, description="Who gets it; without one, who had it.")

    def command(self) -> CarryOverObjective:
        return CarryOverObjective(
            id=given_id(self.id),
            to_cycle_id=given_id(self.to_cycle_id),
            key_result_ids=None if self.key_result_ids is None else tuple(map(given_id, self.key_result_ids)),
            owner_id=given_id_or_none(self.owner_id),
            reason=self.reason,
        )
