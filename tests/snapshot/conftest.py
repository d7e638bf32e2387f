"""An application, a projection and a snapshot on one database, moved by hand."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from examples import Company
from okr_api.access.policy import DEVELOPMENT
from okr_api.application import Application, Caller
from okr_api.commands.decision import Command
from okr_api.domain.events import Event
from okr_api.event_log.log import PostgresLog
from okr_api.event_log.mapper import to_event
from okr_api.snapshot.actors import Actors
from okr_api.snapshot.facts import LiveFacts
from okr_api.snapshot.loading import load
from okr_api.snapshot.looking import refresh
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.whereabouts import Whereabouts
from projector.batches import Projection
from projector.facts_schema import read_pointer

EVENTS = "SELECT originator_id, originator_version, topic, state FROM okr.events ORDER BY notification_id"


class Organisation(Company):
    """A company whose commands go to PostgreSQL; `project` and `read` bring its facts and its snapshot up to date."""

    caller = Caller(DEVELOPMENT)
    top: UUID
    grow: UUID
    sign: UUID
    vps: UUID
    team: UUID
    hire: UUID
    alone: UUID

    def __init__(
        self,
        dsn: str,
        log: PostgresLog,
        connections: list[psycopg.AsyncConnection[Any]],
        pool: AsyncConnectionPool[Any],
    ) -> None:
        self.dsn = dsn
        self.postgres = log
        self.projecting, self.reading = connections
        self.application = Application(log, partial(LiveFacts, self, Actors(pool), Whereabouts(pool)))
        self.snapshot = Snapshot()

    @property
    def log(self) -> Any:
        """What tests look at of a log in memory."""
        with psycopg.connect(self.dsn) as connection:
            found: list[Event] = [to_event(*row) for row in connection.execute(EVENTS)]
        return type("Log", (), {"events": found})

    async def given(self, command: Command) -> UUID:
        done = await self.application.execute(command, Caller(DEVELOPMENT))
        return UUID(next(iter(done.result.values())))

    async def project(self, batch_events: int = 5000) -> None:
        schema = (await read_pointer(self.projecting)).schema
        projection = await Projection.of(self.projecting, schema)
        while batch := await projection.read(batch_events):
            await projection.project(batch)

    async def read(self) -> Snapshot:
        """The snapshot after all that was done, by what changed since the last one."""
        await self.project()
        self.snapshot = await (refresh(self.reading, self.snapshot) if self.snapshot.position else load(self.reading))
        return self.snapshot

    async def at_least(self, position: int, seconds: float) -> Snapshot:
        """What decisions ask for is read on the spot."""
        return await self.read()

    async def read_afresh(self) -> Snapshot:
        return await load(self.reading)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with AsyncConnectionPool(database, min_size=1, max_size=2, open=False) as pool:
        yield pool


@pytest.fixture
async def organisation(database: str, pool: AsyncConnectionPool[Any]) -> AsyncIterator[Organisation]:
    async with PostgresLog(database) as log:
        connections = [await psycopg.AsyncConnection.connect(database, autocommit=True) for _ in range(2)]
        organisation = Organisation(database, log, connections, pool)
        await organisation.founded()
        yield organisation
        for connection in connections:
            await connection.close()
