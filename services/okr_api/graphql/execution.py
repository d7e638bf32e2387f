"""Execution: what was asked, run against what the request reads from."""

import re
from inspect import isawaitable
from typing import Any

import psycopg
from graphql import (
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    VariableDefinitionNode,
    execute,
)

from okr_api.graphql.asked import MIN_POSITION, Asked, Refusal
from okr_api.graphql.context import Context
from okr_api.graphql.documents import Document, documents, told
from okr_api.graphql.errors import cause_of, fault
from okr_api.graphql.limits import too_complex
from okr_api.graphql.scalars import read_position
from okr_api.graphql.schema import SCHEMA
from okr_api.operations.metrics import UNNAMED
from okr_api.settings import Limits
from okr_api.snapshot.away import Away
from okr_api.snapshot.live import NotYetReadable

BAD_VALUE = re.compile(
    r"(?P<place>Variable '\$\w+' has invalid value(?: at [\w.\[\]]+)?): "
    r"(?:Expected value of type '[^']+'(?:, but encountered error '(?P<ours>[^']*)'"
    r"| (?P<field>(?:to|not to) include (?:required field '\w+'|unknown field))))?"
)
AS_STREAM = "A subscription is asked for over WebSocket (graphql-transport-ws), or with `Accept: text/event-stream`."
ROUNDS, COMPILED = 16, 2
"""How often an answer is begun anew before it is given up, and how often of these with a plan."""
TOO_MUCH = "Too much of what this asks for has to be loaded first: ask for less at a time, or try again later."
UNSTORABLE = "A text cannot hold NUL or half of a surrogate pair."


async def executed(asked: Asked, context: Context) -> ExecutionResult:
    """Errors without a path are about the request: nothing was executed then. Raises Refusal."""
    limits = context.service.limits
    document = documents(limits).prepared(asked.query)
    if document.errors:
        return ExecutionResult(None, list(document.errors))
    try:
        operation = admitted(document, asked, limits)
        context.operation = operation.name.value if operation.name else UNNAMED
        if operation.operation is OperationType.SUBSCRIPTION:
            raise fault("BAD_REQUEST", AS_STREAM)
        if asked.min_position is not None and operation.operation is OperationType.QUERY:
            await context.read_at_least(_position(asked.min_position))
    except GraphQLError as error:
        return ExecutionResult(None, [error])
    except NotYetReadable as error:
        return ExecutionResult(None, [fault("NOT_YET_READABLE", str(error))])
    return await _answered(document, operation, asked, context)


async def _answered(
    document: Document, operation: OperationDefinitionNode, asked: Asked, context: Context
) -> ExecutionResult:
    """All of one answer is of the same cuts: where something was away it is made anew, from what holds that."""
    for round_ in range(ROUNDS):
        try:
            # A plan tells of the first thing that is away, graphql-core of all that it comes to.
            data = (
                await document.compiled(operation).answer(context, asked.variables, asked.said)
                if round_ < COMPILED
                else None
            )
            if data is not None:
                return ExecutionResult(data, None)
            result = await _executed(document, asked, context)
            missing = aways(result)
        except Away as away:
            missing = [away]
        if not missing:
            return with_bad_values_named(result)
        try:
            await context.bring(missing)
        except (psycopg.Error, OSError) as failure:
            return await _without(document, asked, context, failure)
        context.begin_again()
    return await _without(document, asked, context, fault("TRY_LATER", TOO_MUCH))


def aways(result: ExecutionResult) -> list[Away]:
    """All that an answer has to wait for."""
    found = []
    for error in result.errors or ():
        if isinstance(cause := cause_of(error), Away):
            error.__traceback__ = None  # see Away.forget
            found.append(cause)
    return found


async def _executed(document: Document, asked: Asked, context: Context) -> ExecutionResult:
    result = execute(
        SCHEMA,
        document.node,
        context_value=context,
        variable_values=asked.variables,
        operation_name=asked.operation_name,
        hide_suggestions=True,
    )
    return await result if isawaitable(result) else result


async def _without(document: Document, asked: Asked, context: Context, failure: Exception) -> ExecutionResult:
    """What can be told without what is away; why the rest cannot, in its places."""
    context.begin_again()
    result = await _executed(document, asked, context)
    errors = [_told_by(failure, e) if isinstance(cause_of(e), Away) else e for e in result.errors or ()]
    return ExecutionResult(result.data, errors or None)


def _told_by(failure: Exception, error: GraphQLError) -> GraphQLError:
    extensions = failure.extensions if isinstance(failure, GraphQLError) else None
    return GraphQLError(str(failure), error.nodes, path=error.path, original_error=failure, extensions=extensions)


def admitted(document: Document, asked: Asked, limits: Limits) -> OperationDefinitionNode:
    """The operation that is asked for, if it is within the limits. Raises GraphQLError and Refusal."""
    known = document.admitted.get((asked.operation_name, asked.said)) if asked.short else None
    operation = known or document.operation(asked.operation_name)
    _refuse_change(operation, asked)
    if known is None:
        _refuse_unfit(asked.variables, limits)
        if (cost := document.cost(operation, asked.variables)) > limits.max_cost:
            raise too_complex("cost", cost, limits.max_cost)
        if asked.short:
            document.admit(operation, asked.operation_name, asked.said)
    return operation


def _refuse_change(operation: OperationDefinitionNode, asked: Asked) -> None:
    if not asked.may_change and operation.operation is OperationType.MUTATION:
        raise Refusal(405, "A mutation is sent with POST.", "METHOD_NOT_ALLOWED", Allow="POST")


def _refuse_unfit(variables: dict[str, Any], limits: Limits) -> None:
    """Texts that no database holds, and lists that no field takes."""
    for name, value in variables.items():
        todo = [value]
        while todo:
            match todo.pop():
                case str(text):
                    if "\0" in text or not _encodable(text):
                        raise fault("BAD_USER_INPUT", UNSTORABLE, variable=name)
                case dict(parts):
                    todo.extend((*parts, *parts.values()))
                case list(items):
                    if len(items) > limits.max_list_items:
                        raise too_complex("list_items", len(items), limits.max_list_items, variable=name)
                    todo.extend(items)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _position(text: str) -> int:
    try:
        return read_position(text)
    except ValueError:
        problem = f"{MIN_POSITION} must be a position of the log."
        raise fault("BAD_USER_INPUT", problem, variable=MIN_POSITION) from None


def with_bad_values_named(result: ExecutionResult) -> ExecutionResult:
    """Without data and without a path, it was the variables."""
    if result.data is not None or any(error.path is not None for error in result.errors or ()):
        return result
    return ExecutionResult(None, [_named(error) for error in result.errors or ()])


def _named(error: GraphQLError) -> GraphQLError:
    place = error.nodes[0] if error.nodes else None
    name = place.variable.name.value if isinstance(place, VariableDefinitionNode) else None
    return told(_without_value(error), "BAD_USER_INPUT", variable=name)


def _without_value(error: GraphQLError) -> GraphQLError:
    """The library repeats what it found. Errors are copied to logs and tickets, and values do not belong there."""
    known = BAD_VALUE.match(error.message)
    if known is None:
        return error
    expected = known["field"] and f"its type is {known['field']}"
    why = known["ours"] or expected or "it does not fit its type"
    return GraphQLError(f"{known['place']}: {why}.", error.nodes)
