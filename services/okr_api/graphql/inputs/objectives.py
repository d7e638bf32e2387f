"""Inputs about objectives."""

from decimal import Decimal

import strawberry
from strawberry import ID, UNSET

from okr_api.commands.objectives import AlignObjective, CreateObjective
from okr_api.domain.objective import Contribution, Target
from okr_api.domain.values import TargetKind
from okr_api.graphql.enums import Commitment, Visibility
from okr_api.graphql.ids import NOWHERE, given_id, given_id_or_none
from okr_api.graphql.inputs.common import Reasoned, Versioned
from okr_api.graphql.inputs.key_results import NewKR


@strawberry.input(one_of=True, description="What an objective serves: exactly one of these.")
class AlignmentTarget:
    objective_id: ID | None = strawberry.field(default=UNSET, description="An objective.")
    key_result_id: ID | None = strawberry.field(default=UNSET, description="A key result, which it then supports.")

    def target(self) -> Target:
        objective_id = given_id_or_none(self.objective_id)
        if objective_id is not None:
            return Target(TargetKind.OBJECTIVE, objective_id)
        return Target(TargetKind.KEY_RESULT, given_id_or_none(self.key_result_id) or NOWHERE)


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
