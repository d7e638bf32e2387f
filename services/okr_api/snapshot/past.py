"""Past cuts: snapshots of positions gone by, loaded when somebody asks and kept while there is room."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from msgspec import structs
from psycopg_pool import AsyncConnectionPool

from okr_api.domain.values import OwnerLevel
from okr_api.snapshot.commits import Commit
from okr_api.snapshot.loading import load_as_of
from okr_api.snapshot.rows import OwnerRow
from okr_api.snapshot.snapshot import Snapshot

BYTES_PER = {"owners": 800, "cycles": 800, "objectives": 1400, "key_results": 1850, "links_up": 600, "counting": 500}
"""What an entry takes with its row, its places in the maps and its share of the roll-ups, but for long texts."""


@dataclass(frozen=True)
class Kept:
    """`named_by`: the owners, as they were called when the names of people were last put right."""

    snapshot: Snapshot
    size: int
    named_by: object


class PastCuts:
    """Whole organisations: objectives serve others of other cycles, so no part of one stands for itself.

    The connections of the pool are how many are loaded at a time; who asks for the same one waits for the same load.
    """

    def __init__(self, pool: AsyncConnectionPool[Any], most_bytes: int) -> None:
        self._pool = pool
        self._most_bytes = most_bytes
        self._kept: OrderedDict[int, Kept] = OrderedDict()
        self._bytes = 0
        self._loading: dict[int, asyncio.Task[Snapshot]] = {}

    async def at(self, commit: Commit, today: Snapshot) -> Snapshot:
        """What the facts held then, with the names that people have today."""
        kept = self._kept.get(commit.position)
        if kept is None or kept.snapshot.facts_schema != today.facts_schema:  # what was loaded before a rebuild
            return with_todays_names(await self._loaded(commit), today)
        self._kept.move_to_end(commit.position)
        if kept.named_by is not today.owners:
            kept = replace(kept, snapshot=with_todays_names(kept.snapshot, today), named_by=today.owners)
            self._kept[commit.position] = kept
        return kept.snapshot

    async def _loaded(self, commit: Commit) -> Snapshot:
        if commit.position not in self._loading:
            task = asyncio.create_task(self._load(commit))
            self._loading[commit.position] = task
            task.add_done_callback(partial(self._keep, commit.position))
        # Whoever gives up leaves the load to the others, and to who asks again.
        return await asyncio.shield(self._loading[commit.position])

    async def _load(self, commit: Commit) -> Snapshot:
        async with self._pool.connection() as connection:
            return await load_as_of(connection, commit.position, commit.recorded_at)

    def _keep(self, position: int, task: asyncio.Task[Snapshot]) -> None:
        del self._loading[position]
        if task.cancelled() or task.exception() is not None:
            return
        if position in self._kept:
            self._bytes -= self._kept.pop(position).size
        self._kept[position] = Kept(task.result(), size_of(task.result()), None)
        self._bytes += self._kept[position].size
        while self._bytes > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.size


def size_of(snapshot: Snapshot) -> int:
    """Bytes, about: so many for each entry, and the texts that people typed."""
    entries = sum(len(getattr(snapshot, name)) * size for name, size in BYTES_PER.items())
    return entries + sum(map(len, _texts(snapshot)))


def _texts(snapshot: Snapshot) -> Iterator[str]:
    for objective in snapshot.objectives.values():
        yield from (objective.row.title or "", objective.row.description or "")
    for key_result in snapshot.key_results.values():
        yield key_result.row.title or ""


def with_todays_names(past: Snapshot, today: Snapshot) -> Snapshot:
    """Names of people stand beside the log, so a cut that was kept would remember who was erased since."""
    owners = past.owners.mutate()
    for then in past.owners.values():
        now = today.owners.get(then.id)
        if now is not None and then.level is OwnerLevel.INDIVIDUAL and _called(then) != _called(now):
            owners[then.id] = structs.replace(then, name=now.name, login=now.login)
    return replace(past, owners=owners.finish())


def _called(owner: OwnerRow) -> tuple[str | None, str | None]:
    return owner.name, owner.login
