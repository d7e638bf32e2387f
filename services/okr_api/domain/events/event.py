"""Event: what all events share, and how each is known by its name.

The class name is the name that is stored, for ever: schema/events.json and the golden files refuse a rename. A field
that is None is not stored, so a new optional field needs no new version of the event.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from eventsourcing.domain import AggregateCreated, AggregateEvent
from eventsourcing.utils import register_topic

from okr_api.domain.values import Text


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
        # As dataclasses.replace does, but many times a second: no event computes anything when it is made.
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__, envelope=envelope)
        return twin


class FirstEvent(Event, AggregateCreated):
    """The event that a stream begins with."""
