"""Telling: what a viewer may be told of a commit, event by event."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from okr_api.graphql.context import Reading
from okr_api.graphql.ids import UUID_LENGTH, read_id
from okr_api.snapshot.audit import AuditRow
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.touched import Touch

MOVES = frozenset(
    {
        *("CheckInRecorded", "CheckInCorrected", "CheckInWithdrawn", "ObjectiveVisibilityChanged"),
        *("KRAdded", "KRMoved", "KRRetired", "KRRestored", "KRReweighted", "KRRetargeted", "KRScored"),
        *("KRDelegated", "KRUndelegated", "DelegationAccepted", "ObjectiveAligned", "ObjectiveUnaligned"),
        *("ObjectiveRetired", "ObjectiveRestored"),
    }
)
"""What moves the totals above it, which are shown to those as well who may not see why."""


def told(reading: Reading, commit: list[Touch]) -> tuple[list[Touch], list[Touch]]:
    """What is seen of a commit, if that says why it concerns the viewer; and what moved totals that they may see."""
    seen, moved = list[Touch](), list[Touch]()
    for touch in commit:
        if _sees(reading, touch.row):
            seen.append(touch)
        elif touch.concerns and touch.row.type in MOVES:
            moved.append(touch)
    return seen if any(touch.concerns for touch in seen) else [], moved


def _sees(reading: Reading, row: AuditRow) -> bool:
    """What an audit query finds."""
    today = reading.today
    if row.subject_id in today.integrations:
        return reading.sight.sees_integrations
    nodes = (today.node(i) for i in (row.subject_id, row.home_id) if i is not None)
    return all(node is None or reading.may_read(node) for node in nodes)


def is_open(snapshot: Snapshot, named_id: UUID) -> bool:
    """Whether every member may see it. Raises Away."""
    node = snapshot.node(named_id)
    if node is not None:
        return snapshot.objective_of(node).row.visibility == "ORGANISATION"
    return named_id not in snapshot.integrations


def named(row: AuditRow) -> Iterator[UUID]:
    """Every id in an event."""
    yield from (row.subject_id, row.stream, *row.entity_ids)
    if row.home_id is not None:
        yield row.home_id
    yield from _ids_in(row.data)
    for change in row.changes:
        yield from _ids_in([change.before, change.after])


def _ids_in(value: Any) -> Iterable[UUID]:
    match value:
        case str():
            found = read_id(value) if len(value) == UUID_LENGTH else None
            return () if found is None else (found,)
        case list():
            return [i for item in value for i in _ids_in(item)]
        case dict():
            return [i for item in value.values() for i in _ids_in(item)]
    return ()
