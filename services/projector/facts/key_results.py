"""Key results: the fields that they store. What they were delegated to stands in links."""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from okr_api.domain.events import CheckInRecorded, Event, KRAdded, KRDelegated
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
    created_at: datetime
    updated_at: datetime
    created_position: int


KEY_RESULTS = Table("key_results", KeyResult, key=("key_result_id",))
LEANS_ON: dict[type[Event], str] = {KRDelegated: "originator_id", CheckInRecorded: "key_result_id"}


def fold(recorded: Recorded, key_results: Versions[KeyResult], objectives: Versions[Objective]) -> None:
    event, at = recorded.event, recorded.commit_position
    match event:
        case KRAdded():
            key_results.put(_added(recorded.position, event, objectives[event.objective_id]), at)
        case KRDelegated():
            key_result = key_results[event.originator_id]
            key_results.put(key_result._replace(version=event.originator_version, updated_at=event.timestamp), at)


def _added(position: int, event: KRAdded, objective: Objective) -> KeyResult:
    return KeyResult(
        key_result_id=event.originator_id,
        root_id=objective.root_id,
        version=event.originator_version,
        objective_id=event.objective_id,
        owner_id=event.owner_id,
        title=event.title.text,
        metric_kind=event.metric.kind.value,
        metric_start=event.metric.start,
        metric_target=event.metric.target,
        metric_limit=event.metric.limit,
        metric_inclusive=event.metric.inclusive,
        metric_unit=event.metric.unit,
        weight=event.weight,
        due_on=event.due_on,
        check_in_every_days=event.check_in_every_days,
        external_ref=event.external_ref,
        retired=False,
        created_at=event.timestamp,
        updated_at=event.timestamp,
        created_position=position,
    )
