"""What hangs from what: the live links above a thing, and whether a new link may stand."""

from collections.abc import Iterable
from uuid import UUID

from okr_api.commands.decision import Decision
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import Refused, RuleViolation
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import Contribution, LinkTarget, Objective
from okr_api.domain.owner import Owner, require_not_above
from okr_api.domain.values import CycleState, Link, ObjectiveState, TargetKind


async def refuse_loop(decision: Decision, thing: Objective | KeyResult, above: Iterable[UUID], *path: str) -> None:
    """Walk all live links upward from the objectives `above`, guarding every stream on the way.

    Raises Refused with WOULD_CREATE_LOOP if `thing` is among them or between them. Why no loop can then be stored: take
    the link of a supposed loop that was committed last. It had read and guarded everything above its target, so it saw
    the loop. What is restored or moved walks again, so links that are not live now need not be walked.
    """
    seen: set[UUID] = set()
    todo = list(above)
    while todo:
        seen.update(todo)
        objectives, through = await _one_step_up(decision, todo)
        if thing.id in (*todo, *through):
            message = f"The link would make the {thing.TITLE} serve itself."
            raise Refused(RuleViolation("WOULD_CREATE_LOOP", message, path, {}, (str(thing.id),)))
        todo = [i for i in dict.fromkeys(objectives) if i not in seen]


async def _one_step_up(decision: Decision, objective_ids: list[UUID]) -> tuple[list[UUID], list[UUID]]:
    """The objectives that these serve by live links, and the key results between."""
    await decision.fetch(objective_ids)
    objectives = [await decision.get(Objective, i) for i in objective_ids]
    live = [o for o in objectives if o.state is not ObjectiveState.RETIRED]
    await decision.fetch([i for o in live for i in (o.delegated_from, *(t.id for t in o.targets)) if i is not None])
    through = [key_result for o in live for key_result in await key_results_above(decision, o)]
    up = [t.id for o in live for t in o.targets if t.kind is TargetKind.OBJECTIVE]
    return up + [key_result.objective_id for key_result in through], [key_result.id for key_result in through]


async def key_results_above(decision: Decision, objective: Objective) -> list[KeyResult]:
    """The key results that an objective restates and supports and that are not retired themselves, in that order."""
    found = []
    if objective.delegated_from is not None:
        restated = await decision.get(KeyResult, objective.delegated_from)
        found += [restated] if restated.delegated_to == objective.id else []
    found += [await decision.get(KeyResult, t.id) for t in objective.targets if t.kind is TargetKind.KEY_RESULT]
    return [key_result for key_result in found if not key_result.retired]


async def objectives_above(decision: Decision, objective: Objective) -> list[UUID]:
    """The objectives that an objective serves, directly or through a key result."""
    through = [key_result.objective_id for key_result in await key_results_above(decision, objective)]
    return through + [target.id for target in objective.targets if target.kind is TargetKind.OBJECTIVE]


async def delegation_stands(decision: Decision, key_result: KeyResult) -> bool:
    """Until it is ended, or its delegate is retired, or the delegate's cycle is closed and the key result's is not."""
    if key_result.delegated_to is None:
        return False
    delegate = await decision.get(Objective, key_result.delegated_to)
    cycle = await decision.get(Cycle, delegate.cycle_id)
    return delegate.state is not ObjectiveState.RETIRED and cycle.state is not CycleState.CLOSED


async def restated(decision: Decision, objective: Objective) -> tuple[KeyResult | None, bool]:
    """The key result that is delegated to this objective, and whether that and its own objective are live."""
    if objective.delegated_from is None:
        return None, False
    key_result = await decision.get(KeyResult, objective.delegated_from)
    if key_result.delegated_to != objective.id:
        return None, False
    above = await decision.get(Objective, key_result.objective_id)
    return key_result, not key_result.retired and above.state is not ObjectiveState.RETIRED


async def require_link(
    decision: Decision, link: Link, *, below: tuple[Cycle, Owner], above: tuple[Cycle, Owner], path: tuple[str, ...]
) -> None:
    """Both cycles are open to changes and admit the link, the lower lies inside the upper, and so do the levels."""
    for cycle, _ in (below, above):
        cycle.require_plan_open(*path)
        cycle.require_admits(link, *path)
    if not await inside(decision, below[0], above[0]):
        message = "What serves must be in the same cycle as what it serves, or in a cycle inside that."
        ids = (str(below[0].id), str(above[0].id))
        raise Refused(RuleViolation("CYCLE_NOT_INSIDE", message, path, {}, ids))
    require_not_above(below[1].level, above[1].level, *path)


async def align(
    decision: Decision,
    objective: Objective,
    target: LinkTarget,
    contribution: Contribution,
    below: tuple[Cycle, Owner],
    *path: str,
) -> Objective:
    """Say that the objective serves the target; returns the target, or the objective that the target belongs to.

    Whether that makes a loop is asked with `refuse_loop`: what begins with this commit has nothing below it yet.
    """
    above, owner_id = await _served(decision, objective, target, *path)
    cycle = await decision.get(Cycle, above.cycle_id)
    owner = await decision.get(Owner, owner_id, guard=False)
    await require_link(decision, target.kind.link, below=below, above=(cycle, owner), path=path)
    objective.align(target, contribution)
    return above


async def _served(decision: Decision, objective: Objective, target: LinkTarget, *path: str) -> tuple[Objective, UUID]:
    """The live objective of a target, and who answers for the target."""
    if target.kind is TargetKind.OBJECTIVE:
        above = await decision.get(Objective, target.id, *path, "objectiveId")
        above.require_live(*path)
        return above, above.owner_id
    key_result = await decision.get(KeyResult, target.id, *path, "keyResultId")
    key_result.require_live(*path)
    if key_result.delegated_to == objective.id:
        message = "This objective restates that key result: it serves it already."
        raise Refused(RuleViolation("ALREADY_ALIGNED", message, path, {}, (str(objective.id), str(target.id))))
    above = await decision.get(Objective, key_result.objective_id)
    above.require_live(*path)
    return above, key_result.owner_id


async def inside(decision: Decision, cycle: Cycle, outer: Cycle) -> bool:
    while cycle.id != outer.id:
        if cycle.parent_id is None:
            return False
        cycle = await decision.get(Cycle, cycle.parent_id, guard=False)
    return True
