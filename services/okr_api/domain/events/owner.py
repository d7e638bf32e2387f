"""What happens to an owner."""

from uuid import UUID

from okr_api.domain.events.event import Event, FirstEvent
from okr_api.domain.values import OwnerLevel, Text


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
