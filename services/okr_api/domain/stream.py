"""Stream: what all aggregates share, so that each page holds decisions and their folding only.

In a page, `decide` methods refuse or trigger events; `when` folds an event and never refuses, because it runs again on
every load. Folding replaces containers and never changes them in place: a shallow copy of an aggregate is a true copy.
"""

from typing import Any, ClassVar, Self
from uuid import UUID

from eventsourcing.domain import Aggregate
from eventsourcing.utils import register_topic

from okr_api.domain.errors import Refused, VersionConflict
from okr_api.domain.events import Event, FirstEvent


class Stream(Aggregate):
    """An aggregate stored under its class name."""

    TITLE: ClassVar[str]
    """What users call it."""
    TOPIC: ClassVar[str]
    """Its stored name, which is the class name, for ever."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.TOPIC = cls.__name__
        register_topic(cls.TOPIC, cls)

    @classmethod
    def begin(cls, event_class: type[FirstEvent], stream_id: UUID, **fields: Any) -> Self:
        """A new stream whose first event is pending."""
        return cls._create(event_class=event_class, id=stream_id, **fields)

    def copied(self) -> Self:
        """A copy to decide on: its events do not touch the original."""
        twin = object.__new__(type(self))
        twin.__dict__ = self.__dict__ | {"_pending_events": []}
        return twin

    @property
    def decided(self) -> list[Event]:
        """What was triggered and is not in the log yet."""
        return [event for event in self.pending_events if isinstance(event, Event)]

    def expect(self, version: int | None) -> None:
        """Raise Refused if the client read another version."""
        if version is not None and version != self.version:
            message = f"This {self.TITLE} is at version {self.version}, not {version}: read it again."
            raise Refused(VersionConflict("VERSION_CONFLICT", message, ("expectedVersion",), {}, self.version))

    def when(self, event: Event) -> None:
        """Fold one event into the state."""
        raise NotImplementedError
