"""CarryOverObjective: an objective goes on in another cycle as a new one that continues the old."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID, uuid5

from okr_api.commands.decision import Command, Decision, Result
from okr_api.commands.links import align, require_link, restated
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import Problems, Refused, not_found
from okr_api.domain.external_ref import ExternalRef
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import Objective
from okr_api.domain.owner import Owner
from okr_api.domain.stream import Stream
from okr_api.domain.values import Link


@dataclass(frozen=True, kw_only=True)
class CarryOverObjective(Command):
    """Ids are derived from the new cycle and the old id, so that running it again makes nothing twice.

    Check-ins are not copied; the old score stays with the old. `key_result_ids` None: all that are live.
    """

    id: UUID
    to_cycle_id: UUID
    key_result_ids: tuple[UUID, ...] | None = None
    owner_id: UUID | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (uuid5(self.to_cycle_id, str(self.id)),)

    async def decide(self, decision: Decision) -> Result:
        old = await decision.get(Objective, self.id, "id")
        old.require_live("id")
        cycle = await decision.get(Cycle, self.to_cycle_id, "toCycleId")
        cycle.require_plan_open("toCycleId")
        owner = await decision.get(Owner, self.owner_id or old.owner_id, "ownerId")
        owner.require_active("ownerId")
        new_id = uuid5(cycle.id, str(old.id))
        if await decision.find(Objective, new_id) is not None:
            return {"objective": str(new_id)}
        ref = await _take_over(decision, Objective, old, new_id)
        new = Objective.create(
            new_id,
            cycle_id=cycle.id,
            owner_id=owner.id,
            title=old.title.text or "",
            description=old.description.text if old.description else None,
            commitment=old.commitment,
            visibility=old.visibility,
            external_ref=ref,
            continues_from=old.id,
        )
        decision.add(new)
        for key_result in await self._key_results(decision, old):
            await _carry_key_result(decision, key_result, new, owner if self.owner_id else None)
        await _carry_delegation(decision, old, new, cycle, owner)
        await _carry_alignments(decision, old, new, cycle, owner)
        return {"objective": str(new.id)}

    async def _key_results(self, decision: Decision, old: Objective) -> list[KeyResult]:
        if self.key_result_ids is None:
            ids = await decision.facts.key_results_of(old.id)
            return [await decision.get(KeyResult, key_result_id) for key_result_id in ids]
        problems = Problems()
        found = []
        for place, key_result_id in enumerate(self.key_result_ids):
            with problems.noted("keyResultIds", str(place)):
                key_result = await decision.get(KeyResult, key_result_id)
                if key_result.objective_id != old.id:
                    raise not_found("key result of this objective", key_result_id)
                key_result.require_live()
                found.append(key_result)
        problems.refuse()
        return found


async def _carry_key_result(decision: Decision, old: KeyResult, objective: Objective, owner: Owner | None) -> None:
    new_id = uuid5(objective.cycle_id, str(old.id))
    decision.add(
        KeyResult.add(
            new_id,
            objective_id=objective.id,
            owner_id=owner.id if owner else old.owner_id,
            title=old.title.text or "",
            metric=old.metric,
            weight=old.weight,
            check_in_every_days=old.check_in_every_days,
            external_ref=await _take_over(decision, KeyResult, old, new_id),
            continues_from=old.id,
        )
    )


async def _take_over(decision: Decision, kind: type[Stream], old: Objective | KeyResult, new_id: UUID) -> str | None:
    """The reference leaves the old holder, even out of a closed cycle; it may have left for another cycle before."""
    if old.external_ref is None:
        return None
    held = await decision.get(ExternalRef, ExternalRef.id_of(kind.__name__, old.external_ref))
    if held.holder_id != old.id:
        return None
    held.move(new_id)
    return old.external_ref


async def _carry_delegation(decision: Decision, old: Objective, new: Objective, cycle: Cycle, owner: Owner) -> None:
    """A key result from above that the old one restated goes to the new one, where that may serve it."""
    upper, live = await restated(decision, old)
    if upper is None or not live:
        return
    above = await decision.get(Objective, upper.objective_id)
    upper_cycle = await decision.get(Cycle, above.cycle_id)
    accountable = await decision.get(Owner, upper.owner_id, guard=False)
    with suppress(Refused):
        upper_end = (upper_cycle, accountable)
        await require_link(decision, Link.DELEGATES, below=(cycle, owner), above=upper_end, path=())
        upper.delegate(new.id, retain=upper.retain, standing=False)
        new.accept_delegation(upper.id)


async def _carry_alignments(decision: Decision, old: Objective, new: Objective, cycle: Cycle, owner: Owner) -> None:
    """What the old one served is served by the new one too, where that is still live and may be served from there."""
    for target, contribution in old.targets.items():
        with suppress(Refused):
            await align(decision, new, target, contribution, (cycle, owner))
