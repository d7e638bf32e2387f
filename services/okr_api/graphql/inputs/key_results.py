"""Inputs about key results."""

from datetime import date
from decimal import Decimal

import strawberry
from strawberry import ID, UNSET

from okr_api.commands import key_results as commands
from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.domain import values
from okr_api.graphql.enums import MetricKind
from okr_api.graphql.ids import given_id, given_id_or_none
from okr_api.graphql.inputs.common import Versioned


@strawberry.input(description="How a key result is measured.")
class MetricInput:
    kind: MetricKind = strawberry.field(description="Which way the value should go.")
    start: Decimal | None = strawberry.field(
        default=None, description="INCREASE and DECREASE: where it begins, which is progress 0."
    )
    target: Decimal | None = strawberry.field(
        default=None, description="Where it should get to, or stay; MILESTONE takes no numbers."
    )
    limit: Decimal | None = strawberry.field(
        default=None, description="MAINTAIN kinds: where progress reaches 0; without it, met or not."
    )
    inclusive: bool = strawberry.field(
        default=True, description="MAINTAIN kinds: whether the target itself is good enough."
    )
    unit: str | None = strawberry.field(default=None, description="A label, up to 100 characters.")

    def metric(self) -> values.Metric:
        return values.Metric(self.kind, self.start, self.target, self.limit, self.inclusive, self.unit)


@strawberry.input(description="A new key result.")
class NewKR:
    title: str = strawberry.field(description="What tells that the objective is reached, 1 to 500 characters.")
    metric: MetricInput = strawberry.field(description="How it is measured.")
    weight: Decimal = strawberry.field(default=Decimal(1), description="How much it counts, 0 to 1000.")
    owner_id: ID | None = strawberry.field(
        default=None, description="Who answers for it; without one, the objective's owner."
    )
    due_on: date | None = strawberry.field(default=None, description="The day by which it should be reached.")
    check_in_every_days: int | None = strawberry.field(
        default=None, description="How often it should be reported on; without one, as often as the cycle says."
    )
    external_ref: str | None = strawberry.field(default=None, description="Its name in another system.")

    def new(self) -> commands.NewKR:
        return commands.NewKR(
            title=self.title,
            metric=self.metric.metric(),
            weight=self.weight,
            owner_id=given_id_or_none(self.owner_id),
            due_on=self.due_on,
            check_in_every_days=self.check_in_every_days,
            external_ref=self.external_ref,
        )


@strawberry.input(description="A key result for an objective that stands.")
class AddKRInput(Versioned):
    objective_id: ID = strawberry.field(description="The objective that it measures.")
    kr: NewKR = strawberry.field(description="The key result.")

    def command(self) -> commands.AddKR:
        return commands.AddKR(
            objective_id=given_id(self.objective_id),
            kr=self.kr.new(),
            expected_version=self.expected_version,
            reason=self.reason,
        )


@strawberry.input(one_of=True, description="A new objective for that owner, or an objective that stands already.")
class DelegateTo:
    owner_id: ID | None = strawberry.field(default=UNSET, description="Whoever gets a new objective.")
    objective_id: ID | None = strawberry.field(default=UNSET, description="The objective that restates it.")


@strawberry.input(
    description=(
        "retain: the accountable owner keeps checking in as well (disposition BOTH). title, cycleId and keyResults are "
        "for a new objective; title defaults to the key result's, cycleId to its cycle."
    )
)
class DelegateKRInput(Versioned):
    key_result_id: ID = strawberry.field(description="The key result to delegate.")
    to: DelegateTo = strawberry.field(description="What it becomes.")
    title: str | None = strawberry.field(default=None, description="The new objective's title.")
    cycle_id: ID | None = strawberry.field(default=None, description="The new objective's cycle.")
    key_results: list[NewKR] | None = strawberry.field(default=None, description="The new objective's key results.")
    retain: bool = strawberry.field(
        default=False, description="Whether the accountable owner keeps checking in as well."
    )

    def command(self) -> DelegateKR:
        return DelegateKR(
            key_result_id=given_id(self.key_result_id),
            to=Delegation(
                to_owner_id=given_id_or_none(self.to.owner_id),
                to_objective_id=given_id_or_none(self.to.objective_id),
                title=self.title,
                cycle_id=given_id_or_none(self.cycle_id),
                key_results=tuple(kr.new() for kr in self.key_results or ()),
                retain=self.retain,
            ),
            expected_version=self.expected_version,
            reason=self.reason,
        )
