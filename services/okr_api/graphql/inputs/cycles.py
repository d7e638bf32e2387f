"""Inputs about cycles."""

from datetime import date

import strawberry
from strawberry import ID, UNSET

from okr_api.commands.cycles import CreateCycle, CycleTransition, EditCycle
from okr_api.graphql.enums import Approach
from okr_api.graphql.ids import given_id, given_id_or_none
from okr_api.graphql.inputs.common import Reasoned, Versioned, changes


@strawberry.input(description="A new cycle, which begins as a draft.")
class CreateCycleInput(Reasoned):
    name: str = strawberry.field(description="What people call it, 1 to 500 characters.")
    starts_on: date = strawberry.field(description="Its first day.")
    ends_on: date = strawberry.field(description="Its last day.")
    approach: Approach = strawberry.field(default=Approach.MIXED, description="Which links it admits.")
    parent_id: ID | None = strawberry.field(default=None, description="The longer cycle that contains it.")
    time_zone: str = strawberry.field(default="UTC", description="The IANA time zone in which its days begin and end.")
    check_in_every_days: int = strawberry.field(
        default=7, description="How often its key results should be reported on."
    )

    def command(self) -> CreateCycle:
        return CreateCycle(
            name=self.name,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            approach=self.approach,
            parent_id=given_id_or_none(self.parent_id),
            time_zone=self.time_zone,
            check_in_every_days=self.check_in_every_days,
            reason=self.reason,
        )


@strawberry.input(description="What changes about a cycle. An absent field keeps its value.")
class EditCycleInput(Versioned):
    id: ID = strawberry.field(description="The cycle.")
    name: str | None = strawberry.field(default=UNSET, description="What people call it, 1 to 500 characters.")
    starts_on: date | None = strawberry.field(default=UNSET, description="Its first day.")
    ends_on: date | None = strawberry.field(default=UNSET, description="Its last day.")
    check_in_every_days: int | None = strawberry.field(
        default=UNSET, description="How often its key results should be reported on."
    )

    def command(self) -> EditCycle:
        return EditCycle(
            id=given_id(self.id),
            expected_version=self.expected_version,
            reason=self.reason,
            **changes(self, "name", "starts_on", "ends_on", "check_in_every_days"),
        )


@strawberry.input(description="A cycle that goes to another state.")
class CycleTransitionInput(Versioned):
    id: ID = strawberry.field(description="The cycle.")

    def command(self, kind: type[CycleTransition]) -> CycleTransition:
        return kind(id=given_id(self.id), expected_version=self.expected_version, reason=self.reason)
