"""Objectives: what owners want to reach, what feeds it, and what it serves."""

from datetime import datetime
from decimal import Decimal

import strawberry

from okr_api.domain.progress import rounded
from okr_api.graphql import viewing
from okr_api.graphql.context import Reading
from okr_api.graphql.enums import Commitment, Health, Link, ObjectiveState, Outcome, ProgressSource, Visibility
from okr_api.graphql.types.fields import After, First, field
from okr_api.graphql.types.names import OKR, ACycle, Advisory, AKeyResult, AnAuditEvent, AnObjective, AnOwner
from okr_api.graphql.types.names import Node as NodeInterface
from okr_api.graphql.types.pages import Connection
from okr_api.snapshot.health import health
from okr_api.snapshot.lines import line_of_sight
from okr_api.snapshot.nodes import Item, KeyResultNode, Node, ObjectiveNode
from okr_api.snapshot.pages import page_size
from okr_api.snapshot.possible import on_objective
from okr_api.snapshot.rows import LinkRow


@strawberry.type(description="One item in the mean that is an objective's progress.")
class ProgressItem:
    reading: strawberry.Private[Reading]
    row: strawberry.Private[Item]

    @field("What feeds the progress: a key result, or an objective that contributes by alignment.")
    def item(self) -> OKR:
        return viewing.okr(self.reading, self.row.node)

    @field("How much it counts.")
    def weight(self) -> Decimal:
        return self.row.weight

    @field("0..1; null when there is no data: then it does not count.")
    def progress(self) -> Decimal | None:
        return rounded(self.row.progress)

    @field("Where that progress comes from.")
    def source(self) -> ProgressSource:
        return self.row.source


@strawberry.type(description="What an objective says that it serves.")
class Alignment:
    reading: strawberry.Private[Reading]
    link: strawberry.Private[LinkRow]
    ends: strawberry.Private[tuple[Node, Node]]

    @field("The objective that serves.")
    def objective(self) -> OKR:
        return viewing.okr(self.reading, self.ends[0])

    @field("The objective or key result that it serves.")
    def target(self) -> OKR:
        return viewing.okr(self.reading, self.ends[1])

    @field("Whether its progress feeds the target's; false unless asked for.")
    def contributes(self) -> bool:
        return self.link.contributes

    @field("How much it counts there if it contributes.")
    def weight(self) -> Decimal:
        return self.link.weight

    @field("When it was said.")
    def since(self) -> datetime:
        return self.link.since


@strawberry.type(
    description=(
        "What an owner wants to reach in a cycle. version counts the events of this entity's own stream: check-ins and "
        "what hangs below do not move it."
    )
)
class Objective(NodeInterface):
    reading: strawberry.Private[Reading]
    node: strawberry.Private[ObjectiveNode]

    @field("Counts the events of this objective's own stream.")
    def version(self) -> int:
        return self.node.row.version

    @field("What is to be reached.")
    def title(self) -> str:
        return self.node.row.title or viewing.REDACTED

    @field("More about it.")
    def description(self) -> str | None:
        return self.node.row.description

    @field("Its name in another system, unique among live objectives.")
    def external_ref(self) -> str | None:
        return self.node.row.external_ref

    @field("Who may read it.")
    def visibility(self) -> Visibility:
        return self.node.row.visibility

    @field("The period that it belongs to.")
    def cycle(self) -> ACycle:
        return viewing.cycle(self.reading, self.node.row.cycle_id)

    @field("Who wants to reach it.")
    def owner(self) -> AnOwner:
        return viewing.owner(self.reading, self.node.row.owner_id)

    @field("How far it is.")
    def state(self) -> ObjectiveState:
        return self.node.row.state

    @field("How much of it is promised.")
    def commitment(self) -> Commitment:
        return self.node.row.commitment

    @field("0..1, the weighted mean of what feeds it; null when nothing does.")
    def progress(self) -> Decimal | None:
        return rounded(self.node.progress)

    @field("Every item in that mean, with its weight and source, so that nobody has to ask why it is at 0 %.")
    def progress_breakdown(self) -> list[ProgressItem]:
        return [ProgressItem(reading=self.reading, row=item) for item in self.node.breakdown()]

    @field("The worst of its live key results with a weight above 0.")
    def health(self) -> Health:
        return health(self.node, self.reading.moment)

    @field("0..1, the weighted mean of its key results' scores; one that nobody scored counts by its progress.")
    def score(self) -> Decimal | None:
        return rounded(self.node.score)

    @field("What became of it, from the score: null until its cycle is closed; what is retired is dropped at once.")
    def outcome(self) -> Outcome | None:
        return self.node.outcome

    @field("How it is measured, in order of creation, retired ones included.")
    def key_results(self) -> list[AKeyResult]:
        seen = filter(self.reading.may_read, self.node.key_results)
        return [viewing.key_result(self.reading, node) for node in seen]

    @field("Tight: the key result that this objective restates, if it was delegated.")
    def delegated_from(self) -> AKeyResult | None:
        served = self.reading.snapshot.served_by(self.node)
        above = next((node for link, node in served if link.kind is Link.DELEGATES), None)
        return viewing.key_result_if_seen(self.reading, above if isinstance(above, KeyResultNode) else None)

    @field("Loose: what this objective says it serves.")
    def alignments(self) -> list[Alignment]:
        served = self.reading.snapshot.served_by(self.node)
        said = [(link, target) for link, target in served if link.kind is not Link.DELEGATES]
        return [Alignment(reading=self.reading, link=link, ends=(self.node, target)) for link, target in said]

    @field("Loose, seen from above: the objectives that align to this one, in order of alignment.")
    def aligned_objectives(self, first: First = 50, after: After = None) -> Connection[AnObjective]:
        return viewing.hanging(self.reading, self.node.aligned, page_size(first, 50), after)

    @field("From here up to the company objective that it serves, nearest first: objectives and key results by turns.")
    def line_of_sight(self) -> list[OKR]:
        return [viewing.okr(self.reading, node) for node in line_of_sight(self.reading.snapshot, self.node)]

    @field("The objective that it took over from in another cycle.")
    def continues_from(self) -> "Objective | None":
        former = self.node.row.continues_from
        node = self.reading.snapshot.objective(former) if former else None
        return viewing.objective_if_seen(self.reading, node)

    @field("What happened to it, the newest first: key results' events included, their check-ins not.")
    async def history(self, first: First = 50, after: After = None) -> Connection[AnAuditEvent]:
        return await viewing.history_of(self.reading, self.node, page_size(first, 50), after)

    @field("Good practice that it leaves aside. Never blocks anything.")
    def advisories(self) -> list[Advisory]:
        return viewing.advised(self.reading, self.node)

    @field("Names of the mutations that this viewer may call on it now.")
    def viewer_can(self) -> list[str]:
        now = self.reading.today.counterpart(self.node)
        assert isinstance(now, ObjectiveNode)
        return viewing.allowed(self.reading, now, on_objective(now))

    @field("When it was created.")
    def created_at(self) -> datetime:
        return self.node.row.created_at

    @field("When it last changed itself.")
    def updated_at(self) -> datetime:
        return self.node.row.updated_at
