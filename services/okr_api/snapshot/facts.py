"""What decisions ask of the read side: the newest snapshot that holds what was acknowledged."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Protocol, TypeVar
from uuid import UUID

from okr_api.snapshot.actors import Actors
from okr_api.snapshot.live import NotYetReadable
from okr_api.snapshot.nodes import KeyResultNode, ObjectiveNode
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.whereabouts import Whereabouts, found

T = TypeVar("T")

READABLE_SECONDS = 2.0


class Readable(Protocol):
    """The live snapshot, or one that a test moves by hand."""

    @property
    def snapshot(self) -> Snapshot: ...

    async def at_least(self, position: int, seconds: float) -> Snapshot: ...

    async def holding(self, roots: frozenset[UUID]) -> Snapshot: ...


class LiveFacts:
    """Answers from a snapshot of that position or later; while the projector is away, from the newest there is."""

    def __init__(self, live: Readable, actors: Actors, whereabouts: Whereabouts, position: int) -> None:
        self._live = live
        self._actors = actors
        self._whereabouts = whereabouts
        self._position = position

    def owner_of(self, login: str) -> UUID | None:
        return self._live.snapshot.logins.get(login)

    async def signed_in_as(self, owner_id: UUID) -> Sequence[UUID]:
        row = (await self._snapshot()).owners.get(owner_id)
        return await self._actors.signed_in_as(row.login) if row and row.login else []

    async def key_results_of(self, objective_id: UUID) -> Sequence[UUID]:
        node = await self._found(lambda snapshot: snapshot.objective(objective_id))
        return [key_result.id for key_result in node.key_results if not key_result.row.retired] if node else []

    async def hanging_from(self, node_id: UUID) -> Sequence[UUID]:
        node = await self._found(lambda snapshot: snapshot.node(node_id))
        if isinstance(node, ObjectiveNode):
            return [hanging.objective.id for hanging in node.aligned]
        return [hanging.objective.id for hanging in node.below()] if isinstance(node, KeyResultNode) else []

    async def owned_in(self, owner_id: UUID, cycle_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        live = await self._found(lambda snapshot: _live_in(snapshot, cycle_id))
        key_results = [key_result for node in live for key_result in node.key_results if key_result.live]
        return (
            [node.id for node in live if node.row.owner_id == owner_id],
            [key_result.id for key_result in key_results if key_result.row.owner_id == owner_id],
        )

    async def current_value(self, key_result_id: UUID) -> Decimal | None:
        node = await self._found(lambda snapshot: snapshot.key_result(key_result_id))
        return node.counting.value if node and node.counting else None

    async def _found(self, ask: Callable[[Snapshot], T]) -> T:
        return await found(self._live, self._whereabouts, await self._snapshot(), ask)

    async def _snapshot(self) -> Snapshot:
        with suppress(NotYetReadable):
            return await self._live.at_least(self._position, READABLE_SECONDS)
        return self._live.snapshot


def _live_in(snapshot: Snapshot, cycle_id: UUID) -> list[ObjectiveNode]:
    """The live objectives of a cycle and the cycles inside it."""
    if cycle_id not in snapshot.cycles:
        return []
    ids = [i for cycle in snapshot.cycles_inside(cycle_id) for i in snapshot.of_cycle(cycle.id)]
    return [node for node in (snapshot.objectives[i] for i in ids) if node.live]
