"""TransferOwnership: everything that an owner has in a cycle goes to another, in commits that are small enough."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from okr_api.commands.decision import Command, Decision, Result
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import Problems
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import Objective
from okr_api.domain.owner import Owner

MOST_STREAMS = 500


@dataclass(frozen=True, kw_only=True)
class TransferOwnership(Command):
    """The record of a whole transfer, taken down once its parts are done: `transferred` things, up to `position`."""

    from_owner_id: UUID
    to_owner_id: UUID
    cycle_id: UUID
    transferred: int = 0
    position: int | None = None

    @property
    def inputs(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("transferred", "position")}

    async def decide(self, decision: Decision) -> Result:
        problems = Problems()
        with problems.noted():
            await decision.get(Owner, self.from_owner_id, "fromOwnerId")
        with problems.noted():
            (await decision.get(Owner, self.to_owner_id, "toOwnerId")).require_active("toOwnerId")
        with problems.noted():
            (await decision.get(Cycle, self.cycle_id, "cycleId")).require_plan_open("cycleId")
        problems.refuse()
        return {"transferred": str(self.transferred), "position": str(self.position or "")}

    def parts(self, objective_ids: tuple[UUID, ...], key_result_ids: tuple[UUID, ...]) -> Iterator["TransferPart"]:
        for start in range(0, len(objective_ids), MOST_STREAMS):
            some = objective_ids[start : start + MOST_STREAMS]
            yield TransferPart(whole=self, objective_ids=some, reason=self.reason)
        for start in range(0, len(key_result_ids), MOST_STREAMS):
            some = key_result_ids[start : start + MOST_STREAMS]
            yield TransferPart(whole=self, key_result_ids=some, reason=self.reason)


@dataclass(frozen=True, kw_only=True)
class TransferPart(Command):
    """Some of it, in one commit. What changed hands meanwhile is left alone, so a transfer may be run again."""

    whole: TransferOwnership
    objective_ids: tuple[UUID, ...] = ()
    key_result_ids: tuple[UUID, ...] = ()

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (*self.objective_ids, *self.key_result_ids)

    async def decide(self, decision: Decision) -> Result:
        await self.whole.decide(decision)
        await decision.fetch(self.turns)
        owned: list[tuple[Objective | KeyResult, UUID]] = []
        for objective_id in self.objective_ids:
            owned.append((await decision.get(Objective, objective_id), objective_id))
        for key_result_id in self.key_result_ids:
            key_result = await decision.get(KeyResult, key_result_id)
            owned.append((key_result, key_result.objective_id))
        mine = [
            thing
            for thing, objective_id in owned
            if thing.owner_id == self.whole.from_owner_id and await self._open(decision, objective_id)
        ]
        for thing in mine:
            thing.hand_to(self.whole.to_owner_id)
        return {"transferred": str(len(mine))}

    async def _open(self, decision: Decision, objective_id: UUID) -> bool:
        """What stands in a cycle inside that takes no changes any more stays as it is."""
        objective = await decision.get(Objective, objective_id)
        return (await decision.get(Cycle, objective.cycle_id)).plan_open
