"""Commands about cycles: the periods, and what may be done in them."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from okr_api.commands.decision import Command, Decision, Result
from okr_api.domain.cycle import Cycle
from okr_api.domain.values import Approach


@dataclass(frozen=True, kw_only=True)
class CreateCycle(Command):
    name: str
    starts_on: date
    ends_on: date
    approach: Approach = Approach.MIXED
    parent_id: UUID | None = None
    time_zone: str = "UTC"
    check_in_every_days: int = 7

    @property
    def turns(self) -> tuple[UUID, ...]:
        return () if self.parent_id is None else (self.parent_id,)

    async def decide(self, decision: Decision) -> Result:
        parent = await decision.get(Cycle, self.parent_id, "parentId") if self.parent_id else None
        cycle = Cycle.create(
            decision.new_id(),
            name=self.name,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            approach=self.approach,
            time_zone=self.time_zone,
            check_in_every_days=self.check_in_every_days,
            parent=parent,
        )
        decision.add(cycle)
        return {"cycle": str(cycle.id)}


@dataclass(frozen=True, kw_only=True)
class CycleTransition(Command):
    """A step of a cycle from one state to the next."""

    id: UUID
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.id,)

    async def decide(self, decision: Decision) -> Result:
        cycle = await decision.get(Cycle, self.id, "id")
        cycle.expect(self.expected_version)
        await self.step(cycle, decision)
        return {"cycle": str(cycle.id)}

    async def step(self, cycle: Cycle, decision: Decision) -> None:
        raise NotImplementedError


class OpenCycle(CycleTransition):
    async def step(self, cycle: Cycle, decision: Decision) -> None:
        cycle.open(await decision.get(Cycle, cycle.parent_id) if cycle.parent_id else None)


class CloseCycle(CycleTransition):
    """Freezes everything in the cycle, because everything guards it."""

    async def step(self, cycle: Cycle, decision: Decision) -> None:
        await decision.fetch(cycle.children)
        cycle.close([await decision.get(Cycle, child_id) for child_id in cycle.children])
