"""Subscriptions: what is told as it happens."""

from collections.abc import AsyncGenerator
from typing import Annotated, cast

import strawberry
from strawberry import ID

from okr_api.graphql.channels import Subscriber
from okr_api.graphql.context import Asking, Context
from okr_api.graphql.errors import fault
from okr_api.graphql.ids import given_id, given_id_or_none
from okr_api.graphql.scalars import Position
from okr_api.graphql.types.fields import subscription
from okr_api.graphql.updates import Asked, CascadeUpdate
from okr_api.snapshot.commits import InFuture
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.whereabouts import found

CycleId = Annotated[ID, strawberry.argument(description="The cycle, with all cycles inside it.")]
RootId = Annotated[
    ID | None,
    strawberry.argument(
        description=(
            "Only commits that touch this objective or key result or what is below, where that stood before them or "
            "stands after them."
        )
    ),
]
AfterPosition = Annotated[
    Position | None,
    strawberry.argument(
        description="What was told last, or any other position: all behind it is told first. Else it begins now."
    ),
]


@strawberry.type(
    description="What is told as it happens, over WebSocket (graphql-transport-ws) and as an event stream (SSE)."
)
class Subscription:
    @subscription(
        "What happens in a cycle: each commit once, in order, none left out, at most ten updates a second. The viewer "
        "is told what they may see at that moment. NOT_FOUND where they may not see the cycle or the root. Who takes "
        "updates too slowly is sent RESUME, with the position to go on from."
    )
    async def cascade_changed(
        self, info: Asking, cycle_id: CycleId, root_id: RootId = None, after: AfterPosition = None
    ) -> AsyncGenerator[CascadeUpdate, None]:
        context = info.context
        asked = Asked(given_id(cycle_id), given_id_or_none(root_id))
        begin = await _begin(context, after)
        service, principal = context.service, context.reading.principal

        def refuse_unseen(now: Snapshot) -> None:
            asked.refuse_unseen(service.reading(principal, now))

        await found(service.live, service.whereabouts, service.live.snapshot, refuse_unseen)
        subscriber = Subscriber(service, asked, begin, principal, context.who)
        # graphql-core takes any asynchronous iterator; this one can be told of from outside.
        return cast(AsyncGenerator[CascadeUpdate, None], subscriber)


async def _begin(context: Context, after: int | None) -> int:
    """A position that this process holds, though another one may have told it."""
    live = context.service.live
    if after is None:
        return live.snapshot.position
    if after > live.snapshot.position:
        try:
            await context.service.commits.at(after)
        except InFuture as error:
            raise fault("AS_OF_IN_FUTURE", f"after: {error}.") from None
        await live.at_least(after, context.service.readable_seconds)
    return after
