"""Batches: whole commits that are folded and written in one transaction."""

import gc
from collections.abc import Sequence
from itertools import chain
from time import monotonic
from typing import Any, Self

from psycopg import AsyncConnection, InterfaceError, OperationalError
from psycopg.errors import ReadOnlySqlTransaction, UndefinedTable
from psycopg.sql import SQL, Identifier

from okr_api.event_log.chain import BEGINNING
from okr_api.event_log.mapper import written_by
from okr_api.operations import tracing
from projector.facts_schema import Pointer, schema_name
from projector.folding import Facts
from projector.log import END, Stored, commits, decoded, read_commits
from projector.metrics import BATCH_SECONDS, EVENTS
from projector.storing import load_standing, store
from projector.webhooks.outbox import fill

READ_POSITION = """
SELECT position, coalesce((SELECT hash FROM audit_events ORDER BY position DESC LIMIT 1), %s),
    EXISTS (SELECT FROM webhooks)
FROM projected
"""
ADVANCE = "UPDATE projected SET position = %(to)s, recorded_at = %(recorded_at)s WHERE position = %(position)s"
ADVANCE_UNREAD = f"{ADVANCE} RETURNING position"
# Facts that are read share the pointer while they change: a flip waits for it, and no batch begins in facts that are
# read no longer.
ADVANCE_LIVE = f"""
WITH held AS (SELECT FROM okr.facts_pointer WHERE number = %(number)s FOR SHARE)
{ADVANCE} AND EXISTS (SELECT FROM held)
RETURNING pg_notify('okr_facts', position::text)
"""


class Poison(Exception):
    """A commit that cannot be projected: `position` is that of its first event. What precedes it is projected."""

    def __init__(self, commit: Sequence[Stored], error: Exception) -> None:
        self.position = commit[0].position
        super().__init__(f"position {self.position} cannot be projected: {type(error).__name__}: {error}")
        command = written_by(commit[0].state)
        self.correlation_id = command.correlation_id if command else None


class Overtaken(Exception):
    """Another projector advanced these facts, or a rebuild replaced them; nothing of this batch is written."""


def collect_rarely() -> None:
    """Look for garbage in loops less often: a batch makes very many objects and no loops among them."""
    gc.set_threshold(1_000_000)


class Projection:
    """One schema of facts, how far it is, and the hash there. Its connection keeps to that schema."""

    def __init__(
        self, connection: AsyncConnection[Any], position: int, hash: bytes, number: int | None, webhooks: bool
    ) -> None:
        self.connection = connection
        self.position = position
        self._hash = hash
        self._number = number
        self._webhooks = webhooks
        self._facts = Facts()

    @classmethod
    async def live(cls, connection: AsyncConnection[Any], pointer: Pointer) -> Self:
        """The facts that are read: who reads them is told of every batch."""
        return await cls.of(connection, pointer.schema, pointer.number)

    @classmethod
    async def of(cls, connection: AsyncConnection[Any], schema: str, number: int | None = None) -> Self:
        """Facts that nobody reads yet. Raises UndefinedTable where there are none."""
        await connection.execute(SQL("SET search_path TO {}").format(Identifier(schema)))
        row = await (await connection.execute(READ_POSITION, [BEGINNING])).fetchone()
        assert row is not None
        return cls(connection, row[0], row[1], number, row[2])

    async def read(self, limit: int, until: int = END) -> list[Stored]:
        """The next batch: about `limit` events, nothing where the facts are as far as the log."""
        return await read_commits(self.connection, self.position, limit, until)

    async def project(self, batch: Sequence[Stored]) -> None:
        """Write what whole commits, as read, make of the facts, in one transaction.

        Where that fails, fewer commits are tried, down to one: so all before a poisoned one is written in the end.
        Raises Poison, Overtaken, or what psycopg raises where the server went away; then nothing is written.
        """
        while True:
            try:
                with tracing.tracer.batch("project", (commit[0].state for commit in commits(batch))):
                    return await self._write(batch)
            except (Overtaken, OperationalError, InterfaceError, ReadOnlySqlTransaction):  # which was the primary once
                raise
            except Exception as error:
                batch = _first_half(batch, error)

    async def _write(self, batch: Sequence[Stored]) -> None:
        began, facts = monotonic(), self._facts
        events = decoded(batch, self._hash)
        try:
            async with self.connection.transaction():
                await self._advance(batch[-1])
                for wanted in facts.leans_on(events):
                    await load_standing(self.connection, wanted)
                for commit in commits(events):
                    facts.fold(commit)
                await store(self.connection, facts.tables)
                if self._number is not None and self._tells(facts):
                    await fill(self.connection, schema_name(self._number), events)
        except BaseException:
            facts.forget()
            raise
        facts.written()
        BATCH_SECONDS.observe(monotonic() - began)
        EVENTS.inc(len(batch))
        self.position, self._hash = batch[-1].commit_position, events[-1].hash

    def _tells(self, facts: Facts) -> bool:
        """Whether there is a webhook; where there never was one, no batch pays for it."""
        self._webhooks = self._webhooks or bool(facts.webhooks.begun())
        return self._webhooks

    async def _advance(self, last: Stored) -> None:
        places = {"to": last.commit_position, "recorded_at": last.recorded_at, "position": self.position}
        advance = ADVANCE_UNREAD if self._number is None else ADVANCE_LIVE
        try:
            advanced = await self.connection.execute(advance, {**places, "number": self._number})
            if await advanced.fetchone() is not None:
                return
        except UndefinedTable as error:
            raise Overtaken("a rebuild dropped these facts") from error
        raise Overtaken(f"these facts are no longer at position {self.position}, or no longer read")


def _first_half(batch: Sequence[Stored], error: Exception) -> list[Stored]:
    whole = list(commits(batch))
    if len(whole) == 1:
        raise Poison(batch, error) from error
    return list(chain.from_iterable(whole[: len(whole) // 2]))
