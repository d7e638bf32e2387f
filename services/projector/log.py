"""The log as the projector reads it: events in their places, whole commits only."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from psycopg import AsyncConnection

from okr_api.domain.events import Event
from okr_api.event_log.chain import leaf, link
from okr_api.event_log.mapper import to_event

END = 2**63 - 1
READ = """
SELECT notification_id, commit_position, originator_id, originator_version, topic, state, recorded_at
FROM okr.events
WHERE notification_id > %(after)s AND notification_id <= (
    SELECT max(commit_position) FROM (
        SELECT commit_position FROM okr.events
        WHERE notification_id > %(after)s AND notification_id <= %(until)s ORDER BY notification_id LIMIT %(limit)s
    ) AS next_ones
)
ORDER BY notification_id
"""


class Stored(NamedTuple):
    """A row of the log."""

    position: int
    commit_position: int
    stream: UUID
    version: int
    topic: str
    state: bytes
    recorded_at: datetime


class Recorded(NamedTuple):
    """An event in its place in the log, with the hash at it; its timestamp is when the log recorded it."""

    position: int
    commit_position: int
    event: Event
    hash: bytes


Place = TypeVar("Place", Stored, Recorded)


async def read_commits(connection: AsyncConnection[Any], after: int, limit: int, until: int = END) -> list[Stored]:
    """The next events after a position: at least `limit` if there are so many, and the rest of the last commit."""
    places = {"after": after, "limit": limit, "until": until}
    cursor = await connection.execute(READ, places, binary=True)
    return [Stored(*row) for row in await cursor.fetchall()]


async def read_head(connection: AsyncConnection[Any]) -> int:
    """The last position of the log, 0 where nothing is."""
    row = await (await connection.execute("SELECT coalesce(max(notification_id), 0) FROM okr.events")).fetchone()
    assert row is not None
    return int(row[0])


def decoded(rows: Sequence[Stored], before: bytes) -> list[Recorded]:
    """`before`: the hash that these rows follow. Raises UnknownEvent or UnreadableEvent."""
    return [Recorded(row.position, row.commit_position, _event(row), at) for row, at in chained(before, rows)]


def chained(before: bytes, rows: Iterable[Stored]) -> Iterator[tuple[Stored, bytes]]:
    """Each row with the hash at it."""
    for row in rows:
        before = link(before, leaf(row))
        yield row, before


def commits(events: Sequence[Place]) -> Iterator[list[Place]]:
    for _, commit in groupby(events, key=attrgetter("commit_position")):
        yield list(commit)


def _event(row: Stored) -> Event:
    return to_event(row.stream, row.version, row.topic, row.state, row.recorded_at)
