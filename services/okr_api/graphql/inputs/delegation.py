"""Inputs about delegation: a key result becomes an objective below, is taken back, or goes elsewhere."""

import strawberry
from strawberry import ID, UNSET

from okr_api.commands import delegation as commands
from okr_api.graphql.enums import ChildPolicy
from okr_api.graphql.ids import given_id, given_id_or_none
from okr_api.graphql.inputs.common import JustifiedChange, Versioned
from okr_api.graphql.inputs.key_results import NewKR


@strawberry.input(one_of=True, description="A new objective for that owner, or an objective that stands already.")
class DelegateTo:
    owner_id: ID | None = strawberry.field(default=UNSET, description="Whoever gets a new objective.")
    objective_id: ID | None = strawberry.field(default=UNSET, description="The objective that restates it.")


@strawberry.input(description="What a key result becomes, and how.")
class Delegating:
    to: DelegateTo = strawberry.field(description="What it becomes.")
    title: str | None = strawberry.field(default=None, description="The new objective's title.")
    cycle_id: ID | None = strawberry.field(default=None, description="The new objective's cycle.")
    key_results: list[NewKR] | None = strawberry.field(default=None, description="The new objective's key results.")
    retain: bool = strawberry.field(
        default=False, description="Whether the accountable owner keeps checking in as well."
    )

    def delegation(self) -> commands.Delegation:
        return commands.Delegation(
            to_owner_id=given_id_or_none(self.to.owner_id),
            to_objective_id=given_id_or_none(self.to.objective_id),
            title=self.title,
            cycle_id=given_id_or_none(self.cycle_id),
            key_results=tuple(kr.new() for kr in self.key_results or ()),
            retain=self.retain,
        )


@strawberry.input(
    description=(
        "retain: the accountable owner keeps checking in as well (disposition BOTH). title, cycleId and keyResults are "
        "for a new objective; title defaults to the key result's, cycleId to its cycle."
    )
)
class DelegateKRInput(Delegating, Versioned):
    key_result_id: ID = strawberry.field(description="The key result to delegate.")

    def command(self) -> commands.DelegateKR:
        return commands.DelegateKR(
            key_result_id=given_id(self.key_result_id),
            to=self.delegation(),
            expected_version=self.expected_version,
            reason=self.reason,
        )


@strawberry.input(description="A key result that is its owner's alone again.")
class UndelegateKRInput(JustifiedChange):
    key_result_id: ID = strawberry.field(description="The key result.")
    child: ChildPolicy | None = strawberry.field(
        default=None, description="What becomes of the objective that it was; needed if that is live."
    )

    def command(self) -> commands.UndelegateKR:
        return commands.UndelegateKR(
            key_result_id=given_id(self.key_result_id),
            child=self.child,
            expected_version=self.expected_version,
            reason=self.reason,
        )


@strawberry.input(description="A key result that becomes another objective than before, in one commit.")
class ReassignKRInput(Delegating, JustifiedChange):
    key_result_id: ID = strawberry.field(description="The key result.")
    child: ChildPolicy | None = strawberry.field(
        default=None, description="What becomes of the objective that it was; needed if that is live."
    )

    def command(self) -> commands.ReassignKR:
        return commands.ReassignKR(
            key_result_id=given_id(self.key_result_id),
            to=self.delegation(),
            child=self.child,
            expected_version=self.expected_version,
            reason=self.reason,
        )
