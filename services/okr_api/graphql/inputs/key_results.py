"""Inputs about key results."""

from datetime import date
from decimal import Decimal

import strawberry
from strawberry import ID, UNSET

from okr_api.commands import key_results as commands
from okr_api.domain import values
from okr_api.graphql.enums import ChildPolicy, MetricKind
from okr_api.graphql.ids import given_id, given_id_or_none
from okr_api.graphql.inputs.common import JustifiedChange, Versioned, changes


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


@strawberry.input(description="What changes about a key result. An absent field keeps its value.")
class EditKRInput(Versioned):
    id: ID = strawberry.field(description="The key result.")
    title: str | None = strawberry.field(default=UNSET, description="What it says, 1 to 500 characters.")
    weight: Decimal | None = strawberry.field(default=UNSET, description="How much it counts, 0 to 1000.")
    due_on: date | None = strawberry.field(
        default=UNSET, description="The day by which it should be reached; null: the end of its cycle."
    )
    owner_id: ID | None = strawberry.field(default=UNSET, description="Who answers for it.")
    check_in_every_days: int | None = strawberry.field(default=UNSET, description="How often it should be reported on.")
    external_ref: str | None = strawberry.field(default=UNSET, description="Its name in another system; null: none.")

    def command(self) -> commands.EditKR:
        needed = ("title", "weight", "owner_id", "check_in_every_days")
        return commands.EditKR(
            id=given_id(self.id),
            expected_version=self.expected_version,
            reason=self.reason,
            **changes(self, *needed, clearable=("due_on", "external_ref")),
        )


@strawberry.input(description="New numbers for the same metric. An absent number keeps its value.")
class RetargetKRInput(JustifiedChange):
    id: ID = strawberry.field(description="The key result.")
    start: Decimal | None = strawberry.field(default=UNSET, description="Where it begins.")
    target: Decimal | None = strawberry.field(default=UNSET, description="Where it should get to, or stay.")
    limit: Decimal | None = strawberry.field(default=UNSET, description="Where progress reaches 0.")

    def command(self) -> commands.RetargetKR:
        return commands.RetargetKR(
            id=given_id(self.id),
            expected_version=self.expected_version,
            reason=self.reason,
            **changes(self, "start", "target", "limit"),
        )


@strawberry.input(description="A key result that measures another objective from now on.")
class MoveKRInput(Versioned):
    id: ID = strawberry.field(description="The key result; its check-ins and delegation go along.")
    to_objective_id: ID = strawberry.field(description="The objective that it measures.")

    def command(self) -> commands.MoveKR:
        return commands.MoveKR(
            id=given_id(self.id),
            to_objective_id=given_id(self.to_objective_id),
            expected_version=self.expected_version,
            reason=self.reason,
        )


@strawberry.input(description="A key result that is given up.")
class RetireKRInput(JustifiedChange):
    id: ID = strawberry.field(description="The key result.")
    child: ChildPolicy | None = strawberry.field(
        default=None, description="What becomes of what hangs below; needed if anything does."
    )

    def command(self) -> commands.RetireKR:
        return commands.RetireKR(
            id=given_id(self.id), child=self.child, expected_version=self.expected_version, reason=self.reason
        )


@strawberry.input(description="How well a key result was reached.")
class ScoreKRInput(Versioned):
    id: ID = strawberry.field(description="The key result.")
    score: Decimal = strawberry.field(description="0..1.")

    def command(self) -> commands.ScoreKR:
        return commands.ScoreKR(
            id=given_id(self.id), score=self.score, expected_version=self.expected_version, reason=self.reason
        )
