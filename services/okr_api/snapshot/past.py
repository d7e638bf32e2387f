"""Past cuts: snapshots of positions gone by, loaded as far as somebody asks and kept while there is room."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from msgspec import structs
from psycopg_pool import AsyncConnectionPool

from okr_api.domain.values import OwnerLevel
from okr_api.snapshot.commits import Commit
from okr_api.snapshot.loading import load_as_of, partition_of
from okr_api.snapshot.partitions import Partition, joined, roots_of, without
from okr_api.snapshot.rows import OwnerRow
from okr_api.snapshot.sizes import BYTES_PER, size_of_root
from okr_api.snapshot.snapshot import Snapshot

Part = tuple[int, UUID | None]
"""Of the cut at a position: a root cycle, or None for what every cut holds, owners and cycles above all."""


@dataclass(frozen=True)
class Kept:
    """`named_by`: the owners, as they were called when the names of people were last put right."""

    snapshot: Snapshot
    named_by: object


class PastCuts:
    """Cuts hold the partitions that were asked for; those that were asked for longest ago go first.

    The connections of the pool are how many parts are loaded at a time; who asks for the same one waits for the same
    load.
    """

    def __init__(self, pool: AsyncConnectionPool[Any], most_bytes: int) -> None:
        self._pool = pool
        self._most_bytes = most_bytes
        self._kept: dict[int, Kept] = {}
        self._sizes: OrderedDict[Part, int] = OrderedDict()
        self._bytes = 0
        self._loading: dict[Part, asyncio.Task[Partition]] = {}
        self._changing = asyncio.Lock()

    async def at(self, commit: Commit, today: Snapshot, roots: frozenset[UUID] = frozenset()) -> Snapshot:
        """What the facts held then, these root cycles at least, with the names that people have today."""
        snapshot = self._known(commit, today)
        if snapshot is None or roots & snapshot.away:
            snapshot = await self._completed(commit, today, roots)
        self._touch(commit.position, roots)
        return snapshot

    def _touch(self, position: int, roots: frozenset[UUID]) -> None:
        for root_id in (*roots, None):
            if (position, root_id) in self._sizes:
                self._sizes.move_to_end((position, root_id))

    def _known(self, commit: Commit, today: Snapshot) -> Snapshot | None:
        kept = self._kept.get(commit.position)
        if kept is None or kept.snapshot.facts_schema != today.facts_schema:  # what was loaded before a rebuild
            return None
        if kept.named_by is not today.owners:
            kept = Kept(with_todays_names(kept.snapshot, today), today.owners)
            self._kept[commit.position] = kept
        return kept.snapshot

    async def _completed(self, commit: Commit, today: Snapshot, roots: frozenset[UUID]) -> Snapshot:
        snapshot = self._known(commit, today)
        if snapshot is None:
            (spine,) = await self._parts(commit, frozenset([None]))
            snapshot = with_todays_names(spine.snapshot, today)
        parts = await self._parts(commit, roots & snapshot.away)
        async with self._changing:  # others may have completed the same cut meanwhile
            snapshot = self._known(commit, today) or snapshot
            new = [part for part in parts if part.roots & snapshot.away]
            if new:
                snapshot = await asyncio.to_thread(joined, snapshot, new)
            await self._keep(Kept(snapshot, today.owners), roots)
        return snapshot

    async def _parts(self, commit: Commit, roots: Collection[UUID | None]) -> list[Partition]:
        """Those that are not on their way are loaded at once."""
        missing = frozenset(root_id for root_id in roots if (commit.position, root_id) not in self._loading)
        if missing:
            task = asyncio.create_task(self._load(commit, frozenset(filter(None, missing))))
            self._loading |= {(commit.position, root_id): task for root_id in missing}
            task.add_done_callback(self._came)
        tasks = {self._loading[commit.position, root_id] for root_id in roots}
        # Whoever gives up leaves the load to the others, and to who asks again.
        return await asyncio.gather(*map(asyncio.shield, tasks))

    async def _load(self, commit: Commit, roots: frozenset[UUID]) -> Partition:
        async with self._pool.connection() as connection:
            return partition_of(await load_as_of(connection, commit.position, commit.recorded_at, roots))

    def _came(self, task: asyncio.Task[Partition]) -> None:
        self._loading = {part: other for part, other in self._loading.items() if other is not task}
        if not task.cancelled():
            task.exception()  # whoever waits is told; if nobody does any more, nobody has to be

    async def _keep(self, kept: Kept, roots: frozenset[UUID]) -> None:
        snapshot, position = kept.snapshot, kept.snapshot.position
        sizes = await asyncio.to_thread(_sizes, snapshot)
        self._kept[position] = kept
        for part in [part for part in self._sizes if part[0] == position and part[1] not in sizes]:
            self._bytes -= self._sizes.pop(part)
        for root_id, size in sizes.items():
            self._bytes += size - self._sizes.get((position, root_id), 0)
            self._sizes[position, root_id] = size
        self._touch(position, roots)
        gone: dict[int, set[UUID]] = defaultdict(set)
        while self._bytes > self._most_bytes:
            (position, root_id), size = self._sizes.popitem(last=False)
            self._bytes -= size
            if root_id is None:
                self._forget(position)
                gone.pop(position, None)
            else:
                gone[position].add(root_id)
        for position, let_go in gone.items():
            await self._let_go(position, let_go)

    async def _let_go(self, position: int, roots: set[UUID]) -> None:
        kept = self._kept[position]
        less = await asyncio.to_thread(without, kept.snapshot, roots)
        self._kept[position] = replace(kept, snapshot=less)
        for root_id in less.away:  # those that were tied to it, too
            self._bytes -= self._sizes.pop((position, root_id), 0)

    def _forget(self, position: int) -> None:
        self._kept.pop(position, None)
        for part in [part for part in self._sizes if part[0] == position]:
            self._bytes -= self._sizes.pop(part)


def _sizes(snapshot: Snapshot) -> dict[UUID | None, int]:
    """Of each partition that it holds, and of what every cut holds, which is to stay longest."""
    found: dict[UUID | None, int] = {
        root_id: size_of_root(snapshot, root_id).total for root_id in roots_of(snapshot) - snapshot.away
    }
    found[None] = sum(len(getattr(snapshot, name)) * BYTES_PER[name] for name in ("owners", "cycles"))
    return found


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
