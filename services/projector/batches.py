"""Batches: whole commits that are folded and written in one transaction."""

import gc
from collections.abc import Sequence
from contextlib import nullcontext
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
from projector.log import END, Recorded, Stored, commits, decoded, read_commits
from projector.metrics import BATCH_SECONDS, EVENTS
from projector.storing import advance, are_few, copy, load_standing
from projector.versions import Change
from projector.webhooks.outbox import fill

READ_POSITION = """
SELECT position, coalesce((SELECT hash FROM audit_events ORDER BY position DESC LIMIT 1), %s),
    EXISTS (SELECT FROM webhooks)
FROM projected
"""
ADVANCED = "UPDATE projected SET position = %(to)s, recorded_at = %(recorded_at)s WHERE position = %(position)s"
ADVANCED_UNREAD = f"WITH advanced AS ({ADVANCED} RETURNING position)"
# Facts that are read share the pointer while they change: a flip waits for it, and no batch begins in facts that are
# read no longer.
ADVANCED_LIVE = f"""
WITH held AS (SELECT FROM okr.facts_pointer WHERE number = %(number)s FOR SHARE), advanced AS (
    {ADVANCED} AND EXISTS (SELECT FROM held) RETURNING pg_notify('okr_facts', position::text)
)
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
            # What is looked up stands until the position moves, and it moves for one projector alone.
            for wanted in facts.leans_on(events):
                await load_standing(self.connection, wanted)
            for commit in commits(events):
                facts.fold(commit)
            await self._store(batch[-1], events)
        except UndefinedTable as error:
            facts.forget()
            raise Overtaken("a rebuild dropped these facts") from error
        except BaseException:
            facts.forget()
            raise
        facts.written()
        BATCH_SECONDS.observe(monotonic() - began)
        EVENTS.inc(len(batch))
        self.position, self._hash = batch[-1].commit_position, events[-1].hash

    async def _store(self, last: Stored, events: list[Recorded]) -> None:
        """In one transaction. A few rows are one statement, which is one without being told."""
        changes, number = self._facts.changes(), self._number
        few, tells = are_few(changes), number is not None and self._tells()
        async with nullcontext() if few and number is not None and not tells else self.connection.transaction():
            await self._advance(last, changes if few else [change.end_only() for change in changes])
            if not few:
                await copy(self.connection, changes)
            if number is not None and tells:
                await fill(self.connection, schema_name(number), events)

    def _tells(self) -> bool:
        """Whether there is a webhook; where there never was one, no batch pays for it."""
        self._webhooks = self._webhooks or bool(self._facts.webhooks.begun())
        return self._webhooks

    async def _advance(self, last: Stored, changes: Sequence[Change]) -> None:
        advanced = ADVANCED_UNREAD if self._number is None else ADVANCED_LIVE
        given = {"to": last.commit_position, "recorded_at": last.recorded_at, "position": self.position}
        if not await advance(self.connection, advanced, {**given, "number": self._number}, changes):
            raise Overtaken(f"these facts are no longer at position {self.position}, or no longer read")


def _first_half(batch: Sequence[Stored], error: Exception) -> list[Stored]:
    whole = list(commits(batch))
    if len(whole) == 1:
        raise Poison(batch, error) from error
    return list(chain.from_iterable(whole[: len(whole) // 2]))
