"""Asking until nothing is away, for tests that execute without the service's own execution."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, TypeVar

from graphql import DocumentNode, ExecutionResult, execute

from okr_api.graphql.context import Context
from okr_api.graphql.errors import cause_of
from okr_api.graphql.schema import SCHEMA
from okr_api.snapshot.away import Away

T = TypeVar("T")
MOST = 100


async def brought(context: Context, ask: Callable[[], Awaitable[T]]) -> T:
    """At most as often as there is something new to be brought."""
    for _ in range(MOST):
        try:
            return await ask()
        except Away as away:
            last = away
            await context.bring([away])
            context.begin_again()
    raise AssertionError(f"never enough: {last.roots} {last.lookups} of {last.snapshot}")


async def reference(context: Context, document: DocumentNode, given: dict[str, Any] | None = None) -> ExecutionResult:
    """What graphql-core answers."""

    async def ask() -> ExecutionResult:
        asked = execute(SCHEMA, document, context_value=context, variable_values=given)
        result = await asked if isawaitable(asked) else asked
        for error in result.errors or ():
            if isinstance(away := cause_of(error), Away):
                raise away
        return result

    return await brought(context, ask)
