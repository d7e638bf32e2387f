"""Targets: what a key result was to reach, and until when, read from the facts at a snapshot's position."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from okr_api.snapshot.rows import TargetRow, with_metric
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.together import Cut, Together

TARGETS = SQL("""
SELECT *, lead(since) OVER (PARTITION BY key_result_id ORDER BY position) AS until
FROM {schema}.targets WHERE key_result_id = ANY(%s::uuid[]) AND {true_then} ORDER BY position
""")


class Targets:
    """Those of one key result at a time; what is asked in one turn of the event loop is read together."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._together = Together(pool, _read)

    async def of(self, snapshot: Snapshot, key_result_id: UUID) -> list[TargetRow]:
        """Oldest first."""
        return await self._together.ask(snapshot, key_result_id)


async def _read(cut: Cut, key_result_ids: list[UUID]) -> Sequence[list[TargetRow]]:
    found: dict[UUID, list[TargetRow]] = defaultdict(list)
    for row in await cut.rows(TARGETS, [key_result_ids]):
        found[row["key_result_id"]].append(msgspec.convert(with_metric(row), TargetRow))
    return [found[key_result_id] for key_result_id in key_result_ids]
