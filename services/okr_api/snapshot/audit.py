"""Audit: events of the log with what they changed, read from the facts at a snapshot's position."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

import msgspec
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from okr_api.event_log.chain import BEGINNING
from okr_api.snapshot.pages import Cursors, Page, from_cursor
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.together import Cut

Position = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]

# Those of some entities are found first and put in order then: walking down the log would pass all others too.
EVENTS = """
WITH found AS {how} (SELECT * FROM {{schema}}.audit_events WHERE {{true_then}} AND {conditions})
SELECT *, valid_from AS commit_position FROM found ORDER BY position {direction} LIMIT %s
"""
TOTAL = "SELECT count(*) AS total FROM {{schema}}.audit_events WHERE {{true_then}} AND {conditions}"
COMMITS = """
WITH chosen AS (
    SELECT DISTINCT valid_from FROM {{schema}}.audit_events WHERE {{true_then}} AND {conditions}
    ORDER BY valid_from LIMIT %s
)
SELECT *, valid_from AS commit_position FROM {{schema}}.audit_events JOIN chosen USING (valid_from)
WHERE {seen} ORDER BY position
"""
HASH = SQL("SELECT hash FROM {schema}.audit_events WHERE position = %s AND {true_then}")


class Change(msgspec.Struct, frozen=True):
    """Of a field, by the name and in the spelling of the API."""

    field: str
    before: Any
    after: Any


class AuditRow(msgspec.Struct, frozen=True):
    """`subject_id`: whoever may not see this, or the objective that it belonged to then, sees no such event.

    `entity_ids`: all that it is history of; `cycle_ids`: where these were then.
    """

    position: int
    commit_position: int
    recorded_at: datetime
    type: str
    stream: UUID
    stream_version: int
    subject_id: UUID
    home_id: UUID | None
    entity_ids: tuple[UUID, ...]
    cycle_ids: tuple[UUID, ...]
    principal_id: UUID
    command: str
    command_id: UUID
    reason: str | None
    correlation_id: str | None
    effective_at: datetime | None
    changes: tuple[Change, ...]
    data: dict[str, Any]
    hash: bytes


Conditions = list[tuple[str, Any]]
"""Conditions of SQL, each with the value that it compares with."""
OF_SOME = "entity_ids && %s::uuid[]"


@dataclass(frozen=True)
class AuditWhere:
    """Which events: all that is given must hold. `hidden`: subjects that the viewer may not see."""

    hidden: frozenset[UUID] = frozenset()
    entity_ids: Collection[UUID] | None = None
    cycle_ids: Collection[UUID] | None = None
    types: Collection[str] | None = None
    without: Collection[str] | None = None
    principal_ids: Collection[UUID] | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> Conditions:
        given: Conditions = [
            ("subject_id <> ALL(%s::uuid[])", self.hidden or None),
            ("(home_id IS NULL OR home_id <> ALL(%s::uuid[]))", self.hidden or None),
            (OF_SOME, self.entity_ids),
            ("cycle_ids && %s::uuid[]", self.cycle_ids),
            ("type = ANY(%s::text[])", self.types),
            ("type <> ALL(%s::text[])", self.without),
            ("principal_id = ANY(%s::uuid[])", self.principal_ids),
            ("recorded_at >= %s", self.since),
            ("recorded_at < %s", self.until),
        ]
        listed = [(c, list(value) if isinstance(value, Collection) else value) for c, value in given]
        return [(condition, value) for condition, value in listed if value is not None]


class AuditEvents:
    """Whole commits only: what is read ends where the snapshot does."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def page(self, snapshot: Snapshot, where: AuditWhere, size: int, after: str | None) -> Page[AuditRow]:
        """Newest first. Raises BadPage."""
        asked = where.conditions()
        below: Conditions = [] if after is None else [("position < %s", from_cursor(after, Position))]
        rows = await self._read(snapshot, asked + below, "DESC", size + 1)
        shown = rows[:size]

        async def total() -> int:
            query = SQL(TOTAL.format(conditions=all_of(asked)))
            found = await Cut.of(self._pool, snapshot).rows(query, values_of(asked))
            return int(found[0]["total"])

        return Page(shown, Cursors(shown, attrgetter("position")), len(rows) > size, after is not None, total)

    async def one(self, snapshot: Snapshot, position: int, hidden: frozenset[UUID]) -> AuditRow | None:
        rows = await self._read(snapshot, [*AuditWhere(hidden).conditions(), ("position = %s", position)])
        return rows[0] if rows else None

    async def of_entities(
        self, snapshot: Snapshot, entity_ids: Collection[UUID], after: int, until: int, hidden: frozenset[UUID]
    ) -> Mapping[UUID, list[AuditRow]]:
        """The events of each entity behind one position, up to another, oldest first."""
        asked = set(entity_ids)
        where = AuditWhere(hidden, entity_ids=asked).conditions()
        found: dict[UUID, list[AuditRow]] = defaultdict(list)
        for row in await self._read(snapshot, [*where, ("position > %s", after), ("position <= %s", until)]):
            for entity_id in asked.intersection(row.entity_ids):
                found[entity_id].append(row)
        return found

    async def of_commits(
        self, snapshot: Snapshot, positions: Collection[int], hidden: frozenset[UUID]
    ) -> Mapping[int, list[AuditRow]]:
        """The events of some commits, by their last positions."""
        found: dict[int, list[AuditRow]] = defaultdict(list)
        where = AuditWhere(hidden).conditions()
        for row in await self._read(snapshot, [*where, ("valid_from = ANY(%s::bigint[])", list(positions))]):
            found[row.commit_position].append(row)
        return found

    async def commits(
        self, snapshot: Snapshot, after: int, until: int, size: int, where: AuditWhere
    ) -> list[list[AuditRow]]:
        """Commits of which some event is asked for, with all of their events that may be seen; oldest first."""
        asked: Conditions = [*where.conditions(), ("valid_from > %s", after), ("valid_from <= %s", until)]
        seen = AuditWhere(where.hidden).conditions()
        query = SQL(COMMITS.format(conditions=all_of(asked), seen=all_of(seen)))
        rows = _rows(await Cut.of(self._pool, snapshot).rows(query, [*values_of(asked), size, *values_of(seen)]))
        return [list(commit) for _, commit in groupby(rows, key=attrgetter("commit_position"))]

    async def hash_at(self, snapshot: Snapshot) -> bytes:
        """The hash of the chain at the end of what the snapshot holds."""
        rows = await Cut.of(self._pool, snapshot).rows(HASH, [snapshot.position])
        return bytes(rows[0]["hash"]) if rows else BEGINNING

    async def _read(
        self, snapshot: Snapshot, conditions: Conditions, direction: str = "ASC", limit: int | None = None
    ) -> list[AuditRow]:
        how = "MATERIALIZED" if any(condition == OF_SOME for condition, _ in conditions) else "NOT MATERIALIZED"
        query = SQL(EVENTS.format(how=how, conditions=all_of(conditions), direction=direction))
        return _rows(await Cut.of(self._pool, snapshot).rows(query, [*values_of(conditions), limit]))


def all_of(conditions: Conditions) -> str:
    return " AND ".join(["true", *(condition for condition, _ in conditions)])


def values_of(conditions: Conditions) -> list[Any]:
    return [value for _, value in conditions]


def _rows(found: Iterable[dict[str, Any]]) -> list[AuditRow]:
    return [to_row(row) for row in found]


def to_row(found: dict[str, Any]) -> AuditRow:
    return msgspec.convert(found, AuditRow)
