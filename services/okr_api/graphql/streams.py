"""Streams: an operation that is answered over an open connection, payload by payload."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from inspect import isawaitable
from time import monotonic
from typing import Any, NamedTuple

import orjson
from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    create_source_event_stream,
    execute_subscription_event,
    get_operation_ast,
)

from okr_api.access.authentication import Unauthenticated
from okr_api.graphql.asked import Asked, Refusal
from okr_api.graphql.bodies import answered, broken
from okr_api.graphql.channels import Subscriber
from okr_api.graphql.context import Context
from okr_api.graphql.documents import documents
from okr_api.graphql.errors import served
from okr_api.graphql.execution import admitted, aways, executed, with_bad_values_named
from okr_api.graphql.schema import SCHEMA
from okr_api.graphql.updates import CascadeUpdate
from okr_api.operations import instruments, tracing
from okr_api.snapshot.away import Away, all_of

RETRY_SECONDS = 0.5
LATE = "The answer took too long and was given up: send a mutation again with the same idempotencyKey."


class Payload(NamedTuple):
    """JSON, and of an update its position."""

    text: str
    position: int | None = None


class Ended(Exception):
    """Why an operation ends without an answer, or before its time."""

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.errors = errors


class Stream:
    """The payloads of one operation: one of a query or a mutation, as many as there are of a subscription."""

    def __init__(self, asked: Asked, context: Context) -> None:
        self._asked = asked
        self._context = context
        self._subscriber: Subscriber | None = None

    @property
    def position(self) -> int | None:
        """Up to where a subscription was told, once it began."""
        return self._subscriber.position if self._subscriber else None

    async def payloads(self) -> AsyncGenerator[Payload, None]:
        """Raises Ended, and Unauthenticated where the token does not hold any more."""
        began = monotonic()
        try:
            if not self._is_subscription():
                yield await self._answer()
                return
            executor, self._subscriber = await self._subscribed()
            shape = self._shape(executor.operation)
            try:
                async for update in self._subscriber:
                    payload = await self._payload(self._subscriber, update, shape, executor)
                    if payload is not None:
                        yield payload
            finally:
                await self._subscriber.aclose()
        except (Unauthenticated, Ended):
            raise
        except Refusal as refusal:
            instruments.refused(refusal.code, began, ours=refusal.status >= 500)
            raise Ended(broken(refusal.message, code=refusal.code)["errors"]) from None
        except TimeoutError:
            instruments.refused("TIMEOUT", began, ours=True)
            raise Ended(broken(LATE, code="TIMEOUT")["errors"]) from None
        except Exception as error:
            raise Ended([self._served(error)]) from None

    def _is_subscription(self) -> bool:
        """What is no document is told by whoever executes it."""
        document = documents(self._context.service.limits).prepared(self._asked.query)
        operation = get_operation_ast(document.node, self._asked.operation_name)
        return not document.errors and operation is not None and operation.operation is OperationType.SUBSCRIPTION

    async def _answer(self) -> Payload:
        service, began = self._context.service, monotonic()
        with service.crowd.joined(self._context.reading.principal.id):
            async with asyncio.timeout(service.limits.request_timeout):
                with tracing.tracer.operation(self._asked.operation_name) as span:
                    body = answered(await executed(self._asked, self._context), self._context)
                    if "errors" in body:
                        span.ended_with(body["errors"][0]["extensions"]["code"])
        instruments.answered(self._context.operation, body.get("errors", ()), began)
        if "data" not in body:
            raise Ended(body["errors"])
        return Payload(orjson.dumps(body).decode())

    async def _subscribed(self) -> tuple[Executor[Any], Subscriber]:
        limits = self._context.service.limits
        document = documents(limits).prepared(self._asked.query)
        admitted(document, self._asked, limits)
        executor = Executor.build(
            SCHEMA,
            document.node,
            context_value=self._context,
            raw_variable_values=self._asked.variables,
            operation_name=self._asked.operation_name,
            hide_suggestions=True,
        )
        if isinstance(executor, list):
            raise self._ended(with_bad_values_named(ExecutionResult(None, executor)).errors)
        async with asyncio.timeout(limits.request_timeout):
            source = create_source_event_stream(executor)
            found = await source if isawaitable(source) else source
        if isinstance(found, ExecutionResult):
            raise self._ended(found.errors)
        assert isinstance(found, Subscriber)
        self._context.let_go()
        return executor, found

    async def _payload(
        self, subscriber: Subscriber, update: CascadeUpdate | None, shape: Any, executor: Executor[Any]
    ) -> Payload | None:
        """None where nothing of it may be seen by the time that what was away has come."""
        while update is not None:
            try:
                return Payload(await _text(update, shape, executor, self._context), update.at)
            except Away as away:
                update = await subscriber.again(update, away)
        return None

    def _ended(self, errors: Sequence[GraphQLError] | None) -> Ended:
        return Ended([self._served(error) for error in errors or ()])

    def _served(self, error: Exception) -> dict[str, Any]:
        told = error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
        return served(told, self._context.request_id)

    def _shape(self, operation: OperationDefinitionNode) -> tuple[str, str | None, str]:
        """What the texts of updates go by: where it began is not part of what is shown."""
        begins = {each.variable.name.value for each in operation.variable_definitions or () if _is_position(each.type)}
        given = {name: value for name, value in self._asked.variables.items() if name not in begins}
        return self._asked.query, self._asked.operation_name, repr(sorted(given.items()))


def _is_position(kind: Any) -> bool:
    named = kind.type if isinstance(kind, NonNullTypeNode) else kind
    return isinstance(named, NamedTypeNode) and named.name.value == "Position"


async def _text(update: CascadeUpdate, shape: Any, executor: Executor[Any], context: Context) -> str:
    """Made by whoever asks first, for all who asked the same."""
    if shape not in update.texts:
        update.texts[shape] = asyncio.create_task(_encoded(update, executor, context))
    text: str = await asyncio.shield(update.texts[shape])
    return text


async def _encoded(update: CascadeUpdate, executor: Executor[Any], context: Context) -> str:
    """While the database is away, what is told waits for it. Raises Away."""
    until = monotonic() + context.service.limits.request_timeout
    while True:
        running = execute_subscription_event(executor.build_per_event_executor(update))
        result = await running if isawaitable(running) else running
        if missing := aways(result):
            raise all_of(missing)
        errors = [served(error, context.request_id) for error in result.errors or ()]
        if not any(error["extensions"]["code"] == "UNAVAILABLE" for error in errors) or monotonic() > until:
            break
        await asyncio.sleep(RETRY_SECONDS)
    told = {**({"errors": errors} if errors else {}), "data": result.data}
    return orjson.dumps({**told, "extensions": {"position": str(update.until)}}).decode()
