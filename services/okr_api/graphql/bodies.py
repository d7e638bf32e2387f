"""Bodies: what is answered, as it goes into JSON."""

from typing import Any

from graphql import ExecutionResult

from okr_api.graphql.context import Context
from okr_api.graphql.errors import served


def answered(result: ExecutionResult, context: Context) -> dict[str, Any]:
    errors = [served(error, context.request_id) for error in result.errors or ()]
    was_executed = result.data is not None or any("path" in error for error in errors)
    extensions = _positions(context)
    if (age := context.service.live.age) is not None:
        extensions["age"] = int(age)
    if context.pending:
        extensions["pending"] = True
    return {
        **({"errors": errors} if errors else {}),
        **({"data": result.data} if was_executed else {}),
        "extensions": extensions,
    }


def broken(message: str, **extensions: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": extensions}]}


def _positions(context: Context) -> dict[str, Any]:
    """The cut that was read; of several the newest, and which root field read which."""
    cuts = {name: str(position) for name, position in context.cuts.items()}
    newest = max(context.cuts.values(), default=context.reading.snapshot.position)
    return {"position": str(newest), **({"positions": cuts} if len(set(cuts.values())) > 1 else {})}
