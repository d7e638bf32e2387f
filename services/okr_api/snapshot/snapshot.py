"""Snapshot: the organisation at one position, found by id. It never changes; see apply.py for how the next is made."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import immutables

from okr_api.domain.values import Link
from okr_api.snapshot.nodes import KeyResultNode, Node, ObjectiveNode
from okr_api.snapshot.rows import ApiKeyRow, CountingRow, CycleRow, IntegrationRow, LinkRow, OwnerRow, WebhookRow

BEGINNING = datetime.fromtimestamp(0, UTC)
Ids = tuple[UUID, ...]
T = TypeVar("T")


def empty() -> "immutables.Map[Any, Any]":
    return immutables.Map()


class Mark:
    """Of the nodes of a snapshot, all of them: like no other."""

    __slots__ = ()


@dataclass(frozen=True, eq=False)
class Snapshot:
    """`position` is its cut; `time` is when the log recorded it; `facts_schema` is where it was loaded from."""

    position: int = 0
    time: datetime = BEGINNING
    facts_schema: str = ""
    owners: "immutables.Map[UUID, OwnerRow]" = field(default_factory=empty)
    cycles: "immutables.Map[UUID, CycleRow]" = field(default_factory=empty)
    objectives: "immutables.Map[UUID, ObjectiveNode]" = field(default_factory=empty)
    key_results: "immutables.Map[UUID, KeyResultNode]" = field(default_factory=empty)
    by_cycle: "immutables.Map[UUID, Ids]" = field(default_factory=empty)
    """Objectives of a cycle in order of creation."""
    by_owner: "immutables.Map[tuple[UUID, UUID], Ids]" = field(default_factory=empty)
    """Objectives of a cycle that an owner has, in order of creation."""
    not_open: int = 0
    """How many objectives not everybody may read."""
    references: "immutables.Map[tuple[str, str], UUID]" = field(default_factory=empty)
    """What holds an external reference, by stream type and reference."""
    logins: "immutables.Map[str, UUID]" = field(default_factory=empty)
    """Whose login it is."""
    key_results_of: "immutables.Map[UUID, Ids]" = field(default_factory=empty)
    links_up: "immutables.Map[UUID, tuple[LinkRow, ...]]" = field(default_factory=empty)
    """Standing links by the objective that serves, strongest first, then the oldest."""
    links_down: "immutables.Map[UUID, tuple[LinkRow, ...]]" = field(default_factory=empty)
    """Standing links by the objective or key result that is served, oldest first."""
    counting: "immutables.Map[UUID, CountingRow]" = field(default_factory=empty)
    integrations: "immutables.Map[UUID, IntegrationRow]" = field(default_factory=empty)
    api_keys: "immutables.Map[str, ApiKeyRow]" = field(default_factory=empty)
    api_keys_of: "immutables.Map[UUID, tuple[str, ...]]" = field(default_factory=empty)
    """Keys of an integration, oldest first, those that ended included."""
    webhooks: "immutables.Map[UUID, WebhookRow]" = field(default_factory=empty)
    """Those that were deleted included: their history is hidden from the same people."""
    check_ins_since: int | None = None
    """Where it began to tell which key results' check-ins changed; None: of a past cut, it does not tell."""
    reported: "immutables.Map[UUID, int]" = field(default_factory=empty)
    """Where the check-ins of a key result changed last since then: recorded, corrected or withdrawn."""
    steps: "tuple[tuple[Mark, frozenset[UUID]], ...]" = field(
        default_factory=lambda: ((Mark(), frozenset()),), repr=False
    )
    """The last steps to here: the mark of each, and the nodes that it made again."""
    kept: dict[Any, Any] = field(default_factory=dict, repr=False)
    """What the snapshots of one line share beside their rows: what the next one's answers are made from."""
    remembered: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)
    trees: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def mark(self) -> "Mark":
        """Snapshots with the same mark have the same nodes."""
        return self.steps[-1][0]

    def made_since(self, mark: "Mark") -> set[UUID] | None:
        """The nodes that were made again since the snapshot with that mark; None if that is too long ago."""
        made: set[UUID] = set()
        for step, ids in reversed(self.steps):
            if step is mark:
                return made
            made |= ids
        return None

    def last_report(self, key_result_id: UUID) -> int | None:
        """Snapshots of the same facts in which this is the same have the same check-ins of the key result."""
        return None if self.check_ins_since is None else self.reported.get(key_result_id, self.check_ins_since)

    def once(self, work: "Callable[[Snapshot, UUID], T]", of: UUID) -> T:
        """What `work` finds here: worked out once, and gone with the snapshot."""
        if (work, of) not in self.remembered:
            self.remembered[work, of] = work(self, of)
        return self.remembered[work, of]  # type: ignore[no-any-return]

    def node(self, node_id: UUID) -> Node | None:
        return self.objectives.get(node_id) or self.key_results.get(node_id)

    def target_of(self, link: LinkRow) -> Node:
        """What a link serves."""
        nodes: Any = self.objectives if link.kind is Link.ALIGNS else self.key_results
        return nodes[link.target_id]  # type: ignore[no-any-return]

    def objective_of(self, node: Node) -> ObjectiveNode:
        """The objective itself, or the one that a key result belongs to."""
        return node if isinstance(node, ObjectiveNode) else self.objectives[node.row.objective_id]

    def served_by(self, node: ObjectiveNode) -> Iterator[tuple[LinkRow, Node]]:
        """What an objective serves by links that are live, strongest first, then the oldest."""
        if node.live:
            for link in node.serves:
                target = self.target_of(link)
                if target.live:
                    yield link, target

    def cycles_inside(self, cycle_id: UUID) -> list[CycleRow]:
        """The cycle and all cycles inside it, in order of creation."""
        inside = {cycle_id}
        for cycle in sorted(self.cycles.values(), key=lambda cycle: cycle.created_position):
            if cycle.parent_id in inside:
                inside.add(cycle.id)
        return sorted((self.cycles[i] for i in inside), key=lambda cycle: cycle.created_position)
