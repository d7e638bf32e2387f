"""Steps: what each commit did to a tree, oldest first, by leading one past cut from commit to commit."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from okr_api.domain.values import Approach
from okr_api.snapshot.apply import apply
from okr_api.snapshot.behind import require_position
from okr_api.snapshot.changes import Changes
from okr_api.snapshot.diff import Diff, compared
from okr_api.snapshot.fields import stored
from okr_api.snapshot.ledger import read_ledger
from okr_api.snapshot.partitions import roots_of
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.standing import Standing

AT_A_TIME = 200
"""Commits that are read together."""

# Check-ins write none of these tables; all that one cycle's tree shows shares its root cycle.
COMMITS = SQL("""
SELECT position, recorded_at FROM (
    SELECT valid_from AS position FROM {schema}.cycles WHERE root_id = %(root)s
    UNION SELECT valid_from FROM {schema}.objectives WHERE root_id = %(root)s
    UNION SELECT valid_from FROM {schema}.key_results WHERE root_id = %(root)s
    UNION SELECT valid_from FROM {schema}.links WHERE root_id = %(root)s
    UNION SELECT valid_to FROM {schema}.links WHERE root_id = %(root)s
) changed JOIN okr.events ON notification_id = position
WHERE position > %(after)s AND position <= %(until)s ORDER BY position LIMIT %(most)s
""")


@dataclass(frozen=True)
class Step:
    """One commit: the cuts before and after it, and what it did to the shape, the stored fields and the targets."""

    before: Snapshot
    after: Snapshot
    told: Diff


@dataclass(frozen=True)
class Asked:
    """A tree, from a cut that is led onward up to a position."""

    start: Snapshot
    until: int
    cycle_id: UUID
    root_cycle_id: UUID
    root_id: UUID | None
    view: Approach

    def standing(self, snapshot: Snapshot) -> Standing:
        return Standing(snapshot, self.cycle_id, self.root_id, self.view)


class Steps:
    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def walk(self, asked: Asked) -> AsyncGenerator[Step, None]:
        """The commits that did something to the tree: check-ins, their corrections and scores are none. Raises Away."""
        snapshot = asked.start
        snapshot.require(asked.root_cycle_id)
        while commits := await self._commits(asked, snapshot.position):
            last = commits[-1][0]
            async with self._pool.connection() as connection:
                ledger = await read_ledger(connection, snapshot.facts_schema, snapshot.position, last)
            for position, time in commits:
                between = ledger.changes(snapshot.position, position - 1)
                before = apply(snapshot, between, position - 1, snapshot.time)
                changes = ledger.changes(position - 1, position)
                snapshot = apply(before, changes, position, time)
                told = compared(asked.standing(before), asked.standing(snapshot), _touched(changes), stored)
                if told:
                    yield Step(before, snapshot, told)
                await asyncio.sleep(0)  # others are answered meanwhile

    async def _commits(self, asked: Asked, after: int) -> list[tuple[int, datetime]]:
        query = COMMITS.format(schema=Identifier(asked.start.facts_schema))
        given = {"root": asked.root_cycle_id, "after": after, "until": asked.until, "most": AT_A_TIME}
        async with self._pool.connection() as connection:
            await require_position(connection, asked.start.facts_schema, asked.until)
            found: list[tuple[int, datetime]] = await (await connection.execute(query, given)).fetchall()
        return found


def before_all(snapshot: Snapshot, roots: Collection[UUID] | None = None) -> Snapshot:
    """The cut before the first commit, of the same facts; `roots`: what is to be held of what comes, else all."""
    away = frozenset[UUID]() if roots is None else roots_of(snapshot) - frozenset(roots)
    return replace(Snapshot(), facts_schema=snapshot.facts_schema, away=away)


def _touched(changes: Changes) -> Iterator[UUID]:
    yield from (objective.id for objective in changes.objectives)
    yield from (key_result.id for key_result in changes.key_results)
    for link in (*changes.links, *changes.ended_links):
        yield from (link.objective_id, link.target_id)
