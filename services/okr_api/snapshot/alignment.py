"""Alignment: how much of a cycle's work serves the company, and how deep it hangs."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from okr_api.domain.errors import not_found
from okr_api.domain.values import OwnerLevel
from okr_api.snapshot.nodes import ObjectiveNode
from okr_api.snapshot.snapshot import Snapshot


@dataclass(frozen=True)
class AlignmentHealth:
    """`coverage`: the share of live objectives below company level with a live path to a company objective.

    `depths`: how many objectives hang 0, 1, 2 and so on objectives below the top.
    """

    coverage: Fraction | None
    objectives: int
    unaligned: int
    key_results: int
    delegated: int
    depths: list[int]


def alignment_health(snapshot: Snapshot, cycle_id: UUID) -> AlignmentHealth:
    """Of what is live in the cycle and the cycles inside it. Raises Refused with NOT_FOUND, or Away."""
    if cycle_id not in snapshot.cycles:
        raise not_found("cycle", cycle_id, "cycleId")
    ids = [i for cycle in snapshot.cycles_inside(cycle_id) for i in snapshot.of_cycle(cycle.id)]
    objectives = [node for node in (snapshot.objectives[i] for i in ids) if node.live]
    key_results = [key_result for node in objectives for key_result in node.key_results if key_result.live]
    below = sum(_level(snapshot, node) is not OwnerLevel.COMPANY for node in objectives)
    unaligned = sum(is_unaligned(snapshot, node) for node in objectives)
    return AlignmentHealth(
        coverage=Fraction(below - unaligned, below) if below else None,
        objectives=len(objectives),
        unaligned=unaligned,
        key_results=len(key_results),
        delegated=sum(key_result.delegate is not None for key_result in key_results),
        depths=_histogram(snapshot, objectives),
    )


def is_unaligned(snapshot: Snapshot, node: ObjectiveNode) -> bool:
    """Below company level, live, and without a live path to a company objective."""
    seen = {node.id}
    todo = [node] if node.live else []
    while todo:
        objective = todo.pop()
        if _level(snapshot, objective) is OwnerLevel.COMPANY:
            return False
        for _, target in snapshot.served_by(objective):
            above = snapshot.objective_of(target)
            if above.id not in seen:
                seen.add(above.id)
                todo.append(above)
    return node.live


def _level(snapshot: Snapshot, node: ObjectiveNode) -> OwnerLevel:
    return snapshot.owners[node.row.owner_id].level


def _histogram(snapshot: Snapshot, objectives: list[ObjectiveNode]) -> list[int]:
    """By the strongest live link of each, as the tree shows them."""
    depths: dict[UUID, int] = {}
    for objective in objectives:
        line = [objective]
        while line[-1].id not in depths and (above := _above(snapshot, line[-1])) is not None:
            line.append(above)
        top = line.pop()
        depth = depths.setdefault(top.id, 0)
        for node in reversed(line):
            depth += 1
            depths[node.id] = depth
    counted = Counter(depths[objective.id] for objective in objectives)
    return [counted[depth] for depth in range(max(counted, default=-1) + 1)]


def _above(snapshot: Snapshot, node: ObjectiveNode) -> ObjectiveNode | None:
    _, target = next(snapshot.served_by(node), (None, None))
    return None if target is None else snapshot.objective_of(target)
