"""Objective: what an owner wants to reach in a cycle, and what it says that it serves."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Self
from uuid import UUID

from okr_api.domain.errors import Problem, Refused, RuleViolation, refuse_if
from okr_api.domain.events import DelegationAccepted, Event, ObjectiveAligned, ObjectiveCreated
from okr_api.domain.stream import Stream
from okr_api.domain.values import (
    MAX_LABEL,
    MAX_TEXT,
    MAX_TITLE,
    Commitment,
    ObjectiveState,
    TargetKind,
    Text,
    Visibility,
    text_problems,
    weight_problems,
)


@dataclass(frozen=True)
class Target:
    """What an objective serves."""

    kind: TargetKind
    id: UUID


class Objective(Stream):
    TITLE = "objective"

    # decide
    @classmethod
    def create(
        cls,
        objective_id: UUID,
        *,
        cycle_id: UUID,
        owner_id: UUID,
        title: str,
        description: str | None = None,
        commitment: Commitment = Commitment.ASPIRATIONAL,
        visibility: Visibility = Visibility.ORGANISATION,
        draft: bool = False,
        external_ref: str | None = None,
    ) -> Self:
        return cls.begin(
            ObjectiveCreated,
            objective_id,
            cycle_id=cycle_id,
            owner_id=owner_id,
            title=Text.typed(title),
            description=Text.maybe(description),
            commitment=commitment,
            visibility=visibility,
            draft=draft,
            external_ref=external_ref,
        )

    def align(self, target: Target, *, contributes: bool, weight: Decimal) -> None:
        self.require_live("objectiveId")
        refuse_if(weight_problems(weight))
        if target in self.targets or target.id == self.delegated_from:
            message = "This objective already serves that target."
            raise Refused(RuleViolation("ALREADY_ALIGNED", message, ("to",), {}, (str(self.id), str(target.id))))
        self.trigger_event(
            ObjectiveAligned, target_kind=target.kind, target_id=target.id, contributes=contributes, weight=weight
        )

    def accept_delegation(self, key_result_id: UUID) -> None:
        """Whether it restates another key result already is looked at by the caller: that key result says it."""
        self.require_live("to", "objectiveId")
        self.trigger_event(DelegationAccepted, key_result_id=key_result_id)

    def require_live(self, *path: str) -> None:
        if self.state is ObjectiveState.RETIRED:
            message = "This objective is retired: restore it first."
            raise Refused(RuleViolation("RETIRED", message, path, {}, (str(self.id),)))

    # evolve
    def when(self, event: Event) -> None:
        match event:
            case ObjectiveCreated():
                self.cycle_id, self.owner_id = event.cycle_id, event.owner_id
                self.state = ObjectiveState.DRAFT if event.draft else ObjectiveState.ACTIVE
                self.targets: tuple[Target, ...] = ()
                self.delegated_from: UUID | None = None
            case ObjectiveAligned():
                self.targets = (*self.targets, Target(event.target_kind, event.target_id))
            case DelegationAccepted():
                self.delegated_from = event.key_result_id


def input_problems(title: str, description: str | None, external_ref: str | None) -> Iterator[Problem]:
    """What is wrong with the texts of an objective."""
    yield from text_problems(title, "title", MAX_TITLE, required=True)
    if description is not None:
        yield from text_problems(description, "description", MAX_TEXT)
    if external_ref is not None:
        yield from text_problems(external_ref, "externalRef", MAX_LABEL, required=True)
