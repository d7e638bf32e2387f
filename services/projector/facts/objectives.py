"""Objectives: the fields that they store. What they serve stands in links."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from okr_api.domain.events import (
    DelegationAccepted,
    Event,
    KRAdded,
    KRDelegated,
    KRMoved,
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
    TextRedacted,
)
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
    state_before_retirement: str | None
    commitment: str
    continues_from: UUID | None
    created_at: datetime
    updated_at: datetime
    retitled_at: datetime | None
    created_position: int


OBJECTIVES = Table("objectives", Objective, key=("objective_id",))
CHANGES: tuple[type[Event], ...] = (
    ObjectiveRetitled,
    ObjectiveDescribed,
    ObjectiveCommitmentChanged,
    ObjectiveVisibilityChanged,
    ObjectiveOwnerChanged,
    ObjectiveReferenceChanged,
    ObjectiveActivated,
    ObjectiveRetired,
    ObjectiveRestored,
    ObjectiveAligned,
    ObjectiveUnaligned,
    DelegationAccepted,
)
FOLDED: frozenset[type[Event]] = frozenset({ObjectiveCreated, *CHANGES})
LEANS_ON = (
    dict.fromkeys(CHANGES, "originator_id")
    | dict.fromkeys((KRAdded, KRMoved, KRDelegated), "objective_id")
    | {TextRedacted: "entity_id"}
)


def fold(recorded: Recorded, objectives: Versions[Objective], cycles: Versions[Cycle]) -> None:
    event, at = recorded.event, recorded.commit_position
    if isinstance(event, ObjectiveCreated):
        objectives.put(_created(recorded.position, event, cycles[event.cycle_id]), at)
    elif isinstance(event, CHANGES):
        before = objectives[event.originator_id]
        touched = before._replace(version=event.originator_version, updated_at=event.timestamp)
        objectives.put(touched._replace(**_changes(event, before)), at)


def _changes(event: Event, before: Objective) -> dict[str, Any]:
    match event:
        case ObjectiveRetitled():
            return {"title": event.title.text, "retitled_at": event.timestamp}
        case ObjectiveDescribed():
            return {"description": event.description.text if event.description else None}
        case ObjectiveCommitmentChanged():
            return {"commitment": event.commitment.value}
        case ObjectiveVisibilityChanged():
            return {"visibility": event.visibility.value}
        case ObjectiveOwnerChanged():
            return {"owner_id": event.owner_id}
        case ObjectiveReferenceChanged():
            return {"external_ref": event.external_ref}
        case ObjectiveActivated():
            return {"state": ObjectiveState.ACTIVE.value}
        case ObjectiveRetired():
            return {"state": ObjectiveState.RETIRED.value, "state_before_retirement": before.state}
        case ObjectiveRestored():
            return {"state": before.state_before_retirement, "state_before_retirement": None}
    return {}


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
        state_before_retirement=None,
        commitment=event.commitment.value,
        continues_from=event.continues_from,
        created_at=event.timestamp,
        updated_at=event.timestamp,
        retitled_at=None,
        created_position=position,
    )
