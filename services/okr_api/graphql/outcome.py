"""Outcome: a command run for a mutation, and what its payload may show of it."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from okr_api.application import Done
from okr_api.commands.decision import Command
from okr_api.commands.transfers import TransferOwnership
from okr_api.domain.errors import Refused
from okr_api.graphql import viewing
from okr_api.graphql.batches import Answers
from okr_api.graphql.context import Context, Reading
from okr_api.graphql.errors import UserError, user_errors
from okr_api.graphql.scalars import Position
from okr_api.graphql.types.check_ins import CheckIn
from okr_api.graphql.types.cycles import Cycle
from okr_api.graphql.types.integrations import Integration
from okr_api.graphql.types.key_results import KeyResult
from okr_api.graphql.types.objectives import Objective
from okr_api.graphql.types.owners import Owner
from okr_api.graphql.types.webhooks import Webhook
from okr_api.snapshot.away import Away
from okr_api.snapshot.live import NotYetReadable

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """`ids`: of what a query would show right after, by name; empty when nothing is written or can be read yet.

    `count`: how many things a transfer moved.
    """

    reading: Reading
    position: Position | None = None
    user_errors: list[UserError] = field(default_factory=list)
    duplicate: bool = False
    ids: Mapping[str, UUID] = field(default_factory=dict)
    count: int = 0

    def owner(self) -> Owner | None:
        owner_id = self.ids.get("owner")
        return viewing.owner(self.reading, owner_id) if owner_id else None

    def cycle(self) -> Cycle | None:
        cycle_id = self.ids.get("cycle")
        return viewing.cycle(self.reading, cycle_id) if cycle_id else None

    def integration(self) -> Integration | None:
        """Whoever may command it sees it."""
        integration_id = self.ids.get("integration")
        return viewing.integration(self.reading, integration_id) if integration_id else None

    def webhook(self) -> Webhook | None:
        """Whoever may command it sees it."""
        webhook_id = self.ids.get("webhook")
        return viewing.webhook(self.reading, webhook_id) if webhook_id else None

    def objective(self) -> Objective | None:
        objective_id = self.ids.get("objective")
        node = self.reading.snapshot.objective(objective_id) if objective_id else None
        return viewing.objective_if_seen(self.reading, node)

    def key_result(self) -> KeyResult | None:
        key_result_id = self.ids.get("keyResult")
        node = self.reading.snapshot.key_result(key_result_id) if key_result_id else None
        return viewing.key_result_if_seen(self.reading, node)

    async def check_in(self) -> CheckIn | None:
        check_in_id = self.ids.get("checkIn")
        return await viewing.check_in_if_seen(self.reading, check_in_id) if check_in_id else None


async def run(context: Context, asked: Callable[[], Command], key: str | None) -> Outcome:
    """Run the command asked for, then wait until what it wrote can be read. Raises QueueFull or LogUnavailable."""

    async def execute() -> Done:
        return await context.service.application.execute(asked(), context.caller(key))

    try:
        done = await once(context, execute)
    except Refused as refused:
        return Outcome(context.reading, user_errors=user_errors(refused.problems))
    outcome = await _outcome(context, done)
    while context.reading.snapshot.away and (missing := await _missing(outcome)):
        await context.bring([missing])
        outcome = replace(outcome, reading=context.reading)
    return outcome


async def once(context: Context, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What the work came to, though the answer be made anew: an error comes again, too."""
    return await context.first(lambda: asyncio.ensure_future(work()))


async def _missing(outcome: Outcome) -> Away | None:
    """What has to be brought before the payload can be shown as it is now, before the next command of the request."""
    try:
        outcome.objective(), outcome.key_result(), await outcome.check_in()
    except Away as away:
        return away
    return None


async def transfer(context: Context, asked: TransferOwnership, key: str | None) -> Outcome:
    """Run a transfer, which is several commands. Raises QueueFull or LogUnavailable."""

    async def execute() -> Done:
        return await context.service.application.transfer(asked, context.caller(key))

    try:
        done = await once(context, execute)
    except Refused as refused:
        return Outcome(context.reading, user_errors=user_errors(refused.problems))
    position = int(done.result["position"]) if done.result["position"] else None
    await read_back(context, position)
    return Outcome(context.reading, shown(position), duplicate=done.duplicate, count=int(done.result["transferred"]))


async def several(context: Context, asked: Callable[[Context], Coroutine[Any, Any, Answers]]) -> Answers:
    """Run a batch. Raises QueueFull or LogUnavailable."""
    try:
        return await once(context, partial(asked, context))
    except Refused as refused:
        return Answers(problems=refused.problems)


def shown(position: int | None) -> Position | None:
    return None if position is None else Position(position)


async def read_back(context: Context, position: int | None) -> bool:
    """Go on with a snapshot that holds the position; whether there is one in time."""
    try:
        await context.read_at_least(position or 0)
    except NotYetReadable:
        context.pending = True
        return False
    return True


async def _outcome(context: Context, done: Done) -> Outcome:
    readable = await read_back(context, done.position)
    ids = {name: UUID(entity_id) for name, entity_id in done.result.items()} if readable else {}
    return Outcome(context.reading, shown(done.position), duplicate=done.duplicate, ids=ids)
