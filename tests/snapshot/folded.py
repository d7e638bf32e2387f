"""A snapshot of a log in memory: the same folding and the same roll-ups, no database between them."""

from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from okr_api.event_log import chain
from okr_api.snapshot.apply import apply
from okr_api.snapshot.changes import Changes
from okr_api.snapshot.rows import CountingRow, CycleRow, KeyResultRow, LinkRow, ObjectiveRow, OwnerRow, with_metric
from okr_api.snapshot.snapshot import BEGINNING, Snapshot
from projector.folding import Facts
from projector.log import Recorded
from projector.versions import Versions
from scenario import MemoryLog

T = TypeVar("T")


def folded(log: MemoryLog) -> Snapshot:
    facts, position = Facts(), 0
    for request in log.requests:
        end = position + len(request.events)
        facts.fold([Recorded(at + 1, end, log.events[at], chain.BEGINNING) for at in range(position, end)])
        position = end
    changes = Changes(
        owners=[replace(row, login=log.people.get(row.id, (None, None))[1]) for row in _rows(OwnerRow, facts.owners)],
        cycles=_rows(CycleRow, facts.cycles),
        objectives=_rows(ObjectiveRow, facts.objectives),
        key_results=_rows(KeyResultRow, facts.key_results),
        links=_rows(LinkRow, facts.links),
        counting=_rows(CountingRow, facts.counting),
    )
    return apply(Snapshot(), changes, position, BEGINNING)


def _rows(kind: type[T], versions: Versions[Any]) -> list[T]:
    """The standing ones, by the names that they are loaded under."""
    columns = [*versions.table.types, "valid_from", "valid_to"]
    standing = [dict(zip(columns, row, strict=True)) for row in versions.begun() if row[-1] is None]
    rows = [row | {"id": row[columns[0]]} for row in standing]
    return [msgspec.convert(with_metric(row) if kind is KeyResultRow else row, kind) for row in rows]
