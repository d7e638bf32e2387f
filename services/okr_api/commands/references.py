"""External references: held by one live thing of a kind, given up when their holder is retired or lets them go."""

from uuid import UUID

from okr_api.commands.decision import Decision
from okr_api.domain.cycle import Cycle
from okr_api.domain.external_ref import ExternalRef
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import Objective
from okr_api.domain.owner import Owner
from okr_api.domain.stream import Stream
from okr_api.domain.values import ObjectiveState


async def take_reference(decision: Decision, kind: type[Stream], ref: str | None, holder_id: UUID) -> None:
    """Let a thing hold a reference. Raises Refused with EXTERNAL_REF_TAKEN while another live thing holds it."""
    if ref is None:
        return
    held = await decision.find(ExternalRef, ExternalRef.id_of(kind.__name__, ref))
    if held is None:
        decision.add(ExternalRef.take(kind.__name__, ref, holder_id))
        return
    if held.holder_id not in (None, holder_id) and await is_live(decision, kind, held.holder_id):
        held.refuse_taken()
    held.move(holder_id)


async def change_reference(
    decision: Decision, kind: type[Stream], old: str | None, new: str | None, holder_id: UUID
) -> None:
    """Let go of one reference and take another."""
    if old == new:
        return
    if old is not None:
        held = await decision.find(ExternalRef, ExternalRef.id_of(kind.__name__, old))
        if held is not None and held.holder_id == holder_id:
            held.move(None)
    await take_reference(decision, kind, new, holder_id)


async def is_live(decision: Decision, kind: type[Stream], holder_id: UUID | None) -> bool:
    """Whether a holder is live; it and its cycle are guarded."""
    if holder_id is None:
        return False
    holder = await decision.get(kind, holder_id)
    if isinstance(holder, Owner):
        return holder.active
    objective = holder
    if isinstance(holder, KeyResult):
        objective = await decision.get(Objective, holder.objective_id)
    assert isinstance(objective, Objective)
    await decision.get(Cycle, objective.cycle_id)
    retired = isinstance(holder, KeyResult) and holder.retired
    return not retired and objective.state is not ObjectiveState.RETIRED
