"""KeyResult: how an objective is measured, who answers for it, and to what it was delegated."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Self
from uuid import UUID

from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import InvalidInput, Problem, Refused, RuleViolation, refuse_if, under
from okr_api.domain.events import (
    Event,
    KRAdded,
    KRDelegated,
    KRDueChanged,
    KRMoved,
    KROwnerChanged,
    KRReferenceChanged,
    KRRestored,
    KRRetargeted,
    KRRetired,
    KRRetitled,
    KRReweighted,
    KRRhythmChanged,
    KRScored,
    KRUndelegated,
)
from okr_api.domain.stream import Stream
from okr_api.domain.values import (
    MAX_TITLE,
    Metric,
    Text,
    reference_problems,
    rhythm_problems,
    share_problems,
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
        continues_from: UUID | None = None,
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
            continues_from=continues_from,
        )

    def retitle(self, title: str) -> None:
        if title != self.title.text:
            self.trigger_event(KRRetitled, title=Text.typed(title))

    def reweigh(self, weight: Decimal) -> None:
        if weight != self.weight:
            self.trigger_event(KRReweighted, weight=weight)

    def fall_due(self, due_on: date | None) -> None:
        if due_on != self.due_on:
            self.trigger_event(KRDueChanged, due_on=due_on)

    def hand_to(self, owner_id: UUID) -> None:
        if owner_id != self.owner_id:
            self.trigger_event(KROwnerChanged, owner_id=owner_id)

    def change_rhythm(self, check_in_every_days: int) -> None:
        if check_in_every_days != self.check_in_every_days:
            self.trigger_event(KRRhythmChanged, check_in_every_days=check_in_every_days)

    def refer(self, external_ref: str | None) -> None:
        if external_ref != self.external_ref:
            self.trigger_event(KRReferenceChanged, external_ref=external_ref)

    def retarget(self, start: Decimal | None, target: Decimal | None, limit: Decimal | None) -> None:
        """New numbers for the same metric; None keeps a number."""
        old = self.metric
        metric = replace(
            old,
            start=old.start if start is None else start,
            target=old.target if target is None else target,
            limit=old.limit if limit is None else limit,
        )
        refuse_if(metric.problems())
        if metric != self.metric:
            self.trigger_event(KRRetargeted, metric=metric)

    def score(self, score: Decimal) -> None:
        refuse_if(share_problems(score, "score"))
        if score != self.scored:
            self.trigger_event(KRScored, score=score)

    def move(self, objective_id: UUID) -> None:
        if objective_id != self.objective_id:
            self.trigger_event(KRMoved, objective_id=objective_id)

    def delegate(self, objective_id: UUID, *, retain: bool, standing: bool) -> None:
        """`standing`: whether the delegation that it may already have is still live."""
        self.require_live("keyResultId")
        if standing:
            self.refuse_delegated("keyResultId")
        self.trigger_event(KRDelegated, objective_id=objective_id, retain=retain)

    def refuse_delegated(self, *path: str) -> None:
        message = "This key result is already delegated: end that delegation or reassign it."
        raise Refused(RuleViolation("ALREADY_DELEGATED", message, path, {}, (str(self.id), str(self.delegated_to))))

    def undelegate(self) -> UUID:
        """End the delegation; returns the objective that it went to."""
        self.require_live("keyResultId")
        delegate = self.delegated_to
        if delegate is None:
            message = "This key result is not delegated."
            raise Refused(RuleViolation("NOT_DELEGATED", message, ("keyResultId",), {}, (str(self.id),)))
        self.release()
        return delegate

    def release(self) -> None:
        """The objective that it was delegated to is free, although this may be retired."""
        if self.delegated_to is not None:
            self.trigger_event(KRUndelegated, objective_id=self.delegated_to)

    def retire(self) -> None:
        self.require_live("id")
        self.trigger_event(KRRetired)

    def restore(self) -> None:
        if not self.retired:
            message = "This key result is not retired: there is nothing to restore."
            raise Refused(RuleViolation("NOT_RETIRED", message, ("id",), {}, (str(self.id),)))
        self.trigger_event(KRRestored)

    def require_live(self, *path: str) -> None:
        if self.retired:
            message = "This key result is retired: restore it first."
            raise Refused(RuleViolation("RETIRED", message, path, {}, (str(self.id),)))

    # evolve
    def _begin(self, event: KRAdded) -> None:
        self.objective_id, self.owner_id = event.objective_id, event.owner_id
        self.title, self.metric, self.weight = event.title, event.metric, event.weight
        self.due_on, self.check_in_every_days = event.due_on, event.check_in_every_days
        self.external_ref = event.external_ref
        self.delegated_to: UUID | None = None
        self.retain = False
        self.scored: Decimal | None = None
        self.retired = False

    def when(self, event: Event) -> None:
        match event:
            case KRAdded():
                self._begin(event)
            case KRRetitled():
                self.title = event.title
            case KRReweighted():
                self.weight = event.weight
            case KRDueChanged():
                self.due_on = event.due_on
            case KROwnerChanged():
                self.owner_id = event.owner_id
            case KRRhythmChanged():
                self.check_in_every_days = event.check_in_every_days
            case KRReferenceChanged():
                self.external_ref = event.external_ref
            case KRRetargeted():
                self.metric = event.metric
            case KRScored():
                self.scored = event.score
            case KRMoved():
                self.objective_id = event.objective_id
            case KRDelegated():
                self.delegated_to, self.retain = event.objective_id, event.retain
            case KRUndelegated():
                self.delegated_to = None
            case KRRetired():
                self.retired = True
            case KRRestored():
                self.retired = False


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
    yield from due_problems(due_on, cycle)
    yield from rhythm_problems(check_in_every_days)
    yield from reference_problems(external_ref)


def due_problems(due_on: date | None, cycle: Cycle) -> Iterator[Problem]:
    if due_on is not None and not cycle.starts_on <= due_on <= cycle.ends_on:
        message = f"A key result is due inside its cycle, from {cycle.starts_on} to {cycle.ends_on}."
        yield InvalidInput("DUE_OUTSIDE_CYCLE", message, ("dueOn",))
