"""Sizes: what snapshots take in memory, about, told by their entries or by the rows that they would be made of."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncCursor
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier, Literal

from okr_api.snapshot.partitions import nodes_of
from okr_api.snapshot.snapshot import Snapshot

BYTES_PER = {"owners": 800, "cycles": 800, "objectives": 1000, "key_results": 1850, "links_up": 1000, "counting": 900}
"""What an entry takes with its row, its places in the maps and its share of the roll-ups, but for long texts.

Between what Python counts and what the process grows by, a sixth more.
"""

# The newest first, of those that are worked with.
BY_ROOT = SQL("""
SELECT cycle_id, coalesce(sum(entries.bytes), 0)::bigint, coalesce(sum(texts), 0)::bigint
FROM {schema}.cycles LEFT JOIN (
    SELECT root_id, count(*) * {objectives} AS bytes,
        sum(coalesce(length(title), 0) + coalesce(length(description), 0)) AS texts
    FROM {schema}.objectives WHERE valid_to IS NULL GROUP BY root_id
    UNION ALL SELECT root_id, count(*) * {key_results}, sum(coalesce(length(title), 0))
    FROM {schema}.key_results WHERE valid_to IS NULL GROUP BY root_id
    UNION ALL SELECT root_id, count(*) * {links_up}, 0 FROM {schema}.links WHERE valid_to IS NULL GROUP BY root_id
    UNION ALL SELECT root_id, count(*) * {counting}, 0 FROM {schema}.counting WHERE valid_to IS NULL GROUP BY root_id
) entries ON entries.root_id = cycle_id
WHERE parent_id IS NULL AND valid_to IS NULL
GROUP BY cycle_id, state, ends_on, starts_on, created_position
ORDER BY state = 'CLOSED', ends_on DESC, starts_on DESC, created_position DESC
""")


class Size(NamedTuple):
    """Of a root cycle: its entries, and the texts that people typed there; bytes."""

    root_id: UUID
    entries: int
    texts: int

    @property
    def total(self) -> int:
        return self.entries + self.texts


async def read_sizes(cursor: AsyncCursor[TupleRow], schema: str) -> list[Size]:
    """Of each root cycle as the facts are now, in the order in which they are worth holding."""
    bytes_per = {name: Literal(size) for name, size in BYTES_PER.items()}
    rows = await cursor.execute(BY_ROOT.format(schema=Identifier(schema), **bytes_per))
    return [Size(*row) for row in await rows.fetchall()]


def size_of(snapshot: Snapshot) -> int:
    """Bytes: so many for each entry, and the texts that people typed."""
    return entries_of(snapshot) + sum(map(len, _texts(snapshot, [*snapshot.objectives, *snapshot.key_results])))


def entries_of(snapshot: Snapshot) -> int:
    """Bytes, without texts; at once, however large it is."""
    return sum(len(getattr(snapshot, name)) * size for name, size in BYTES_PER.items())


def size_of_root(snapshot: Snapshot, root_id: UUID) -> Size:
    """Of one that it holds."""
    found, nodes = 0, list(nodes_of(snapshot, root_id))
    for name in ("objectives", "key_results", "links_up", "counting"):
        entries: Any = getattr(snapshot, name)
        found += BYTES_PER[name] * sum(node_id in entries for node_id in nodes)
    return Size(root_id, found, sum(map(len, _texts(snapshot, nodes))))


def _texts(snapshot: Snapshot, node_ids: list[UUID]) -> Iterator[str]:
    for node_id in node_ids:
        objective = snapshot.objectives.get(node_id)
        if objective is not None:
            yield from (objective.row.title or "", objective.row.description or "")
        else:
            yield snapshot.key_results[node_id].row.title or ""
