"""Commands about cycles: the periods, and what may be done in them."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from okr_api.commands.decision import Command, Decision, Result
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import Problems
from okr_api.domain.values import KEPT, Approach, Kept


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


@dataclass(frozen=True, kw_only=True)
class EditCycle(Command):
    """Fields that are KEPT stay. What hangs in the cycle is not touched: its dates stay inside those of its parent."""

    id: UUID
    name: str | Kept = KEPT
    starts_on: date | Kept = KEPT
    ends_on: date | Kept = KEPT
    check_in_every_days: int | Kept = KEPT
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.id,)

    async def decide(self, decision: Decision) -> Result:
        cycle = await decision.get(Cycle, self.id, "id")
        cycle.expect(self.expected_version)
        cycle.require_plan_open("id")
        problems = Problems()
        if self.name is not KEPT:
            with problems.noted():
                cycle.rename(self.name)
        if self.check_in_every_days is not KEPT:
            with problems.noted():
                cycle.change_rhythm(self.check_in_every_days)
        with problems.noted():
            await self._reschedule(decision, cycle)
        problems.refuse()
        return {"cycle": str(cycle.id)}

    async def _reschedule(self, decision: Decision, cycle: Cycle) -> None:
        if self.starts_on is KEPT and self.ends_on is KEPT:
            return
        parent = await decision.get(Cycle, cycle.parent_id) if cycle.parent_id else None
        await decision.fetch(cycle.children)
        children = [await decision.get(Cycle, child_id) for child_id in cycle.children]
        starts_on = cycle.starts_on if self.starts_on is KEPT else self.starts_on
        ends_on = cycle.ends_on if self.ends_on is KEPT else self.ends_on
        cycle.reschedule(starts_on, ends_on, parent, children)


class OpenCycle(CycleTransition):
    async def step(self, cycle: Cycle, decision: Decision) -> None:
        cycle.open(await decision.get(Cycle, cycle.parent_id) if cycle.parent_id else None)


class BeginClosingCycle(CycleTransition):
    """From here on only check-ins, corrections and scores are taken."""

    async def step(self, cycle: Cycle, decision: Decision) -> None:
        cycle.begin_closing()


class ReopenCycle(CycleTransition):
    async def step(self, cycle: Cycle, decision: Decision) -> None:
        cycle.reopen(await decision.get(Cycle, cycle.parent_id) if cycle.parent_id else None)


class CloseCycle(CycleTransition):
    """Freezes everything in the cycle, because everything guards it."""

    async def step(self, cycle: Cycle, decision: Decision) -> None:
        await decision.fetch(cycle.children)
        cycle.close([await decision.get(Cycle, child_id) for child_id in cycle.children])
