"""Queries: the questions that begin an answer, of the snapshot that the request reads from or of a past cut."""

import asyncio
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Annotated

import strawberry
from strawberry import ID

from okr_api.domain.errors import not_found
from okr_api.graphql import as_of as cuts
from okr_api.graphql import named, viewing
from okr_api.graphql.context import Asking
from okr_api.graphql.enums import Approach, CycleState, OwnerLevel
from okr_api.graphql.errors import fault
from okr_api.graphql.ids import given_id
from okr_api.graphql.inputs.as_of import AsOf, AsOfCut
from okr_api.graphql.inputs.history import HistoryWhere
from okr_api.graphql.inputs.lists import KeyResultWhere, ObjectiveOrder, ObjectiveWhere
from okr_api.graphql.scalars import Position
from okr_api.graphql.types.alignment import AlignmentHealth
from okr_api.graphql.types.audit import AuditEvent, LogHead
from okr_api.graphql.types.cascade import Cascade
from okr_api.graphql.types.cycles import Cycle, in_order
from okr_api.graphql.types.diffs import Between, CascadeDiff
from okr_api.graphql.types.fields import After, First, Id, MaybeId, Ref, Search, field
from okr_api.graphql.types.integrations import Integration
from okr_api.graphql.types.key_results import KeyResult
from okr_api.graphql.types.names import Node
from okr_api.graphql.types.objectives import Objective
from okr_api.graphql.types.owners import Owner, Viewer
from okr_api.graphql.types.pages import Connection
from okr_api.graphql.types.replay import ReplayConnection, replayed
from okr_api.graphql.types.webhooks import Webhook
from okr_api.snapshot import lists
from okr_api.snapshot.alignment import alignment_health
from okr_api.snapshot.cascade import cascade
from okr_api.snapshot.diff import diff
from okr_api.snapshot.key_result_lists import key_results
from okr_api.snapshot.pages import from_cursor, page_size
from okr_api.snapshot.steps import Asked, before_all

States = Annotated[list[CycleState] | None, strawberry.argument(description="Only those in any of these states.")]
Levels = Annotated[list[OwnerLevel] | None, strawberry.argument(description="Only those that stand there.")]
At = Annotated[date | None, strawberry.argument(description="Only those that this day lies in.")]
Where = Annotated[ObjectiveWhere | None, strawberry.argument(description="Which ones.")]
KeyResultsWhere = Annotated[KeyResultWhere | None, strawberry.argument(description="Which ones.")]
EventsWhere = Annotated[HistoryWhere | None, strawberry.argument(description="Which ones.")]
Order = Annotated[ObjectiveOrder | None, strawberry.argument(description="In which order; else as they were created.")]
FromCut = Annotated[AsOf, strawberry.argument(name="from", description="The first cut.")]
MaybeFromCut = Annotated[
    AsOf | None, strawberry.argument(name="from", description="Only what came after this cut; else from the beginning.")
]
ToCut = Annotated[AsOf | None, strawberry.argument(description="The last cut, of which all is told; else now.")]
CycleId = Annotated[ID, strawberry.argument(description="The cycle, with all cycles inside it.")]
RootId = Annotated[ID | None, strawberry.argument(description="Only this objective or key result and what is below.")]
View = Annotated[Approach, strawberry.argument(description="Which links are followed.")]
Ids = Annotated[list[ID], strawberry.argument(description="At most 200 ids.")]
MaxDepth = Annotated[int, strawberry.argument(description="How many levels below the top, 0 or more.")]
MaxNodes = Annotated[int, strawberry.argument(description="How many nodes in all, 1 or more.")]

MOST_IDS = 200


@strawberry.type(description="The questions; what is malformed or unknown is null.")
class Query:
    @field(
        "Anything that has an id: an owner, a cycle, an objective, a key result, a check-in, an integration, a webhook,"
        " an event."
    )
    async def node(self, info: Asking, id: Id, as_of: AsOfCut = None) -> Node | None:
        return await named.node(await cuts.reading(info, as_of), given_id(id))

    @field("Up to 200 of them, in the order asked for; what is malformed, unknown or not to be seen is null.")
    async def nodes(self, info: Asking, ids: Ids, as_of: AsOfCut = None) -> list[Node | None]:
        if len(ids) > MOST_IDS:
            raise fault("BAD_USER_INPUT", f"ids must be at most {MOST_IDS}, not {len(ids)}.")
        reading = await cuts.reading(info, as_of)
        asked = [given_id(text) for text in ids]
        reading.snapshot.require_known(asked)
        return list(await asyncio.gather(*(named.node(reading, node_id) for node_id in asked)))

    @field("The cycles, the earliest first.")
    async def cycles(self, info: Asking, states: States = None, at: At = None, as_of: AsOfCut = None) -> list[Cycle]:
        reading = await cuts.reading(info, as_of)
        return [
            viewing.cycle(reading, row.id)
            for row in in_order(reading.snapshot)
            if (states is None or row.state in states) and (at is None or row.starts_on <= at <= row.ends_on)
        ]

    @field("One cycle.")
    async def cycle(self, info: Asking, id: Id, as_of: AsOfCut = None) -> Cycle | None:
        reading, cycle_id = await cuts.reading(info, as_of), given_id(id)
        return viewing.cycle(reading, cycle_id) if cycle_id in reading.snapshot.cycles else None

    @field("One owner, by its id or by its name in another system.")
    async def owner(
        self, info: Asking, id: MaybeId = None, external_ref: Ref = None, as_of: AsOfCut = None
    ) -> Owner | None:
        reading = await cuts.reading(info, as_of)
        owner_id = named.referred(reading, "Owner", id, external_ref)
        return viewing.owner(reading, owner_id) if owner_id in reading.snapshot.owners else None

    @field("Owners in order of registration.")
    async def owners(
        self,
        info: Asking,
        levels: Levels = None,
        search: Search = None,
        as_of: AsOfCut = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Owner]:
        reading = await cuts.reading(info, as_of)
        wanted = None if levels is None else frozenset(levels)
        page = lists.owners(reading.snapshot, wanted, search, page_size(first, 50), after)
        return Connection(page=page, show=lambda row: viewing.owner(reading, row.id))

    @field("The integrations in order of creation, for administrators and auditors: FORBIDDEN for others.")
    async def integrations(self, info: Asking, as_of: AsOfCut = None) -> list[Integration]:
        reading = await cuts.reading(info, as_of)
        if not reading.sight.sees_integrations:
            raise fault("FORBIDDEN", "Only administrators and auditors see integrations.")
        rows = sorted(reading.snapshot.integrations.values(), key=lambda row: row.created_position)
        return [viewing.integration(reading, row.id) for row in rows]

    @field("The webhooks in order of creation: all for administrators and auditors, its own for an integration.")
    async def webhooks(self, info: Asking) -> list[Webhook]:
        reading = await cuts.reading(info, None)
        standing = (row for row in reading.snapshot.webhooks.values() if row.deleted_at is None)
        rows = sorted(filter(reading.sight.sees_webhook, standing), key=lambda row: row.created_position)
        return [viewing.webhook(reading, row.id) for row in rows]

    @field("One objective, by its id or by its name in another system.")
    async def objective(
        self, info: Asking, id: MaybeId = None, external_ref: Ref = None, as_of: AsOfCut = None
    ) -> Objective | None:
        reading = await cuts.reading(info, as_of)
        objective_id = named.referred(reading, "Objective", id, external_ref)
        return viewing.objective_if_seen(reading, reading.snapshot.objective(objective_id))

    @field("One key result, by its id or by its name in another system.")
    async def key_result(
        self, info: Asking, id: MaybeId = None, external_ref: Ref = None, as_of: AsOfCut = None
    ) -> KeyResult | None:
        reading = await cuts.reading(info, as_of)
        kr_id = named.referred(reading, "KeyResult", id, external_ref)
        return viewing.key_result_if_seen(reading, reading.snapshot.key_result(kr_id))

    @field("Objectives, the earliest first unless said otherwise.")
    async def objectives(
        self,
        info: Asking,
        where: Where = None,
        order_by: Order = None,
        as_of: AsOfCut = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Objective]:
        reading = await cuts.reading(info, as_of)
        picked = (where or ObjectiveWhere()).filter(reading)
        order = order_by.order() if order_by else lists.ObjectiveOrder()
        page = lists.objectives(reading.snapshot, picked, order, page_size(first, 50), after)
        return Connection(page=page, show=partial(viewing.objective, reading), reading=reading)

    @field("Live key results, the earliest first.")
    async def key_results(
        self, info: Asking, where: KeyResultsWhere = None, as_of: AsOfCut = None, first: First = 50, after: After = None
    ) -> Connection[KeyResult]:
        reading = await cuts.reading(info, as_of)
        picked = (where or KeyResultWhere()).filter(reading)
        page = key_results(reading.snapshot, picked, page_size(first, 50), after)
        return Connection(page=page, show=partial(viewing.key_result, reading), reading=reading)

    @field("The org-wide tree. All three views agree on every node's progress.")
    async def cascade(
        self,
        info: Asking,
        cycle_id: CycleId,
        root_id: RootId = None,
        view: View = Approach.MIXED,
        max_depth: MaxDepth = 64,
        max_nodes: MaxNodes = 20_000,
        as_of: AsOfCut = None,
    ) -> Cascade:
        reading = await cuts.reading(info, as_of)
        for name, value, least in (("maxDepth", max_depth, 0), ("maxNodes", max_nodes, 1)):
            if value < least:
                raise fault("BAD_USER_INPUT", f"{name} must be {least} or more, not {value}.")
        root = named.root(reading, root_id)
        tree = cascade(reading.snapshot, given_id(cycle_id), root, view, max_depth, max_nodes)
        return Cascade(reading=reading, tree=tree)

    @field("What became of the tree between two cuts; the second one is now, unless said otherwise.")
    async def cascade_diff(
        self,
        info: Asking,
        cycle_id: CycleId,
        from_: FromCut,
        root_id: RootId = None,
        view: View = Approach.MIXED,
        to: ToCut = None,
    ) -> CascadeDiff:
        after = await cuts.reading(info, to)
        between = Between.of(await info.context.read_as_of(from_.place), after)
        root = named.root_of_two(between, root_id)
        found = diff(between.before.snapshot, between.after.snapshot, given_id(cycle_id), root, view)
        return CascadeDiff(between=between, diff=between.told(found))

    @field("The commits that changed a stored field, a target or a link of the tree, oldest first.")
    async def replay(
        self,
        info: Asking,
        cycle_id: CycleId,
        root_id: RootId = None,
        view: View = Approach.MIXED,
        from_: MaybeFromCut = None,
        to: ToCut = None,
        first: First = 50,
        after: After = None,
    ) -> ReplayConnection:
        reading = await cuts.reading(info, to)
        now, cycle = reading.snapshot, given_id(cycle_id)
        if cycle not in now.cycles:
            raise not_found("cycle", cycle, "cycleId")
        root = named.root(reading, root_id)
        if root is not None and now.node(root) is None:
            raise not_found("objective or key result", root, "rootId")
        root_cycle = now.cycles[cycle].root_id
        if from_ is None:
            begin = before_all(now, {root_cycle, *info.context.held_then})
        else:
            begin = (await info.context.read_as_of(from_.place)).snapshot
        whole = Asked(begin, now.position, cycle, root_cycle, root, view)
        place = None if after is None else from_cursor(after, int)
        asked = whole
        if place is not None and place > begin.position:
            start = await info.context.read_as_of(min(place, now.position))
            asked = replace(whole, start=start.snapshot)
        size = page_size(first, 50)
        return await replayed(reading, info.context.service.steps, asked, whole, size, begun=place is not None)

    @field("How much of what is live in a cycle, and in the cycles inside it, serves the company.")
    async def alignment_health(self, info: Asking, cycle_id: CycleId, as_of: AsOfCut = None) -> AlignmentHealth:
        reading = await cuts.reading(info, as_of)
        return AlignmentHealth.of(alignment_health(reading.snapshot, given_id(cycle_id)))

    @field("What happened, the newest first: events about what the viewer may see.")
    async def history(
        self,
        info: Asking,
        where: EventsWhere = None,
        as_of: AsOfCut = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[AuditEvent]:
        reading = await cuts.reading(info, as_of)
        picked = (where or HistoryWhere()).filter(reading)
        return await viewing.history(reading, picked, page_size(first, 50), after)

    @field("The end of the log, with the hash that covers all of it: kept elsewhere, it proves that nobody rewrote it.")
    async def log_head(self, info: Asking, as_of: AsOfCut = None) -> LogHead:
        reading = await cuts.reading(info, as_of)
        snapshot = reading.snapshot
        found = await reading.audit.hash_at(snapshot)
        return LogHead(position=Position(snapshot.position), time=snapshot.time, hash=found.hex())

    @field("Who is asking.")
    async def viewer(self, info: Asking) -> Viewer:
        reading = await cuts.reading(info, None)
        owner_id = reading.sight.owner_id
        return Viewer(
            actor=viewing.actor(reading, reading.principal.id),
            roles=sorted(reading.principal.roles),
            owner=viewing.owner(reading, owner_id) if owner_id else None,
        )
