"""Commits: the last whole commit at a position of the log, or recorded by a time."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from okr_api.domain.check_in import AHEAD
from okr_api.snapshot.snapshot import BEGINNING

MOST_KEPT = 10_000

AT_POSITION = """
SELECT commit_position, recorded_at, head
FROM (SELECT coalesce(max(notification_id), 0) AS head FROM okr.events) log LEFT JOIN LATERAL (
    SELECT commit_position, recorded_at FROM okr.events
    WHERE notification_id <= %(asked)s AND commit_position <= %(asked)s ORDER BY notification_id DESC LIMIT 1
) found ON true
"""
AT_TIME = """
SELECT commit_position, recorded_at,
    EXISTS (SELECT FROM okr.events WHERE recorded_at > %(asked)s) AS followed, clock_timestamp() >= %(asked)s AS past
FROM (SELECT) log LEFT JOIN LATERAL (
    SELECT commit_position, recorded_at FROM okr.events
    WHERE recorded_at <= %(asked)s ORDER BY recorded_at DESC, notification_id DESC LIMIT 1
) found ON true
"""
NO_APPEND = "SELECT pg_advisory_xact_lock_shared(hashtext('okr.append'))"


@dataclass(frozen=True)
class Commit:
    """A cut of the log that splits no commit, and when the log recorded it."""

    position: int
    recorded_at: datetime


NOTHING = Commit(0, BEGINNING)
"""Before the first commit."""


class InFuture(Exception):
    """The log has not come that far."""


class Commits:
    """What was found once stays true, since the log only grows: the newest answers are kept."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._kept: OrderedDict[int | datetime, Commit] = OrderedDict()

    async def at(self, asked: int | datetime) -> Commit:
        """The last whole commit there. Raises InFuture."""
        if asked in self._kept:
            self._kept.move_to_end(asked)
            return self._kept[asked]
        if isinstance(asked, datetime):
            commit, settled = await self._at_time(asked)
        else:
            commit, settled = await self._at_position(asked), True
        if settled:
            self._kept[asked] = commit
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return commit

    async def _at_position(self, position: int) -> Commit:
        async with self._pool.connection() as connection:
            row = await _read(connection, AT_POSITION, position)
        if position > row["head"]:
            raise InFuture(f"position {position} is beyond the end of the log, which is at {row['head']}")
        return _commit(row)

    async def _at_time(self, time: datetime) -> tuple[Commit, bool]:
        """With whether no commit can be recorded any more that would change it."""
        if time > datetime.now(UTC) + AHEAD:
            raise InFuture(f"{time.isoformat()} is in the future")
        async with self._pool.connection() as connection:
            row = await _read(connection, AT_TIME, time)
            if not row["followed"]:
                # A commit has its time before it is seen: whoever appends now may belong to what is asked.
                async with connection.transaction():
                    await connection.execute(NO_APPEND)
                    row = await _read(connection, AT_TIME, time)
        return _commit(row), row["followed"] or row["past"]


async def _read(connection: AsyncConnection[Any], query: LiteralString, asked: int | datetime) -> DictRow:
    cursor = connection.cursor(row_factory=dict_row)
    row = await (await cursor.execute(query, {"asked": asked})).fetchone()
    assert row is not None
    return row


def _commit(row: DictRow) -> Commit:
    return NOTHING if row["commit_position"] is None else Commit(row["commit_position"], row["recorded_at"])
