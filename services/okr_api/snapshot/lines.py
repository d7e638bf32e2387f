"""The line of sight: from an objective up to the company objective that it serves."""

from uuid import UUID

from okr_api.domain.values import Link
from okr_api.snapshot.nodes import Node, ObjectiveNode
from okr_api.snapshot.snapshot import Snapshot


def line_of_sight(snapshot: Snapshot, objective: ObjectiveNode) -> list[Node]:
    """What it serves, nearest first, by the strongest live link of each step: key results and objectives by turns in a
    tight cascade, objectives alone in a loose one."""
    line: list[Node] = []
    seen: set[UUID] = {objective.id}
    while True:
        link, target = next(snapshot.served_by(objective), (None, None))
        if link is None or target is None or target.id in seen:
            return line
        line.append(target)
        if link.kind is not Link.ALIGNS:
            objective = snapshot.objectives[target.row.objective_id]  # type: ignore[union-attr]
            line.append(objective)
        else:
            assert isinstance(target, ObjectiveNode)
            objective = target
        seen.add(objective.id)
