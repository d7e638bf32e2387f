"""Looking: what changed in the facts since the position of a snapshot, which is brought forward by it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.errors import UndefinedTable
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composable, Identifier

from okr_api.snapshot.apply import apply, forward
from okr_api.snapshot.away import Crossed
from okr_api.snapshot.changes import Changes
from okr_api.snapshot.loading import NEWEST, POINTER, PROJECTED, Rows, changes, load, named, recorded
from okr_api.snapshot.partitions import Partition
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.tables import TABLES

REPORTED = SQL("""
SELECT 'reported', max(greatest(valid_from, valid_to)), NULL::bigint, key_result_id::text
FROM {schema}.check_ins WHERE {rows} GROUP BY key_result_id
""")
# Bounded above as well, so that a plan that knows no position expects few rows and goes by the indexes.
SINCE = SQL("""
((valid_from > %(since)s AND valid_from <= %(newest)s) OR (valid_to > %(since)s AND valid_to <= %(newest)s))
""")


class Look(NamedTuple):
    """A snapshot brought forward, the number of the facts that are read, and of those that come next, if any do.

    `head`: the end of the log. `partitions`: those that were brought forward along with it, to be joined with it now.
    """

    snapshot: Snapshot
    number: int
    next_number: int | None
    head: int
    partitions: list[Partition]


class LogPutBack(Exception):
    """The log ends before what the snapshot holds: somebody put an older one in its place."""


async def refresh(connection: AsyncConnection[Any], snapshot: Snapshot) -> Snapshot:
    """The snapshot as the facts are now; the same one if nothing changed. After a rebuild everything is loaded anew."""
    try:
        found = await look(connection, snapshot)
    except UndefinedTable:
        return await load(connection)
    return found.snapshot if named(found.number) == snapshot.facts_schema else await load(connection)


async def look(connection: AsyncConnection[Any], snapshot: Snapshot, joining: Sequence[Partition] = ()) -> Look:
    """What the facts of the snapshot hold now. Raises UndefinedTable where they are dropped, or LogPutBack.

    Facts that are behind the snapshot, as a standby's are when it is promoted, catch up with it: it never goes back.
    What is joining begins where it was loaded; what one of them holds already is taken once more and changes nothing.
    """
    cursor = connection.cursor(row_factory=tuple_row, binary=True)
    since = min([snapshot.position, *(partition.snapshot.position for partition in joining)])
    given = {"since": since, "newest": NEWEST}
    rows: Rows = defaultdict(list)
    # One statement sees one state of the facts, in one round trip.
    async for name, *told in await cursor.execute(_since(snapshot.facts_schema), given, prepare=True):
        rows[name].append(tuple(told))
    ((number, next_number, _),), ((position, head, time),) = rows["pointer"], rows["projected"]
    if head is not None and head < snapshot.position:
        raise LogPutBack(f"the log ends at {head}, and position {snapshot.position} was seen")
    found = Found(rows, position, recorded(time))
    if position >= snapshot.position:
        partitions = list(filter(None, map(found.forward_partition, joining)))
        return Look(found.forward(snapshot), number, next_number, head or 0, partitions)
    return Look(snapshot, number, next_number, head or 0, [])


@dataclass(frozen=True)
class Found:
    """What a look found: the rows that changed, and the position and the time of the facts."""

    rows: Rows
    position: int
    time: datetime

    def forward(self, snapshot: Snapshot) -> Snapshot:
        if self.position == snapshot.position:
            return snapshot
        return forward(snapshot, self.changes, self.position, self.time)

    def forward_partition(self, partition: Partition) -> Partition | None:
        """None where it is ahead of the facts, or tied to others by now: it has to be loaded again."""
        if partition.snapshot.position >= self.position:
            return partition if partition.snapshot.position == self.position else None
        try:
            return Partition(partition.roots, apply(partition.snapshot, self.changes, self.position, self.time))
        except Crossed:
            return None

    @cached_property
    def changes(self) -> Changes:
        reported = {UUID(key_result_id): at for at, _, key_result_id in self.rows["reported"]}
        return changes(self.rows, reported=reported)


@cache
def _since(schema: str) -> bytes:
    """All that a refresh asks, spelled out once."""
    named = Identifier(schema)
    asked: list[Composable] = [POINTER, PROJECTED.format(schema=named), REPORTED.format(schema=named, rows=SINCE)]
    return SQL(" UNION ALL ").join([*asked, *(table.select(schema, SINCE) for table in TABLES)]).as_bytes()
