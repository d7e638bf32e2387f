"""Objective: what an owner wants to reach in a cycle, and what it says that it serves."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Self
from uuid import UUID

from okr_api.domain.errors import Problem, Refused, RuleViolation, refuse_if
from okr_api.domain.events import (
    DelegationAccepted,
    Event,
    ObjectiveActivated,
    ObjectiveAligned,
    ObjectiveCommitmentChanged,
    ObjectiveCreated,
    ObjectiveDescribed,
    ObjectiveOwnerChanged,
    ObjectiveReferenceChanged,
    ObjectiveRestored,
    ObjectiveRetired,
    ObjectiveRetitled,
    ObjectiveUnaligned,
    ObjectiveVisibilityChanged,
)
from okr_api.domain.stream import Stream
from okr_api.domain.values import (
    MAX_TEXT,
    MAX_TITLE,
    Commitment,
    ObjectiveState,
    TargetKind,
    Text,
    Visibility,
    reference_problems,
    text_problems,
    weight_problems,
)


@dataclass(frozen=True)
class LinkTarget:
    """What an objective serves."""

    kind: TargetKind
    id: UUID


@dataclass(frozen=True)
class Contribution:
    """Whether an alignment feeds its target's progress, and with what weight."""

    contributes: bool = False
    weight: Decimal = Decimal(1)


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
        continues_from: UUID | None = None,
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
            continues_from=continues_from,
        )

    def retitle(self, title: str) -> None:
        if title != self.title.text:
            self.trigger_event(ObjectiveRetitled, title=Text.typed(title))

    def describe(self, description: str | None) -> None:
        if description != (self.description and self.description.text):
            self.trigger_event(ObjectiveDescribed, description=Text.maybe(description))

    def commit(self, commitment: Commitment) -> None:
        if commitment is not self.commitment:
            self.trigger_event(ObjectiveCommitmentChanged, commitment=commitment)

    def show(self, visibility: Visibility) -> None:
        if visibility is not self.visibility:
            self.trigger_event(ObjectiveVisibilityChanged, visibility=visibility)

    def hand_to(self, owner_id: UUID) -> None:
        if owner_id != self.owner_id:
            self.trigger_event(ObjectiveOwnerChanged, owner_id=owner_id)

    def refer(self, external_ref: str | None) -> None:
        if external_ref != self.external_ref:
            self.trigger_event(ObjectiveReferenceChanged, external_ref=external_ref)

    def activate(self) -> None:
        self.require_live("id")
        if self.state is not ObjectiveState.DRAFT:
            message = "This objective is active already: only a draft can be activated."
            raise Refused(RuleViolation("NOT_A_DRAFT", message, ("id",), {}, (str(self.id),)))
        self.trigger_event(ObjectiveActivated)

    def align(self, target: LinkTarget, contribution: Contribution = Contribution()) -> None:
        self.require_live("objectiveId")
        refuse_if(weight_problems(contribution.weight))
        if target in self.targets:
            message = "This objective already serves that target."
            raise Refused(RuleViolation("ALREADY_ALIGNED", message, ("to",), {}, (str(self.id), str(target.id))))
        self.trigger_event(
            ObjectiveAligned,
            target_kind=target.kind,
            target_id=target.id,
            contributes=contribution.contributes,
            weight=contribution.weight,
        )

    def unalign(self, target: LinkTarget) -> None:
        if target not in self.targets:
            message = "This objective does not serve that target."
            raise Refused(RuleViolation("NOT_ALIGNED", message, ("from",), {}, (str(self.id), str(target.id))))
        self.trigger_event(ObjectiveUnaligned, target_kind=target.kind, target_id=target.id)

    def accept_delegation(self, key_result_id: UUID) -> None:
        """Whether it restates another key result already is looked at by the caller: that key result says it."""
        self.require_live("to", "objectiveId")
        self.trigger_event(DelegationAccepted, key_result_id=key_result_id)

    def retire(self) -> None:
        self.require_live("id")
        self.trigger_event(ObjectiveRetired)

    def restore(self) -> None:
        if self.state is not ObjectiveState.RETIRED:
            message = "This objective is not retired: there is nothing to restore."
            raise Refused(RuleViolation("NOT_RETIRED", message, ("id",), {}, (str(self.id),)))
        self.trigger_event(ObjectiveRestored)

    def require_live(self, *path: str) -> None:
        if self.state is ObjectiveState.RETIRED:
            message = "This objective is retired: restore it first."
            raise Refused(RuleViolation("RETIRED", message, path, {}, (str(self.id),)))

    # evolve
    def _begin(self, event: ObjectiveCreated) -> None:
        self.cycle_id, self.owner_id = event.cycle_id, event.owner_id
        self.title, self.description = event.title, event.description
        self.commitment, self.visibility = event.commitment, event.visibility
        self.external_ref = event.external_ref
        self.state = ObjectiveState.DRAFT if event.draft else ObjectiveState.ACTIVE
        self.before_retirement = self.state
        self.targets: dict[LinkTarget, Contribution] = {}
        self.delegated_from: UUID | None = None

    def when(self, event: Event) -> None:
        match event:
            case ObjectiveCreated():
                self._begin(event)
            case ObjectiveRetitled():
                self.title = event.title
            case ObjectiveDescribed():
                self.description = event.description
            case ObjectiveCommitmentChanged():
                self.commitment = event.commitment
            case ObjectiveVisibilityChanged():
                self.visibility = event.visibility
            case ObjectiveOwnerChanged():
                self.owner_id = event.owner_id
            case ObjectiveReferenceChanged():
                self.external_ref = event.external_ref
            case ObjectiveActivated():
                self.state = ObjectiveState.ACTIVE
            case ObjectiveAligned():
                target = LinkTarget(event.target_kind, event.target_id)
                self.targets = self.targets | {target: Contribution(event.contributes, event.weight)}
            case ObjectiveUnaligned():
                gone = LinkTarget(event.target_kind, event.target_id)
                self.targets = {target: how for target, how in self.targets.items() if target != gone}
            case DelegationAccepted():
                self.delegated_from = event.key_result_id
            case ObjectiveRetired():
                self.before_retirement, self.state = self.state, ObjectiveState.RETIRED
            case ObjectiveRestored():
                self.state = self.before_retirement


def input_problems(title: str, description: str | None, external_ref: str | None) -> Iterator[Problem]:
    """What is wrong with the texts of an objective."""
    yield from text_problems(title, "title", MAX_TITLE, required=True)
    if description is not None:
        yield from text_problems(description, "description", MAX_TEXT)
    yield from reference_problems(external_ref)
