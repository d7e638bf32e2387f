"""The audit export: the log of one cycle as JSON Lines that carry the hash chain, so that it can be checked anywhere.

An event of the cycle, or of a cycle inside it, stands with all that its hash covers; one of others as its position and
leaf. The last line is the head.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any
from uuid import UUID

from okr_api.domain.events import (
    CheckInRecorded,
    CycleCreated,
    Event,
    ExternalRefMoved,
    ExternalRefTaken,
    KRAdded,
    KRMoved,
    ObjectiveCreated,
)
from okr_api.event_log.chain import BEGINNING, leaf
from projector.connection import connect
from projector.log import Recorded, Stored, decoded, read_commits, read_head
from projector.rebuild import Progress

BATCH_EVENTS = 5000


class NoSuchCycle(Exception):
    """The log holds no cycle with this id."""


def export(dsn: str, cycle_id: UUID, write: Callable[[str], Any], progress: Progress) -> int:
    """Write the lines as of now; returns how many events are told. Raises NoSuchCycle once all leaves are written."""
    return asyncio.run(_export(dsn, cycle_id, write, progress))


async def _export(dsn: str, cycle_id: UUID, write: Callable[[str], Any], progress: Progress) -> int:
    belonging, before, exported, position = Belonging(cycle_id), BEGINNING, 0, 0
    async with await connect(dsn) as connection:
        until = await read_head(connection)
        while rows := await read_commits(connection, position, BATCH_EVENTS, until):
            for row, recorded in zip(rows, decoded(rows, before), strict=True):
                before = recorded.hash
                included = belonging.includes(recorded)
                exported += included
                write(_line(_told(row, before) if included else {"position": row.position, "leaf": leaf(row).hex()}))
            position = rows[-1].position
            progress(position, until)
    if not exported:
        raise NoSuchCycle(f"there is no cycle {cycle_id} in the log")
    write(_line({"head": {"position": position, "hash": before.hex()}}))
    return exported


class Belonging:
    """Which streams are of a cycle, learnt from the log as it is read."""

    def __init__(self, cycle_id: UUID) -> None:
        self._cycle_id = cycle_id
        self._streams: set[UUID] = set()

    def includes(self, recorded: Recorded) -> bool:
        event = recorded.event
        if event.originator_id == self._cycle_id or any(i in self._streams for i in _belongs_to(event)):
            self._streams.add(event.originator_id)
        return event.originator_id in self._streams


def _belongs_to(event: Event) -> Iterator[UUID | None]:
    match event:
        case CycleCreated():
            yield event.parent_id
        case ObjectiveCreated():
            yield event.cycle_id
        case KRAdded() | KRMoved():
            yield event.objective_id
        case CheckInRecorded():
            yield event.key_result_id
        case ExternalRefTaken() | ExternalRefMoved():
            yield event.holder_id


def _told(row: Stored, chained: bytes) -> dict[str, Any]:
    return {
        "position": row.position,
        "commitPosition": row.commit_position,
        "recordedAt": row.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "stream": str(row.stream),
        "version": row.version,
        "event": row.topic,
        "data": json.loads(row.state),
        "hash": chained.hex(),
    }


def _line(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False) + "\n"
