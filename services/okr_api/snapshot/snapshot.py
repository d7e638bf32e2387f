"""Snapshot: the organisation at one position, found by id. It never changes; see apply.py for how the next is made."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import immutables

from okr_api.domain.values import Link
from okr_api.snapshot.away import Away, Holder, Lookup, Outline, Outlines, Where
from okr_api.snapshot.nodes import KeyResultNode, Node, ObjectiveNode
from okr_api.snapshot.rows import ApiKeyRow, CountingRow, CycleRow, IntegrationRow, LinkRow, OwnerRow, WebhookRow

BEGINNING = datetime.fromtimestamp(0, UTC)
Ids = tuple[UUID, ...]
NOTHING: Mapping[Lookup, Any] = {}
MOST_STEPS = 32
"""How many steps back a snapshot tells what was made again."""
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
    away: frozenset[UUID] = frozenset()
    """Root cycles of which no objective and nothing that hangs from one is held here; see partitions.py."""
    proven: Mapping[Lookup, Any] = field(default_factory=lambda: NOTHING, repr=False)
    """What was looked up in the facts, at this cut, about what is away."""
    asked: dict[UUID, None] = field(default_factory=dict, repr=False)
    """Root cycles by when the snapshots of this line were asked about them last, noted while some are away."""
    kept: dict[Any, Any] = field(default_factory=dict, repr=False)
    """What the snapshots of one line share beside their rows: what the next one's answers are made from."""
    remembered: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)
    trees: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def mark(self) -> "Mark":
        """Snapshots with the same mark have the same nodes."""
        return self.steps[-1][0]

    @property
    def is_past(self) -> bool:
        """Whether it is a cut that stays where it is, and of no line that is brought forward."""
        return self.check_ins_since is None

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
        """None only where there is no such node, whatever is away. Raises Away."""
        found = self.held(node_id)
        if self.away:
            self._note(node_id, found)
        return found

    def objective(self, objective_id: UUID) -> ObjectiveNode | None:
        """As `node`."""
        found = self.objectives.get(objective_id)
        if self.away:
            self._note(objective_id, found or self.key_results.get(objective_id))
        return found

    def key_result(self, key_result_id: UUID) -> KeyResultNode | None:
        """As `node`."""
        found = self.key_results.get(key_result_id)
        if self.away:
            self._note(key_result_id, found or self.objectives.get(key_result_id))
        return found

    def counterpart(self, node: Node) -> Node | None:
        """What a node of another cut is in this one; None only where it was not created yet. Raises Away."""
        found = self.held(node.row.id)
        if self.away and node.row.created_position <= self.position:
            self._require_root(node.row.root_id)  # most likely it lies there still
            self._note(node.row.id, found)
        return found

    def held(self, node_id: UUID) -> Node | None:
        """For whoever walks a partition that is held: what is none of it is None, though it may be elsewhere."""
        return self.objectives.get(node_id) or self.key_results.get(node_id)

    def of_cycle(self, cycle_id: UUID) -> Ids:
        """Objectives of a cycle in order of creation. Raises Away."""
        self.require(cycle_id)
        return self.by_cycle.get(cycle_id, ())

    def require(self, cycle_id: UUID) -> None:
        """Raises Away unless all is held that hangs together with the cycle."""
        if self.away and cycle_id in self.cycles:
            self._require_root(self.cycles[cycle_id].root_id)

    def require_all(self) -> None:
        """Raises Away unless everything is held."""
        if self.away:
            raise Away(self, self.away)

    def require_known(self, ids: Iterable[UUID]) -> None:
        """Raises Away for all of them that may be away, at once."""
        if self.away:
            lookups = {Where(i) for i in ids if self.held(i) is None and not self._is_no_node(i)}
            if unknown := lookups - self.proven.keys():
                raise Away(self, lookups=unknown)

    def holder(self, kind: str, reference: str) -> UUID | None:
        """What holds an external reference, by stream type. Raises Away."""
        if self.away and kind != "Owner":
            found: UUID | None = self._proof(Holder(kind, reference))
            return found
        return self.references.get((kind, reference))

    def outlines(self, *, closed: bool) -> Collection[Outline]:
        """Those of all objectives that are away. Raises Away."""
        return self._proof(Outlines(closed, self.away)) if self.away else ()

    def _is_no_node(self, known_id: UUID) -> bool:
        """Of what is always held, no id needs to be looked up."""
        return any(known_id in held for held in (self.owners, self.cycles, self.integrations, self.webhooks))

    def _note(self, node_id: UUID, found: Node | None) -> None:
        if found is None and self._is_no_node(node_id):
            return
        root_id = found.row.root_id if found is not None else self._proof(Where(node_id))
        if root_id is not None:
            self._require_root(root_id)

    def _require_root(self, root_id: UUID) -> None:
        if root_id in self.away:
            raise Away(self, [root_id])
        self.asked.pop(root_id, None)
        self.asked[root_id] = None

    def _proof(self, lookup: Lookup) -> Any:
        if lookup not in self.proven:
            raise Away(self, lookups=[lookup])
        return self.proven[lookup]

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
