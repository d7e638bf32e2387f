"""Cycles: periods, their states, and the root that each lies in."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from okr_api.domain.events import (
    CycleClosed,
    CycleClosingBegun,
    CycleCreated,
    CycleNested,
    CycleOpened,
    CycleRenamed,
    CycleReopened,
    CycleRescheduled,
    CycleRhythmChanged,
    Event,
    ObjectiveCreated,
    TextRedacted,
)
from okr_api.domain.values import CycleState
from projector.log import Recorded
from projector.versions import Table, Versions


class Cycle(NamedTuple):
    cycle_id: UUID
    root_id: UUID
    version: int
    name: str | None
    starts_on: date
    ends_on: date
    state: str
    approach: str
    time_zone: str
    check_in_every_days: int
    rules: int
    parent_id: UUID | None
    created_at: datetime
    updated_at: datetime
    created_position: int


CYCLES = Table("cycles", Cycle, key=("cycle_id",))
CHANGES: tuple[type[Event], ...] = (
    CycleNested,
    CycleRenamed,
    CycleRescheduled,
    CycleRhythmChanged,
    CycleOpened,
    CycleClosingBegun,
    CycleClosed,
    CycleReopened,
)
FOLDED: frozenset[type[Event]] = frozenset({CycleCreated, *CHANGES})
LEANS_ON = dict.fromkeys(CHANGES, "originator_id") | {
    CycleCreated: "parent_id",
    ObjectiveCreated: "cycle_id",
    TextRedacted: "entity_id",
}


def fold(recorded: Recorded, cycles: Versions[Cycle]) -> None:
    event, at = recorded.event, recorded.commit_position
    if isinstance(event, CycleCreated):
        cycles.put(_created(recorded.position, event, cycles), at)
    elif isinstance(event, CHANGES):
        cycle = cycles[event.originator_id]._replace(version=event.originator_version, updated_at=event.timestamp)
        cycles.put(cycle._replace(**_changes(event)), at)


def _changes(event: Event) -> dict[str, Any]:
    match event:
        case CycleRenamed():
            return {"name": event.name.text}
        case CycleRescheduled():
            return {"starts_on": event.starts_on, "ends_on": event.ends_on}
        case CycleRhythmChanged():
            return {"check_in_every_days": event.check_in_every_days}
        case CycleOpened() | CycleReopened():
            return {"state": CycleState.OPEN.value}
        case CycleClosingBegun():
            return {"state": CycleState.CLOSING.value}
        case CycleClosed():
            return {"state": CycleState.CLOSED.value}
    return {}


def _created(position: int, event: CycleCreated, cycles: Versions[Cycle]) -> Cycle:
    return Cycle(
        cycle_id=event.originator_id,
        root_id=cycles[event.parent_id].root_id if event.parent_id else event.originator_id,
        version=event.originator_version,
        name=event.name.text,
        starts_on=event.starts_on,
        ends_on=event.ends_on,
        state=CycleState.DRAFT.value,
        approach=event.approach.value,
        time_zone=event.time_zone,
        check_in_every_days=event.check_in_every_days,
        rules=event.rules,
        parent_id=event.parent_id,
        created_at=event.timestamp,
        updated_at=event.timestamp,
        created_position=position,
    )
