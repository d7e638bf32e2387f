"""Every event: the vocabulary of the log, shared with the projector.

The class name is the name that is stored, for ever: schema/events.json and the golden files refuse a rename. A field
that is None is not stored, so a new optional field needs no new version of the event.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from eventsourcing.domain import AggregateCreated, AggregateEvent
from eventsourcing.utils import register_topic

from okr_api.domain.values import Approach, Commitment, Metric, OwnerLevel, TargetKind, Text, Visibility


@dataclass(frozen=True)
class Envelope:
    """Who wrote an event, by which command, and why: the same for all events of a commit."""

    command_id: UUID
    principal_id: UUID
    command: str
    reason: Text | None = None
    correlation_id: str | None = None


EVENTS: dict[str, "type[Event]"] = {}
"""Every event by its stored name."""


class Event(AggregateEvent):
    """Something that happened to a stream; the envelope is put on when it is appended."""

    envelope: Envelope | None = field(default=None, kw_only=True)

    TOPIC = ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__name__ != "FirstEvent":
            cls.TOPIC = cls.__name__
            register_topic(cls.TOPIC, cls)
            EVENTS[cls.TOPIC] = cls

    def apply(self, aggregate: Any) -> None:
        aggregate.when(self)

    def under(self, envelope: Envelope) -> "Event":
        """This event as it is stored."""
        # The library's metaclass makes every event a dataclass, which a type checker cannot see.
        return replace(self, envelope=envelope)  # type: ignore[call-arg]


class FirstEvent(Event, AggregateCreated):
    """The event that a stream begins with."""


# ---------------------------------------------------------------- owner
class OwnerRegistered(FirstEvent):
    """`name` is None for people: their names stand in the table of people, beside the log."""

    level: OwnerLevel
    name: Text | None = None
    parent_id: UUID | None = None
    lead_id: UUID | None = None
    external_ref: str | None = None


class OwnerRenamed(Event):
    """`name` is None for people: their names stand in the table of people, beside the log."""

    name: Text | None = None


class OwnerLoginChanged(Event):
    """The login itself stands in the table of people."""


class OwnerLeadChanged(Event):
    lead_id: UUID | None = None


class OwnerReferenceChanged(Event):
    external_ref: str | None = None


class OwnerMoved(Event):
    parent_id: UUID | None = None


class OwnerDeactivated(Event):
    pass


class PersonErased(Event):
    """The name and the login were emptied beside the log; the id stays."""


# ---------------------------------------------------------------- cycle
class CycleCreated(FirstEvent):
    """`rules` is the version of the arithmetic that this cycle follows for ever."""

    name: Text
    starts_on: date
    ends_on: date
    approach: Approach
    time_zone: str
    check_in_every_days: int
    rules: int
    parent_id: UUID | None = None


class CycleNested(Event):
    """Another cycle was created inside this one."""

    child_id: UUID


class CycleRenamed(Event):
    name: Text


class CycleRescheduled(Event):
    starts_on: date
    ends_on: date


class CycleRhythmChanged(Event):
    check_in_every_days: int


class CycleOpened(Event):
    pass


class CycleClosingBegun(Event):
    pass


class CycleClosed(Event):
    pass


class CycleReopened(Event):
    pass


# ---------------------------------------------------------------- objective
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


# ---------------------------------------------------------------- key result
class KRAdded(FirstEvent):
    objective_id: UUID
    owner_id: UUID
    title: Text
    metric: Metric
    weight: Decimal
    due_on: date | None = None
    check_in_every_days: int | None = None
    external_ref: str | None = None
    continues_from: UUID | None = None


class KRRetitled(Event):
    title: Text


class KRReweighted(Event):
    weight: Decimal


class KRDueChanged(Event):
    due_on: date | None = None


class KROwnerChanged(Event):
    owner_id: UUID


class KRRhythmChanged(Event):
    check_in_every_days: int


class KRReferenceChanged(Event):
    external_ref: str | None = None


class KRRetargeted(Event):
    """The key result stays, with its check-ins; the targets before this one stay readable."""

    metric: Metric


class KRMoved(Event):
    """To another objective, with its check-ins and its delegation."""

    objective_id: UUID


class KRRetired(Event):
    pass


class KRRestored(Event):
    pass


class KRScored(Event):
    score: Decimal


class KRDelegated(Event):
    """`retain`: the accountable owner keeps checking in as well."""

    objective_id: UUID
    retain: bool


class KRUndelegated(Event):
    """The delegation to that objective ended; why stands in the reason."""

    objective_id: UUID


# ---------------------------------------------------------------- check-in
class CheckInRecorded(FirstEvent):
    """`effective_at` is None when it was true at the moment of recording: no API server's clock enters the log."""

    key_result_id: UUID
    value: Decimal
    source: str
    confidence: Decimal | None = None
    note: Text | None = None
    effective_at: datetime | None = None
    corrects: UUID | None = None


class CheckInCorrected(Event):
    """Another check-in stands in its place; this one stays readable and no longer counts."""

    corrected_by: UUID


class CheckInWithdrawn(Event):
    """It should never have been; it stays readable and no longer counts."""


# ---------------------------------------------------------------- external reference
class ExternalRefTaken(FirstEvent):
    """The first holder of a reference: `kind` is the name of the holder's stream type."""

    kind: str
    ref: str
    holder_id: UUID


class ExternalRefMoved(Event):
    """To another holder, or to none when its holder lets it go."""

    holder_id: UUID | None = None
