"""Audit events: every event of the log with what it changed, whose history it is, and the hash of the chain at it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Json

from okr_api.domain.events import (
    CheckInRecorded,
    CycleNested,
    DelegationAccepted,
    Event,
    ExternalRefMoved,
    ExternalRefTaken,
    KRDelegated,
    KRUndelegated,
    ObjectiveAligned,
    ObjectiveUnaligned,
    TextRedacted,
)
from okr_api.domain.values import Link as Kind
from projector.facts.check_ins import CheckIn
from projector.facts.external_refs import ExternalRef
from projector.facts.key_results import KeyResult
from projector.facts.links import Link
from projector.facts.objectives import Objective
from projector.log import Recorded
from projector.spelling import as_json, camel, spelt
from projector.turns import Row, Turn
from projector.versions import Table, Versions


class AuditEvent(NamedTuple):
    position: int
    recorded_at: datetime
    type: str
    stream: UUID
    stream_version: int
    subject_id: UUID
    home_id: UUID | None
    entity_ids: list[UUID]
    cycle_ids: list[UUID]
    principal_id: UUID
    command: str
    command_id: UUID
    reason: str | None
    correlation_id: str | None
    effective_at: datetime | None
    changes: Json
    data: Json
    hash: bytes


AUDIT_EVENTS = Table("audit_events", AuditEvent, key=("position",))
REFERENCES = frozenset({ExternalRefTaken, ExternalRefMoved})
LEFT_OUT = frozenset({"envelope", "originator_id", "originator_version", "originator_topic", "timestamp", "digest"})
"""Of an event's fields: what stands in columns of its own, and what a key is known by."""
OWN_ID = 0
"""The place of the column that says which row it is."""
SPELT_OTHERWISE = {
    **{f"metric_{name}": name for name in ("start", "target", "limit", "inclusive", "unit")},
    # Not what was done, but where and when: the event itself tells that.
    **dict.fromkeys(("version", "root_id", "position", "created_position", "principal_id", "recorded_at")),
    **dict.fromkeys(("created_at", "updated_at", "retitled_at", "retargeted_at", "state_before_retirement", "digest")),
}


class Known(NamedTuple):
    """The facts that say whose history an event is."""

    cycles: Versions[Any]
    objectives: Versions[Objective]
    key_results: Versions[KeyResult]
    check_ins: Versions[CheckIn]


def homes(events: Sequence[Recorded], of: Iterable[UUID], key_results: Versions[KeyResult]) -> set[UUID]:
    """The objectives that tell which cycles these events belong to. `of`: ids of key results that they lean on."""
    ended = {r.event.objective_id for r in events if isinstance(r.event, KRUndelegated)}
    return ended | {key_result.objective_id for i in of if (key_result := key_results.get(i)) is not None}


def fold(recorded: Recorded, audit_events: Versions[AuditEvent], turns: Sequence[Turn], known: Known) -> None:
    """After all other tables: `turns` is what became of their rows by this event."""
    event = recorded.event
    assert event.envelope is not None
    entity_ids = _entities(event, turns, known)
    key_result = known.key_results.get(entity_ids[0])
    home = None if key_result is None else key_result.objective_id
    told = AuditEvent(
        position=recorded.position,
        recorded_at=event.timestamp,
        type=event.TOPIC,
        stream=event.originator_id,
        stream_version=event.originator_version,
        subject_id=entity_ids[0],
        home_id=home,
        entity_ids=entity_ids,
        cycle_ids=_cycles(event, turns, entity_ids[0], home, known),
        principal_id=event.envelope.principal_id,
        command=event.envelope.command,
        command_id=event.envelope.command_id,
        reason=spelt(event.envelope.reason),
        correlation_id=event.envelope.correlation_id,
        effective_at=event.effective_at or event.timestamp if isinstance(event, CheckInRecorded) else None,
        changes=as_json([change for turn in turns for change in _changes(*turn)]),
        data=as_json(_data(event)),
        hash=recorded.hash,
    )
    audit_events.put(told, recorded.commit_position)


# ---------------------------------------------------------------- whose history
def _entities(event: Event, turns: Sequence[Turn], known: Known) -> list[UUID]:
    """The subject, then the others: what a key result does is its objective's history too, a check-in its own alone."""
    stream = event.entity_id if isinstance(event, TextRedacted) else event.originator_id
    check_in = known.check_ins.get(stream)
    if check_in is not None:
        return [check_in.key_result_id, stream]
    entities = dict.fromkeys(_holders(turns) if type(event) in REFERENCES else _around(event, stream, turns, known))
    return list(entities) or [stream]


def _holders(turns: Sequence[Turn]) -> Iterator[UUID]:
    references = (row for turn in turns for row in reversed(turn) if isinstance(row, ExternalRef))
    return (row.holder_id for row in references if row.holder_id is not None)


def _around(event: Event, stream: UUID, turns: Sequence[Turn], known: Known) -> Iterator[UUID]:
    yield stream
    if known.key_results.get(event.originator_id) is not None:
        yield from _objectives(turns)
    match event:
        case KRDelegated() | KRUndelegated():
            yield event.objective_id
            yield from (row.objective_id for turn in turns for row in turn if isinstance(row, Link))
        case ObjectiveAligned() | ObjectiveUnaligned():
            yield event.target_id
        case DelegationAccepted():
            yield event.key_result_id
        case CycleNested():
            yield event.child_id


def _objectives(turns: Sequence[Turn]) -> Iterator[UUID]:
    """Those that a key result belongs to, the later one first."""
    return (row.objective_id for turn in turns for row in reversed(turn) if isinstance(row, KeyResult))


def _cycles(event: Event, turns: Sequence[Turn], subject: UUID, home: UUID | None, known: Known) -> list[UUID]:
    """Where the subject is; of a key result also where the objectives are that it went to."""
    if isinstance(event, CheckInRecorded) and home is not None:
        objective = known.objectives.get(home)
        return [] if objective is None else [objective.cycle_id]
    return list(dict.fromkeys(_all_cycles(event, turns, subject, home, known)))


def _all_cycles(event: Event, turns: Sequence[Turn], subject: UUID, home: UUID | None, known: Known) -> Iterator[UUID]:
    if known.cycles.get(subject) is not None:
        yield subject
    if isinstance(event, CycleNested):
        yield event.child_id
    objectives = [subject, *_objectives(turns)]
    if home is not None:
        objectives.append(home)
    if isinstance(event, KRDelegated | KRUndelegated):
        objectives.append(event.objective_id)
    yield from (objective.cycle_id for i in objectives if (objective := known.objectives.get(i)) is not None)


# ---------------------------------------------------------------- what changed
def _changes(before: Row | None, after: Row | None) -> Iterator[dict[str, Any]]:
    """Field by field; a link as a whole."""
    row: Any = after if before is None else before
    if isinstance(row, Link):
        yield _change("delegation" if row.kind == Kind.DELEGATES else "alignment", _link(before), _link(after))
        return
    nothing = (None,) * len(row)
    was, now = before or nothing, after or nothing
    for place, name in _told(row.__class__):
        if was[place] != now[place]:
            yield _change(name, spelt(was[place]), spelt(now[place]))


def _change(field: str, before: Any, after: Any) -> dict[str, Any]:
    return {"field": field, "before": before, "after": after}


@cache
def _told(kind: Any) -> list[tuple[int, str]]:
    """The places of the columns of a row that changes tell of, and what events call them."""
    names = [SPELT_OTHERWISE.get(column, camel(column)) for column in kind._fields]
    return [(place, name) for place, name in enumerate(names) if name is not None and place != OWN_ID]


def _link(row: Row | None) -> dict[str, Any] | None:
    if not isinstance(row, Link):
        return None
    if row.kind == Kind.DELEGATES:
        return {"objectiveId": str(row.objective_id), "retain": row.retain}
    return {"targetId": str(row.target_id), "contributes": row.contributes, "weight": spelt(row.weight)}


def _data(event: Event) -> dict[str, Any]:
    fields = vars(event).items()
    return {camel(name): spelt(value) for name, value in fields if value is not None and name not in LEFT_OUT}
