"""Holding: which partitions the live snapshot holds.

They are loaded aside when somebody asks, and let go of again over a budget of bytes: those first that were asked about
longest ago.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from okr_api.snapshot.following import connected, giving_way
from okr_api.snapshot.loading import load_partition, named
from okr_api.snapshot.partitions import Partition, without
from okr_api.snapshot.sizes import Size, entries_of, size_of_root
from okr_api.snapshot.snapshot import Snapshot

Roots = frozenset[UUID]


class Holding:
    """Whoever asks for a partition waits for the one load of it, in turn: several at once would be no quicker.

    Loaded ones are joined with the live snapshot by whoever brings that forward: `loaded`, then `settled`.
    """

    def __init__(self, dsn: str, name: str, most_bytes: int, ready: Callable[[], None]) -> None:
        """`ready` is called when something was loaded."""
        self._dsn = dsn
        self._name = name
        self._most_bytes = most_bytes
        self._ready = ready
        self._asked: dict[UUID, None] = {}
        self._texts: dict[UUID, int] = {}
        self._loads: dict[UUID, asyncio.Task[Partition]] = {}
        self._waiting: list[tuple[Roots, asyncio.Future[Snapshot]]] = []
        self._offered: dict[UUID, Partition] = {}
        self._in_turn = asyncio.Lock()

    def choose(self, sizes: Sequence[Size]) -> Collection[UUID]:
        """Those asked about last, then those most worth it, for as long as there is room; one of them in any case."""
        self._texts = {size.root_id: size.texts for size in sizes}
        ranks = {root_id: rank for rank, root_id in enumerate(self._asked, 1)}
        chosen, room = set[UUID](), self._most_bytes
        for size in sorted(sizes, key=lambda size: -ranks.get(size.root_id, 0)):
            if size.total <= room or not chosen:
                chosen.add(size.root_id)
                room -= size.total
        return chosen

    async def wait_for(self, roots: Roots, away: Roots) -> Snapshot:
        """A live snapshot that holds them all, even if that is more than the budget. Raises psycopg.Error."""
        asked: asyncio.Future[Snapshot] = asyncio.get_running_loop().create_future()
        self._waiting.append((roots, asked))
        self._note(roots)  # though they may give up meanwhile: who asks again is to find it
        self._load(roots & away)
        self._ready()  # they may be held by now
        return await asked

    def loaded(self, number: int) -> list[Partition]:
        """What can be joined with a snapshot of the facts of that number."""
        self._offered = {root_id: load.result() for root_id, load in self._loads.items() if load.done()}
        parts = {id(part): part for part in self._offered.values()}  # each once
        return [part for part in parts.values() if part.snapshot.facts_schema == named(number)]

    async def settled(self, snapshot: Snapshot) -> Snapshot:
        """After loaded ones were joined: tell those who wait, and let go of what is over the budget."""
        self._forget_loads(snapshot)
        if snapshot.asked is not self._asked:
            snapshot = replace(snapshot, asked=self._asked)
        self._tell(snapshot)
        if self._size(snapshot) > self._most_bytes:
            snapshot = await self._trimmed(snapshot)
        return snapshot

    def start_over(self) -> None:
        """What was loaded is of a log that is no more."""
        for load in set(self._loads.values()):
            load.cancel()
        self._loads, self._offered = {}, {}

    async def end(self) -> None:
        loads = set(self._loads.values())
        self.start_over()
        await asyncio.gather(*loads, return_exceptions=True)
        for _, asked in self._waiting:
            asked.cancel()

    def _load(self, roots: Collection[UUID]) -> None:
        """All at once that are not on their way."""
        missing = frozenset(roots) - self._loads.keys()
        if missing:
            load = asyncio.create_task(self._loaded(missing), name="load partitions")
            load.add_done_callback(partial(self._came, missing))
            self._loads |= dict.fromkeys(missing, load)

    async def _loaded(self, roots: Roots) -> Partition:
        async with self._in_turn:
            connection = await connected(self._dsn, self._name)
            try:
                with giving_way():
                    partition = await load_partition(connection, roots)
                    sizes = await asyncio.to_thread(_sizes, partition)
            finally:
                await connection.close()
        self._texts.update({size.root_id: size.texts for size in sizes})
        return partition

    def _came(self, missing: Roots, load: asyncio.Task[Partition]) -> None:
        if load.cancelled():
            return
        failure = load.exception()
        if failure is None:
            self._ready()
            return
        self._loads = {root_id: other for root_id, other in self._loads.items() if other is not load}
        for roots, asked in self._waiting:
            if roots & missing and not asked.done():
                asked.set_exception(failure)

    def _forget_loads(self, snapshot: Snapshot) -> None:
        """Those that are joined now, and those that came to nothing: the facts were rebuilt, or it was tied."""
        for root_id, partition in self._offered.items():
            if not _is_ahead(partition.snapshot, snapshot):
                self._loads.pop(root_id, None)
        self._offered = {}

    def _tell(self, snapshot: Snapshot) -> None:
        waiting, self._waiting = self._waiting, []
        for roots, asked in waiting:
            if asked.done():
                continue
            if roots & snapshot.away:
                self._waiting.append((roots, asked))
                self._load(roots & snapshot.away)
            else:
                self._note(roots)
                asked.set_result(snapshot)

    def _note(self, roots: Roots) -> None:
        for root_id in roots:
            self._asked.pop(root_id, None)
            self._asked[root_id] = None

    def _size(self, snapshot: Snapshot) -> int:
        return entries_of(snapshot) + sum(size for root_id, size in self._texts.items() if root_id not in snapshot.away)

    async def _trimmed(self, snapshot: Snapshot) -> Snapshot:
        """Never without what was asked for last, nor without what somebody waits for, with more on its way."""
        wanted = {root_id for roots, asked in self._waiting if not asked.done() for root_id in roots}
        order = [root_id for root_id in self._in_order(snapshot)[:-1] if root_id not in wanted]
        over = self._size(snapshot) - self._most_bytes
        return await asyncio.to_thread(_let_go, snapshot, order, over) if order else snapshot

    def _in_order(self, snapshot: Snapshot) -> list[UUID]:
        """Held ones, those first that nobody asked about or that were asked about longest ago; of these the oldest."""
        ranks = {root_id: rank for rank, root_id in enumerate(self._asked, 1)}
        held = [c for c in snapshot.cycles.values() if c.id == c.root_id and c.root_id not in snapshot.away]
        held.sort(key=lambda cycle: (ranks.get(cycle.id, 0), cycle.ends_on, cycle.starts_on, cycle.created_position))
        return [cycle.id for cycle in held]


def _let_go(snapshot: Snapshot, order: list[UUID], over: int) -> Snapshot:
    gone: set[UUID] = set()
    for root_id in order:
        if over > 0:
            gone.add(root_id)
            over -= size_of_root(snapshot, root_id).total
    return without(snapshot, gone)


def _sizes(partition: Partition) -> list[Size]:
    return [size_of_root(partition.snapshot, root_id) for root_id in partition.roots]


def _is_ahead(loaded: Snapshot, live: Snapshot) -> bool:
    """Whether the live one has yet to come to where it was loaded."""
    schemas = [int(each.facts_schema.rpartition("_")[2]) for each in (loaded, live)]
    return schemas[0] > schemas[1] or (schemas[0] == schemas[1] and loaded.position > live.position)
