"""Key results: the fields that they store. What they were delegated to stands in links."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from okr_api.domain.events import (
    CheckInRecorded,
    Event,
    KRAdded,
    KRDelegated,
    KRDueChanged,
    KRMoved,
    KROwnerChanged,
    KRReferenceChanged,
    KRRestored,
    KRRetargeted,
    KRRetired,
    KRRetitled,
    KRReweighted,
    KRRhythmChanged,
    KRScored,
    KRUndelegated,
    TextRedacted,
)
from okr_api.domain.values import Metric
from projector.facts.objectives import Objective
from projector.log import Recorded
from projector.versions import Table, Versions


class KeyResult(NamedTuple):
    key_result_id: UUID
    root_id: UUID
    version: int
    objective_id: UUID
    owner_id: UUID
    title: str | None
    metric_kind: str
    metric_start: Decimal | None
    metric_target: Decimal | None
    metric_limit: Decimal | None
    metric_inclusive: bool
    metric_unit: str | None
    weight: Decimal
    due_on: date | None
    check_in_every_days: int | None
    external_ref: str | None
    retired: bool
    score: Decimal | None
    continues_from: UUID | None
    created_at: datetime
    updated_at: datetime
    retitled_at: datetime | None
    retargeted_at: datetime | None
    created_position: int


KEY_RESULTS = Table("key_results", KeyResult, key=("key_result_id",))
CHANGES: tuple[type[Event], ...] = (
    KRRetitled,
    KRReweighted,
    KRDueChanged,
    KROwnerChanged,
    KRRhythmChanged,
    KRReferenceChanged,
    KRRetargeted,
    KRMoved,
    KRRetired,
    KRRestored,
    KRScored,
    KRDelegated,
    KRUndelegated,
)
FOLDED: frozenset[type[Event]] = frozenset({KRAdded, *CHANGES})
LEANS_ON = dict.fromkeys(CHANGES, "originator_id") | {CheckInRecorded: "key_result_id", TextRedacted: "entity_id"}


def fold(recorded: Recorded, key_results: Versions[KeyResult], objectives: Versions[Objective]) -> None:
    event, at = recorded.event, recorded.commit_position
    if isinstance(event, KRAdded):
        key_results.put(_added(recorded.position, event, objectives[event.objective_id]), at)
    elif isinstance(event, CHANGES):
        before = key_results[event.originator_id]
        touched = before._replace(version=event.originator_version, updated_at=event.timestamp)
        key_results.put(touched._replace(**_changes(event, objectives)), at)


def _changes(event: Event, objectives: Versions[Objective]) -> dict[str, Any]:
    match event:
        case KRRetitled():
            return {"title": event.title.text, "retitled_at": event.timestamp}
        case KRReweighted():
            return {"weight": event.weight}
        case KRDueChanged():
            return {"due_on": event.due_on}
        case KROwnerChanged():
            return {"owner_id": event.owner_id}
        case KRRhythmChanged():
            return {"check_in_every_days": event.check_in_every_days}
        case KRReferenceChanged():
            return {"external_ref": event.external_ref}
        case KRRetargeted():
            return {**metric_columns(event.metric), "retargeted_at": event.timestamp}
        case KRMoved():
            return {"objective_id": event.objective_id, "root_id": objectives[event.objective_id].root_id}
        case KRRetired() | KRRestored():
            return {"retired": isinstance(event, KRRetired)}
        case KRScored():
            return {"score": event.score}
    return {}


def metric_columns(metric: Metric) -> dict[str, Any]:
    return {
        "metric_kind": metric.kind.value,
        "metric_start": metric.start,
        "metric_target": metric.target,
        "metric_limit": metric.limit,
        "metric_inclusive": metric.inclusive,
        "metric_unit": metric.unit,
    }


def _added(position: int, event: KRAdded, objective: Objective) -> KeyResult:
    return KeyResult(
        key_result_id=event.originator_id,
        root_id=objective.root_id,
        version=event.originator_version,
        objective_id=event.objective_id,
        owner_id=event.owner_id,
        title=event.title.text,
        **metric_columns(event.metric),
        weight=event.weight,
        due_on=event.due_on,
        check_in_every_days=event.check_in_every_days,
        external_ref=event.external_ref,
        retired=False,
        score=None,
        continues_from=event.continues_from,
        created_at=event.timestamp,
        updated_at=event.timestamp,
        retitled_at=None,
        retargeted_at=None,
        created_position=position,
    )
