"""Whereabouts: what the facts know, at the cut of a snapshot, about partitions that it does not hold."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar
from uuid import UUID

from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from okr_api.domain.values import Visibility
from okr_api.snapshot.away import Away, Holder, Lookup, Outline, Outlines, Where
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.together import Cut

T = TypeVar("T")

ROOTS = SQL("""
SELECT objective_id AS id, root_id FROM {schema}.objectives WHERE objective_id = ANY(%(ids)s) AND {true_then}
UNION ALL
SELECT key_result_id, root_id FROM {schema}.key_results WHERE key_result_id = ANY(%(ids)s) AND {true_then}
""")
# Of several that bear one, as what is retired may, the youngest holds it.
HOLDERS = SQL("""
SELECT kind, ref, id, root_id FROM (
    SELECT 'Objective' AS kind, external_ref AS ref, objective_id AS id, root_id, created_position
    FROM {schema}.objectives WHERE external_ref = ANY(%(refs)s) AND {true_then}
    UNION ALL
    SELECT 'KeyResult', external_ref, key_result_id, root_id, created_position
    FROM {schema}.key_results WHERE external_ref = ANY(%(refs)s) AND {true_then}
) bearing ORDER BY created_position
""")
OUTLINES = SQL("""
SELECT objective_id, owner_id, cycle_id, visibility FROM {schema}.objectives
WHERE root_id = ANY(%(roots)s) AND (visibility <> %(open)s OR NOT %(closed)s) AND {true_then}
""")
KEY_RESULTS = SQL("""
SELECT objective_id, key_result_id FROM {schema}.key_results
WHERE objective_id = ANY(%(objectives)s) AND {true_then}
""")


class Holds(Protocol):
    """The live snapshot."""

    async def holding(self, roots: frozenset[UUID]) -> Snapshot: ...


async def found(live: Holds, whereabouts: "Whereabouts", snapshot: Snapshot, ask: Callable[[Snapshot], T]) -> T:
    """What is told by the snapshot, or by one that can tell what was away. Raises psycopg.Error."""
    held = Held()
    while True:
        try:
            return ask(snapshot)
        except Away as away:
            snapshot = await held.bring(live, whereabouts, away, snapshot)


@dataclass
class Held:
    """What somebody who asks had to have loaded, of today and of cuts of the past, and what was looked up at each."""

    now: set[UUID] = field(default_factory=set)
    then: set[UUID] = field(default_factory=set)
    _proven: dict[tuple[str, int], dict[Lookup, Any]] = field(default_factory=dict)

    async def bring(self, live: Holds, whereabouts: "Whereabouts", away: Away, last: Snapshot) -> Snapshot:
        """What to read of today from now on: the last one with what was looked up, or one that holds more.

        Raises psycopg.Error.
        """
        away.forget()
        roots = self._found(away, await whereabouts.prove(away))
        if away.snapshot.is_past:
            self.then |= roots
            return last
        self.now |= roots
        newest = max(last, away.snapshot, key=lambda snapshot: snapshot.position)
        return self.proved(await live.holding(frozenset(self.now)) if roots else newest)

    def proved(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with what was looked up at its cut."""
        known = self._proven.get(_cut(snapshot))
        return replace(snapshot, proven=dict(known)) if known and snapshot.away else snapshot

    def _found(self, away: Away, proven: dict[Lookup, Any]) -> frozenset[UUID]:
        """The root cycles that are to be held; all, where it was looked up before and that was of no use."""
        known = self._proven.setdefault(_cut(away.snapshot), {})
        again = away.lookups & known.keys()
        known |= proven
        return away.roots | (away.snapshot.away if again else lies_in(proven) & away.snapshot.away)


def _cut(snapshot: Snapshot) -> tuple[str, int]:
    return snapshot.facts_schema, snapshot.position


def lies_in(proven: Mapping[Lookup, Any]) -> frozenset[UUID]:
    """The root cycles that something was found in."""
    return frozenset(root_id for lookup, root_id in proven.items() if isinstance(lookup, Where) and root_id)


class Whereabouts:
    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def prove(self, away: Away) -> dict[Lookup, Any]:
        """An answer to each of its lookups, and where everything lies that was found. Raises psycopg.Error."""
        if not away.lookups:
            return {}
        cut, proven = Cut.of(self._pool, away.snapshot), dict[Lookup, Any]()
        ids = [lookup.node_id for lookup in away.lookups if isinstance(lookup, Where)]
        holders = [lookup for lookup in away.lookups if isinstance(lookup, Holder)]
        if ids:
            proven |= await _roots(cut, ids)
        if holders:
            proven |= await _holders(cut, holders)
        for lookup in away.lookups:
            if isinstance(lookup, Outlines):
                proven[lookup] = await _outlines(cut, lookup)
        return proven


async def _roots(cut: Cut, ids: list[UUID]) -> dict[Lookup, Any]:
    found = {row["id"]: row["root_id"] for row in await cut.rows(ROOTS, {"ids": ids})}
    return {Where(node_id): found.get(node_id) for node_id in ids}


async def _holders(cut: Cut, asked: list[Holder]) -> dict[Lookup, Any]:
    proven: dict[Lookup, Any] = dict.fromkeys(asked)
    for row in await cut.rows(HOLDERS, {"refs": [holder.reference for holder in asked]}):
        if (holder := Holder(row["kind"], row["ref"])) in proven:
            proven[holder] = row["id"]
            proven[Where(row["id"])] = row["root_id"]
    return proven


async def _outlines(cut: Cut, asked: Outlines) -> list[Outline]:
    given = {"roots": list(asked.roots), "open": Visibility.ORGANISATION.value, "closed": asked.closed}
    rows = await cut.rows(OUTLINES, given)
    key_results: dict[UUID, list[UUID]] = defaultdict(list)
    for row in await cut.rows(KEY_RESULTS, {"objectives": [row["objective_id"] for row in rows]}):
        key_results[row["objective_id"]].append(row["key_result_id"])
    return [
        Outline(i, row["owner_id"], row["cycle_id"], Visibility(row["visibility"]), tuple(key_results[i]))
        for row in rows
        for i in (row["objective_id"],)
    ]
