"""What happens to an objective."""

from decimal import Decimal
from uuid import UUID

from okr_api.domain.events.event import Event, FirstEvent
from okr_api.domain.values import Commitment, TargetKind, Text, Visibility


class ObjectiveCreated(FirstEvent):
    cycle_id: UUID
    owner_id: UUID
    title: Text
    commitment: Commitment
    visibility: Visibility
    draft: bool
    description: Text | None = None
    external_ref: str | None = None
    continues_from: UUID | None = None


class ObjectiveRetitled(Event):
    title: Text


class ObjectiveDescribed(Event):
    description: Text | None = None


class ObjectiveCommitmentChanged(Event):
    commitment: Commitment


class ObjectiveVisibilityChanged(Event):
    visibility: Visibility


class ObjectiveOwnerChanged(Event):
    owner_id: UUID


class ObjectiveReferenceChanged(Event):
    external_ref: str | None = None


class ObjectiveActivated(Event):
    """It was a draft."""


class ObjectiveRetired(Event):
    pass


class ObjectiveRestored(Event):
    """It is again what it was before it was retired, and so are its links whose other end is live."""


class ObjectiveAligned(Event):
    """The objective says what it serves. Whether that feeds the target's progress stands in `contributes`."""

    target_kind: TargetKind
    target_id: UUID
    contributes: bool
    weight: Decimal


class ObjectiveUnaligned(Event):
    target_kind: TargetKind
    target_id: UUID


class DelegationAccepted(Event):
    """The objective restates a key result from above; the key result's own KRDelegated says whether that stands."""

    key_result_id: UUID
