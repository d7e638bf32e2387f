"""Key results: how objectives are measured, who answers for them and who does them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from okr_api.domain.progress import rounded
from okr_api.graphql import viewing
from okr_api.graphql.context import Reading
from okr_api.graphql.enums import Disposition, Health, ProgressSource
from okr_api.graphql.types.fields import After, First, field
from okr_api.graphql.types.metrics import Metric, Target
from okr_api.graphql.types.names import ACheckIn, Advisory, AnAuditEvent, AnObjective, AnOwner, Node
from okr_api.graphql.types.pages import Connection
from okr_api.snapshot.health import health
from okr_api.snapshot.nodes import KeyResultNode
from okr_api.snapshot.pages import page_size
from okr_api.snapshot.possible import on_key_result

Effective = Annotated[datetime, strawberry.argument(description="The business time.")]


@strawberry.type(
    description=(
        "How an objective is measured. version counts the events of this entity's own stream: check-ins and what hangs "
        "below do not move it."
    )
)
class KeyResult(Node):
    reading: strawberry.Private[Reading]
    node: strawberry.Private[KeyResultNode]

    @field("Counts the events of this key result's own stream.")
    def version(self) -> int:
        return self.node.row.version

    @field("What tells that the objective is reached.")
    def title(self) -> str:
        return self.node.row.title or viewing.REDACTED

    @field("Its name in another system, unique among live key results.")
    def external_ref(self) -> str | None:
        return self.node.row.external_ref

    @field("The objective that it belongs to.")
    def objective(self) -> AnObjective:
        return viewing.objective(self.reading, self.reading.snapshot.objectives[self.node.row.objective_id])

    @field("How it is measured.")
    def metric(self) -> Metric:
        return Metric.of(self.node.row.metric)

    @field("This target and every one before it, the oldest first.")
    async def targets(self) -> list[Target]:
        rows = await self.reading.targets.of(self.reading.snapshot, self.node.id)
        return [viewing.target(self.reading, row) for row in rows]

    @field("How much it counts in its objective.")
    def weight(self) -> Decimal:
        return self.node.row.weight

    @field("The day by which it should be reached; null: the end of its cycle.")
    def due_on(self) -> date | None:
        return self.node.row.due_on

    @field("Whether it was given up.")
    def retired(self) -> bool:
        return self.node.row.retired

    @field("Answers for it: never moves with a delegation.")
    def accountable(self) -> AnOwner:
        return viewing.owner(self.reading, self.node.row.owner_id)

    @field("Does it: the delegate's owner while delegated, otherwise the accountable owner.")
    def responsible(self) -> AnOwner:
        delegate = self.node.delegate
        if delegate is None or not self.reading.may_read(delegate.objective):
            return self.accountable()
        return viewing.owner(self.reading, delegate.objective.row.owner_id)

    @field("Whether it is owned, delegated or both.")
    def disposition(self) -> Disposition:
        return self.node.disposition

    @field("Tight: the objective that this key result became.")
    def delegated_to(self) -> AnObjective | None:
        delegate = self.node.delegate
        return viewing.objective_if_seen(self.reading, delegate.objective if delegate else None)

    @field("Objectives that support it without restating it, in order of alignment.")
    def supported_by(self, first: First = 50, after: After = None) -> Connection[AnObjective]:
        return viewing.hanging(self.reading, self.node.supporters, page_size(first, 50), after)

    @field("The value of the check-in that counts.")
    def current(self) -> Decimal | None:
        return self.node.counting.value if self.node.counting else None

    @field("0..1, from its own check-ins.")
    def measured_progress(self) -> Decimal | None:
        return rounded(self.node.progress.measured)

    @field("From its own check-ins, not clamped: below 0 and above 1 where the value went beyond start or target.")
    def raw_progress(self) -> Decimal | None:
        return rounded(self.node.progress.raw)

    @field("From the objective that it was delegated to.")
    def cascaded_progress(self) -> Decimal | None:
        return rounded(self.node.progress.cascaded)

    @field("The one that counts: measured, else the delegate's, else the contributing supporters'.")
    def progress(self) -> Decimal | None:
        return rounded(self.node.progress.counting)

    @field("Where the progress that counts comes from.")
    def progress_source(self) -> ProgressSource:
        return self.node.progress.source

    @field("0..1, as said in the check-in that counts.")
    def confidence(self) -> Decimal | None:
        return self.node.counting.confidence if self.node.counting else None

    @field("From a confidence that is not stale, else from progress against time; of what it counts by.")
    def health(self) -> Health:
        return health(self.node, self.reading.moment)

    @field("0..1: how well it was reached, as somebody said.")
    def score(self) -> Decimal | None:
        return self.node.row.score

    @field("Latest effective first, then latest recorded.")
    def check_ins(self, first: First = 25, after: After = None) -> Connection[ACheckIn]:
        page: Connection[ACheckIn] = viewing.check_ins_of(self.reading, self.node, page_size(first, 25), after)
        return page

    @field(
        "The one in effect at that business time, as known at the position asked about: a late check-in changes this "
        "answer, not the trees of the past."
    )
    async def check_in_at(self, effective: Effective) -> ACheckIn | None:
        row = await self.reading.check_ins.at(self.reading.snapshot, self.node.id, effective)
        return viewing.check_in(self.reading, row) if row else None

    @field("The key result that it took over from in another cycle.")
    def continues_from(self) -> "KeyResult | None":
        former = self.node.row.continues_from
        node = self.reading.snapshot.key_result(former) if former else None
        return viewing.key_result_if_seen(self.reading, node)

    @field("What happened to it, the newest first: check-ins included.")
    async def history(self, first: First = 50, after: After = None) -> Connection[AnAuditEvent]:
        return await viewing.history_of(self.reading, self.node, page_size(first, 50), after)

    @field("Good practice that it leaves aside. Never blocks anything.")
    def advisories(self) -> list[Advisory]:
        return viewing.advised(self.reading, self.node)

    @field("Names of the mutations that this viewer may call on it now.")
    def viewer_can(self) -> list[str]:
        now = self.reading.today.counterpart(self.node)
        assert isinstance(now, KeyResultNode)
        return viewing.allowed(self.reading, now, on_key_result(now))

    @field("How often it should be reported on.")
    def check_in_every_days(self) -> int:
        return self.node.row.check_in_every_days or self.node.cycle.check_in_every_days

    @field("When it was created.")
    def created_at(self) -> datetime:
        return self.node.row.created_at

    @field("When it last changed itself.")
    def updated_at(self) -> datetime:
        return self.node.row.updated_at
