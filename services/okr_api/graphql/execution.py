"""Execution: what was asked, run against what the request reads from."""

from collections.abc import Iterable
from inspect import isawaitable
from typing import Any

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
from okr_api.graphql.documents import prepared, told
from okr_api.graphql.errors import fault
from okr_api.graphql.schema import SCHEMA
from okr_api.snapshot.live import NotYetReadable

LARGEST_POSITION = 2**63 - 1


async def executed(asked: Asked, context: Context) -> ExecutionResult:
    """Errors without a path are about the request: nothing was executed then. Raises Refusal."""
    document = prepared(asked.query)
    if document.errors:
        return ExecutionResult(None, list(document.errors))
    try:
        operation = document.operation(asked.operation_name)
        _refuse_change(operation, asked)
        _refuse_unstorable(asked.variables)
        if asked.min_position is not None and operation.operation is OperationType.QUERY:
            await context.read_at_least(_position(asked.min_position))
    except GraphQLError as error:
        return ExecutionResult(None, [error])
    except NotYetReadable as error:
        return ExecutionResult(None, [fault("NOT_YET_READABLE", str(error))])
    result = execute(
        SCHEMA,
        document.node,
        context_value=context,
        variable_values=asked.variables,
        operation_name=asked.operation_name,
        hide_suggestions=True,
    )
    return _with_bad_values_named(await result if isawaitable(result) else result)


def _refuse_change(operation: OperationDefinitionNode, asked: Asked) -> None:
    if not asked.may_change and operation.operation is not OperationType.QUERY:
        raise Refusal(405, "A mutation is sent with POST.", "METHOD_NOT_ALLOWED", Allow="POST")


def _refuse_unstorable(variables: dict[str, Any]) -> None:
    for name, value in variables.items():
        if any("\0" in text or (not text.isascii() and _has_surrogate(text)) for text in _texts(value)):
            raise fault("BAD_USER_INPUT", "A text cannot hold NUL or half of a surrogate pair.", variable=name)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def _texts(value: Any) -> Iterable[str]:
    """Every text in a JSON value, names included."""
    todo = [value]
    while todo:
        match todo.pop():
            case str(text):
                yield text
            case dict(parts):
                todo.extend((*parts, *parts.values()))
            case list(items):
                todo.extend(items)


def _position(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST_POSITION):
        raise fault("BAD_USER_INPUT", f"{MIN_POSITION} must be a position of the log.", variable=MIN_POSITION)
    return int(text)


def _with_bad_values_named(result: ExecutionResult) -> ExecutionResult:
    """Without data and without a path, it was the variables."""
    if result.data is not None or any(error.path is not None for error in result.errors or ()):
        return result
    return ExecutionResult(None, [_named(error) for error in result.errors or ()])


def _named(error: GraphQLError) -> GraphQLError:
    place = error.nodes[0] if error.nodes else None
    name = place.variable.name.value if isinstance(place, VariableDefinitionNode) else None
    return told(error, "BAD_USER_INPUT", variable=name)
