"""A stage for one case: a durable cluster of its own, the real processes on it, and a load that is broken into."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from faults.load import Load, under_load
from faults.outcome import Outcome, outcome
from faults.service import PATIENCE, Service, running
from okr_api.cli.serving import prepare
from okr_api.local.postgres import EmbeddedPostgres
from projector.facts_schema import schema_name

LEADER = """
SELECT application_name, pid FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objid = (hashtext('okr.projector')::bigint & 4294967295)::oid
"""


class Stage:
    def __init__(self, folder: Path, postgres: EmbeddedPostgres, seed: int, enough: int) -> None:
        self.folder = folder
        self.postgres = postgres
        self.seed = seed
        self.enough = enough
        self.dsn = postgres.dsn()
        self.recoveries: list[float] = []
        self.outcome: Outcome | None = None
        self.expected: list[dict[str, Any]] = []
        """What okr verify must find, because the case did it to the log."""
        self.load: Load

    @asynccontextmanager
    async def playing(
        self, apis: int = 1, projectors: int = 1, dsn: str | None = None, **settings: str
    ) -> AsyncIterator[Service]:
        """The processes under load. When the case is through, the load ends and its outcome is looked at."""
        await asyncio.to_thread(prepare, self.dsn)
        with running(dsn or self.dsn, self.folder, apis, projectors, settings) as service:
            async with self.loaded(service):
                yield service

    @asynccontextmanager
    async def loaded(self, service: Service) -> AsyncIterator[None]:
        async with under_load(service, self.seed, self.enough) as self.load:
            yield
        await self.until(lambda: self.facts_position() == self.head())
        self.outcome = await asyncio.to_thread(outcome, self.load, self.dsn, self.recoveries, self.expected)

    @asynccontextmanager
    async def recovery(self, readable: bool = False) -> AsyncIterator[None]:
        """From here until a write that is sent from here on is acknowledged; `readable`: and can be read."""
        began = time.monotonic()
        yield
        self.recoveries.append(await self.load.written_after(began, readable) - began)

    async def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not await asyncio.to_thread(condition):
            assert time.monotonic() < deadline, "waited in vain"
            await asyncio.sleep(0.02)

    def sql(self, statement: Any, *given: Any) -> list[tuple[Any, ...]]:
        """As the one who owns the database."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement, given or None)
            return cursor.fetchall() if cursor.description else []

    def head(self) -> int:
        return int(self.sql("SELECT coalesce(max(notification_id), 0) FROM okr.events")[0][0])

    def facts_position(self) -> int:
        """How far the facts are; 0 where there are none at this moment."""
        schema = schema_name(self.sql("SELECT number FROM okr.facts_pointer")[0][0])
        try:
            return int(self.sql(SQL("SELECT position FROM {}.projected").format(Identifier(schema)))[0][0])
        except psycopg.errors.UndefinedTable:
            return 0

    def leader(self) -> tuple[str, int] | None:
        """The projector that leads, by its application name, and its session."""
        found = self.sql(LEADER)
        return (found[0][0], found[0][1]) if found else None

    async def end_server(self, number: signal.Signals) -> None:
        """Send PostgreSQL a signal that ends it, and wait until it is gone."""
        pid = self.postgres.pid
        os.kill(pid, number)
        await self.until(lambda: not Path(f"/proc/{pid}").exists() or _is_zombie(pid))


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
