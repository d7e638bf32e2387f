"""KeyResult: how an objective is measured, who answers for it, and to what it was delegated."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Self
from uuid import UUID

from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import InvalidInput, Problem, Refused, RuleViolation, under
from okr_api.domain.events import Event, KRAdded, KRDelegated
from okr_api.domain.stream import Stream
from okr_api.domain.values import (
    MAX_LABEL,
    MAX_TITLE,
    Metric,
    MetricKind,
    Text,
    text_problems,
    weight_problems,
)


class KeyResult(Stream):
    TITLE = "key result"

    # decide
    @classmethod
    def add(
        cls,
        key_result_id: UUID,
        *,
        objective_id: UUID,
        owner_id: UUID,
        title: str,
        metric: Metric,
        weight: Decimal,
        due_on: date | None = None,
        check_in_every_days: int | None = None,
        external_ref: str | None = None,
    ) -> Self:
        return cls.begin(
            KRAdded,
            key_result_id,
            objective_id=objective_id,
            owner_id=owner_id,
            title=Text.typed(title),
            metric=metric,
            weight=weight,
            due_on=due_on,
            check_in_every_days=check_in_every_days,
            external_ref=external_ref,
        )

    def delegate(self, objective_id: UUID, *, retain: bool, standing: bool) -> None:
        """`standing`: whether the delegation that it may already have is still live."""
        self.require_live("keyResultId")
        if standing:
            message = "This key result is already delegated: end that delegation or reassign it."
            ids = (str(self.id), str(self.delegated_to))
            raise Refused(RuleViolation("ALREADY_DELEGATED", message, ("keyResultId",), {}, ids))
        self.trigger_event(KRDelegated, objective_id=objective_id, retain=retain)

    def require_live(self, *path: str) -> None:
        if self.retired:
            message = "This key result is retired: restore it first."
            raise Refused(RuleViolation("RETIRED", message, path, {}, (str(self.id),)))

    # evolve
    def when(self, event: Event) -> None:
        match event:
            case KRAdded():
                self.objective_id, self.owner_id = event.objective_id, event.owner_id
                self.title = event.title
                self.metric_kind: MetricKind = event.metric.kind
                self.delegated_to: UUID | None = None
                self.retired = False
            case KRDelegated():
                self.delegated_to = event.objective_id


def input_problems(
    title: str,
    metric: Metric,
    weight: Decimal,
    due_on: date | None,
    check_in_every_days: int | None,
    external_ref: str | None,
    cycle: Cycle,
) -> Iterator[Problem]:
    """What is wrong with the fields of a key result in that cycle."""
    yield from text_problems(title, "title", MAX_TITLE, required=True)
    yield from under(("metric",), metric.problems())
    yield from weight_problems(weight)
    if due_on is not None and not cycle.starts_on <= due_on <= cycle.ends_on:
        message = f"A key result is due inside its cycle, from {cycle.starts_on} to {cycle.ends_on}."
        yield InvalidInput("DUE_OUTSIDE_CYCLE", message, ("dueOn",))
    if check_in_every_days is not None and not 1 <= check_in_every_days <= 366:
        yield InvalidInput("OUT_OF_RANGE", "checkInEveryDays must be between 1 and 366.", ("checkInEveryDays",))
    if external_ref is not None:
        yield from text_problems(external_ref, "externalRef", MAX_LABEL, required=True)
