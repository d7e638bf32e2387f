"""Metrics: how key results are measured, and what they were to reach before."""

from datetime import datetime
from decimal import Decimal
from typing import Self

import strawberry

from okr_api.domain import values
from okr_api.graphql.enums import MetricKind
from okr_api.graphql.types.owners import Actor


@strawberry.type(description="How a key result is measured.")
class Metric:
    kind: MetricKind = strawberry.field(description="Which way the value should go.")
    start: Decimal | None = strawberry.field(description="INCREASE and DECREASE: where it begins, which is progress 0.")
    target: Decimal | None = strawberry.field(description="Where it should get to, or stay.")
    limit: Decimal | None = strawberry.field(description="MAINTAIN kinds: where progress reaches 0.")
    inclusive: bool = strawberry.field(description="MAINTAIN kinds: whether the target itself is good enough.")
    unit: str | None = strawberry.field(description="A label; values of different units are never added.")

    @classmethod
    def of(cls, metric: values.Metric) -> Self:
        return cls(
            kind=metric.kind,
            start=metric.start,
            target=metric.target,
            limit=metric.limit,
            inclusive=metric.inclusive,
            unit=metric.unit,
        )


@strawberry.type(description="What a key result was to reach for a while.")
class Target:
    metric: Metric = strawberry.field(description="How it was measured then.")
    since: datetime = strawberry.field(description="When it was set.")
    until: datetime | None = strawberry.field(description="When another took its place; null: it stands.")
    reason: str | None = strawberry.field(description="Why it was set.")
    actor: Actor = strawberry.field(description="Who set it.")
