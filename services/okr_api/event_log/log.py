"""The event log as the application sees it: append, load, and look up what a command was answered with."""

from collections.abc import Mapping
from typing import Protocol, Self
from uuid import UUID

from okr_api.domain.stream import Stream
from okr_api.event_log.connections import Away, Pool, never
from okr_api.event_log.group_commit import GroupCommit
from okr_api.event_log.reading import LogReader
from okr_api.event_log.requests import Accepted, Request

SECONDS = 3.0
"""How long a command waits for the database."""


class EventLog(Protocol):
    """What commands need of a log. Tests of rules run on one in memory."""

    async def append(self, request: Request) -> Accepted:
        """Raises CommandKnown, AppendRefused, QueueFull or LogUnavailable."""

    async def streams(self, known: Mapping[UUID, Stream | None]) -> Mapping[UUID, Stream]: ...

    async def command(self, command_id: UUID) -> Accepted | None: ...

    @property
    def input_hash_key(self) -> bytes: ...


class PostgresLog:
    """The log in PostgreSQL: one connection appends, a few read."""

    def __init__(
        self,
        dsn: str,
        *,
        queue_limit: int = 10_000,
        readers: int = 4,
        seconds: float = SECONDS,
        away: Away = never,
    ) -> None:
        self.group_commit = GroupCommit(dsn, queue_limit=queue_limit, seconds=seconds, away=away)
        self.pool = Pool(dsn, "log reading", most=readers, seconds=seconds, away=away)
        self._reader = LogReader(self.pool)
        self.append = self.group_commit.append
        self.streams = self._reader.streams
        self.command = self._reader.command
        self.input_hash_key = b""

    async def __aenter__(self) -> Self:
        await self.pool.__aenter__()
        self.input_hash_key = await self._reader.input_hash_key()
        await self.group_commit.start()
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.group_commit.stop()
        await self.pool.__aexit__(*failure)
