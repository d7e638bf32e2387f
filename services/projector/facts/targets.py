"""Targets: every metric that a key result ever had, each true of it until the next."""

from collections.abc import Hashable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from okr_api.domain.events import Event, KRAdded, KRRetargeted
from projector.facts.key_results import metric_columns
from projector.log import Recorded
from projector.versions import Table, Versions


class Target(NamedTuple):
    key_result_id: UUID
    position: int
    metric_kind: str
    metric_start: Decimal | None
    metric_target: Decimal | None
    metric_limit: Decimal | None
    metric_inclusive: bool
    metric_unit: str | None
    since: datetime
    reason: str | None
    principal_id: UUID


def _slot(target: Target) -> Hashable:
    # Nothing follows a target in its place: that it once was the target stays true.
    return target.key_result_id, target.position


TARGETS = Table("targets", Target, key=("key_result_id", "position"), slot=_slot)
FOLDED: frozenset[type[Event]] = frozenset({KRAdded, KRRetargeted})


def fold(recorded: Recorded, targets: Versions[Target]) -> None:
    match recorded.event:
        case KRAdded() | KRRetargeted() as event:
            assert event.envelope is not None
            target = Target(
                key_result_id=event.originator_id,
                position=recorded.position,
                **metric_columns(event.metric),
                since=event.timestamp,
                reason=event.envelope.reason.text if event.envelope.reason else None,
                principal_id=event.envelope.principal_id,
            )
            targets.put(target, recorded.commit_position)
