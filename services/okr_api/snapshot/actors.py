"""Actors: names of who did something, as people call them today; read from beside the log."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.together import Cut, Together

NAMES = SQL("SELECT id, name FROM okr.people WHERE kind = 'ACTOR' AND id = ANY(%s::uuid[])")
SIGNED_IN = "SELECT id FROM okr.people WHERE kind = 'ACTOR' AND subject = id || ' ' || %s"


class Actors:
    """What is asked in one turn of the event loop is read together."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._together: Together[UUID, str | None] = Together(pool, _read)

    async def name(self, snapshot: Snapshot, principal_id: UUID) -> str | None:
        """None for one that was erased, or never gave a name."""
        return await self._together.ask(snapshot, principal_id)

    async def signed_in_as(self, login: str) -> Sequence[UUID]:
        """The principals that ever changed something under a login."""
        async with self._pool.connection() as connection:
            found = await (await connection.execute(SIGNED_IN, [login])).fetchall()
        return [principal_id for (principal_id,) in found]


async def _read(cut: Cut, principal_ids: list[UUID]) -> Sequence[str | None]:
    rows = await cut.rows(NAMES, [list(set(principal_ids))])
    names = {row["id"]: row["name"] for row in rows}
    return [names.get(principal_id) for principal_id in principal_ids]
