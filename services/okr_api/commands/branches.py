"""Branches: what becomes of what hangs below when a parent ends. Never decided silently."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from okr_api.commands.decision import Decision
from okr_api.commands.links import align, key_results_above, refuse_loop
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import InvalidInput, Refused, RuleViolation
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import Contribution, LinkTarget, Objective
from okr_api.domain.owner import Owner
from okr_api.domain.values import ObjectiveState, TargetKind

MOST_STREAMS = 500


class ChildPolicy(StrEnum):
    """What becomes of what hangs below."""

    DETACH = "DETACH"
    REALIGN = "REALIGN"
    RETIRE = "RETIRE"


@dataclass(frozen=True)
class Ending:
    """A parent that ends: its ids, and what its children may hang on instead, best first."""

    parents: frozenset[UUID]
    instead: Sequence[LinkTarget]


async def settle(
    decision: Decision, ending: Ending, children: Sequence[UUID], policy: ChildPolicy | None, field: str
) -> None:
    """Apply the policy to the live children. Raises Refused: CHILD_POLICY_REQUIRED, TOO_MANY_AFFECTED."""
    await decision.fetch(children)
    found = [await decision.get(Objective, child_id) for child_id in dict.fromkeys(children)]
    hanging = [child for child in found if await _hangs(decision, child, ending)]
    if hanging and policy is None:
        message = f"{len(hanging)} objectives hang below: say whether to DETACH, REALIGN or RETIRE them."
        ids = tuple(str(child.id) for child in hanging)
        raise Refused(RuleViolation("CHILD_POLICY_REQUIRED", message, (field,), {"objectives": len(hanging)}, ids))
    for child in hanging:
        if policy is ChildPolicy.RETIRE:
            await _retire_branch(decision, child)
        elif policy is ChildPolicy.REALIGN:
            await _realign(decision, child, ending)
    refuse_many(decision)


def refuse_many(decision: Decision) -> None:
    if len(decision.written) > MOST_STREAMS:
        message = f"This would write {len(decision.written)} things at once, more than {MOST_STREAMS}: go in steps."
        raise Refused(InvalidInput("TOO_MANY_AFFECTED", message, (), {"most": MOST_STREAMS}))


async def _hangs(decision: Decision, child: Objective, ending: Ending) -> bool:
    """Whether it is live, its cycle still open to changes, and it hangs from what ends."""
    cycle = await decision.get(Cycle, child.cycle_id)
    if child.state is ObjectiveState.RETIRED or not cycle.plan_open:
        return False
    return bool(ending.parents & {target.id for target in child.targets}) or await _restates(decision, child, ending)


async def _restates(decision: Decision, child: Objective, ending: Ending) -> bool:
    if child.delegated_from not in ending.parents or child.delegated_from is None:
        return False
    key_result = await decision.get(KeyResult, child.delegated_from)
    # A delegation that this very command ended counts: it is what the policy is about.
    return key_result.delegated_to in (child.id, None)


async def _realign(decision: Decision, child: Objective, ending: Ending) -> None:
    cut = [target for target in child.targets if target.id in ending.parents]
    fed = [how for target, how in child.targets.items() if target in cut]
    contribution = fed[0] if fed else Contribution(contributes=True)
    for target in cut:
        child.unalign(target)
    cycle = await decision.get(Cycle, child.cycle_id)
    owner = await decision.get(Owner, child.owner_id, guard=False)
    for target in ending.instead:
        if target not in child.targets and await _may_serve(decision, child, target, contribution, (cycle, owner)):
            return


async def _may_serve(
    decision: Decision, child: Objective, target: LinkTarget, contribution: Contribution, below: tuple[Cycle, Owner]
) -> bool:
    """Hang it there by a link that the cycles admit, if they do."""
    try:
        above = await align(decision, child, target, contribution, below)
    except Refused:
        return False
    await refuse_loop(decision, child, [above.id], "id")
    return True


async def _retire_branch(decision: Decision, top: Objective) -> None:
    """Retire an objective and all live objectives below it whose cycles are open to changes."""
    todo = [top]
    while todo:
        objective = todo.pop()
        if objective.state is ObjectiveState.RETIRED:
            continue
        cycle = await decision.get(Cycle, objective.cycle_id)
        if not cycle.plan_open:
            continue
        objective.retire()
        refuse_many(decision)
        below = await children_of(decision, objective.id)
        await decision.fetch(below)
        todo += [await decision.get(Objective, child_id) for child_id in below]


async def children_of(decision: Decision, objective_id: UUID) -> list[UUID]:
    """The objectives that hang from an objective or from its key results."""
    found = list(await decision.facts.hanging_from(objective_id))
    for key_result_id in await decision.facts.key_results_of(objective_id):
        found += await decision.facts.hanging_from(key_result_id)
    return found


async def served_instead(decision: Decision, objective: Objective) -> list[LinkTarget]:
    """What an objective serves, strongest first, and for key results also their objectives, where only those fit."""
    found: list[LinkTarget] = []
    for key_result in await key_results_above(decision, objective):
        found.append(LinkTarget(TargetKind.KEY_RESULT, key_result.id))
        found.append(LinkTarget(TargetKind.OBJECTIVE, key_result.objective_id))
    return found + [target for target in objective.targets if target.kind is TargetKind.OBJECTIVE]
