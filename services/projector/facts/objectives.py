"""Objectives: the fields that they store. What they serve stands in links."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from okr_api.domain.events import DelegationAccepted, Event, KRAdded, KRDelegated, ObjectiveAligned, ObjectiveCreated
from okr_api.domain.values import ObjectiveState
from projector.facts.cycles import Cycle
from projector.log import Recorded
from projector.versions import Table, Versions


class Objective(NamedTuple):
    objective_id: UUID
    root_id: UUID
    version: int
    cycle_id: UUID
    owner_id: UUID
    title: str | None
    description: str | None
    external_ref: str | None
    visibility: str
    state: str
    commitment: str
    created_at: datetime
    updated_at: datetime
    created_position: int


OBJECTIVES = Table("objectives", Objective, key=("objective_id",))
LEANS_ON: dict[type[Event], str] = {
    ObjectiveAligned: "originator_id",
    DelegationAccepted: "originator_id",
    KRAdded: "objective_id",
    KRDelegated: "objective_id",
}


def fold(recorded: Recorded, objectives: Versions[Objective], cycles: Versions[Cycle]) -> None:
    event, at = recorded.event, recorded.commit_position
    match event:
        case ObjectiveCreated():
            objectives.put(_created(recorded.position, event, cycles[event.cycle_id]), at)
        case ObjectiveAligned() | DelegationAccepted():
            objective = objectives[event.originator_id]
            objectives.put(objective._replace(version=event.originator_version, updated_at=event.timestamp), at)


def _created(position: int, event: ObjectiveCreated, cycle: Cycle) -> Objective:
    return Objective(
        objective_id=event.originator_id,
        root_id=cycle.root_id,
        version=event.originator_version,
        cycle_id=event.cycle_id,
        owner_id=event.owner_id,
        title=event.title.text,
        description=event.description.text if event.description else None,
        external_ref=event.external_ref,
        visibility=event.visibility.value,
        state=(ObjectiveState.DRAFT if event.draft else ObjectiveState.ACTIVE).value,
        commitment=event.commitment.value,
        created_at=event.timestamp,
        updated_at=event.timestamp,
        created_position=position,
    )
