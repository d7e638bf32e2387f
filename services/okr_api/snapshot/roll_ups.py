"""Roll-ups checked: a snapshot that was kept fresh says of every node what one that is loaded afresh says."""

from collections.abc import Iterator
from typing import Any

import psycopg

from okr_api.snapshot.loading import load, load_as_of
from okr_api.snapshot.looking import refresh
from okr_api.snapshot.nodes import KeyResultNode, Node, ObjectiveNode
from okr_api.snapshot.snapshot import Snapshot


async def differing_roll_ups(dsn: str) -> list[str]:
    """What differs, a sentence a node, between the present that is loaded and the present that the past is led to."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        present = await load(connection)
        kept = await refresh(connection, await load_as_of(connection, present.position // 2))
        if kept.position != present.position:
            present = await load(connection)
    return list(_differences(kept, present))


def _differences(kept: Snapshot, afresh: Snapshot) -> Iterator[str]:
    for node_id in sorted({*_nodes(kept), *_nodes(afresh)}):
        one, other = kept.held(node_id), afresh.held(node_id)
        if one is None or other is None or _told(one) != _told(other):
            yield f"{node_id}: kept fresh it says {one and _told(one)}, loaded afresh {other and _told(other)}"


def _nodes(snapshot: Snapshot) -> Iterator[Any]:
    yield from snapshot.objectives
    yield from snapshot.key_results


def _told(node: Node) -> tuple[Any, ...]:
    if isinstance(node, KeyResultNode):
        return node.progress, node.live, [hanging.objective.id for hanging in node.below()]
    assert isinstance(node, ObjectiveNode)
    return node.progress, node.live, [key_result.id for key_result in node.key_results], node.serves
