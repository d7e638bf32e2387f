"""Deliveries: what was tried to tell each webhook, what waits, and how it is getting on, as it is now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import dict_row
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from okr_api.snapshot.pages import Page, from_cursor, to_cursor
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.together import Cut, Together

MOST_COUNTED = 10_000
STATES = SQL("""
SELECT asked.webhook_id, since, attempts, next_attempt_at, stopped_after, (
    SELECT count(*) FROM (SELECT FROM okr.webhook_outbox o WHERE o.webhook_id = asked.webhook_id LIMIT %s) few
) AS waiting
FROM unnest(%s::uuid[]) WITH ORDINALITY asked(webhook_id, place) LEFT JOIN okr.webhook_troubles USING (webhook_id)
ORDER BY place
""")
PAGE = "SELECT * FROM okr.webhook_deliveries WHERE webhook_id = %s AND id < %s ORDER BY id DESC LIMIT %s"
TOTAL = "SELECT count(*) AS total FROM okr.webhook_deliveries WHERE webhook_id = %s"
NEWEST = 2**63 - 1


class DeliveryRow(msgspec.Struct, frozen=True):
    id: int
    position: int
    attempt: int
    attempted_at: datetime
    milliseconds: int
    outcome: str
    status: int | None


class WebhookState(msgspec.Struct, frozen=True):
    """`waiting`: how many messages, at most 10,000 of them counted. `since` is None while there is no trouble."""

    waiting: int
    since: datetime | None
    attempts: int | None
    next_attempt_at: datetime | None
    stopped_after: int | None


class Deliveries:
    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._states = Together(pool, _read_states)

    async def state(self, snapshot: Snapshot, webhook_id: UUID) -> WebhookState:
        return await self._states.ask(snapshot, webhook_id)

    async def page(self, webhook_id: UUID, size: int, after: str | None) -> Page[DeliveryRow]:
        """Newest first. Raises BadPage."""
        below = NEWEST if after is None else from_cursor(after, int)
        found = [msgspec.convert(row, DeliveryRow) for row in await self._rows(PAGE, webhook_id, below, size + 1)]
        shown = found[:size]

        async def total() -> int:
            return int((await self._rows(TOTAL, webhook_id))[0]["total"])

        return Page(shown, [to_cursor(row.id) for row in shown], len(found) > size, after is not None, total)

    async def _rows(self, query: Any, *given: Any) -> list[dict[str, Any]]:
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            rows: list[dict[str, Any]] = await (await cursor.execute(query, given)).fetchall()
        return rows


async def _read_states(cut: Cut, asked: list[UUID]) -> Sequence[WebhookState]:
    return [msgspec.convert(row, WebhookState) for row in await cut.rows(STATES, [MOST_COUNTED, asked])]
