"""What happens to a cycle."""

from datetime import date
from uuid import UUID

from okr_api.domain.events.event import Event, FirstEvent
from okr_api.domain.values import Approach, Text


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
