"""Errors: what a user can do wrong, as items of a payload, and what is broken, as errors of the answer."""

import logging
from collections.abc import Iterable
from typing import Any

import strawberry
from graphql import GraphQLError
from psycopg import InterfaceError, OperationalError
from psycopg.errors import ReadOnlySqlTransaction
from strawberry.utils.str_converters import to_camel_case

from okr_api.domain import errors as domain
from okr_api.event_log.requests import LogUnavailable, QueueFull
from okr_api.graphql.ids import NOWHERE
from okr_api.graphql.scalars import JSON
from okr_api.operations.logs import places
from okr_api.snapshot.commits import InFuture
from okr_api.snapshot.live import NotYetReadable
from okr_api.snapshot.pages import BadPage

log = logging.getLogger(__name__)

TRY_LATER = "Too many requests are waiting: nothing is written. Try again later with the same idempotencyKey."
UNAVAILABLE = (
    "The database does not answer. Whether a mutation was done is unknown: send it again with the same idempotencyKey, "
    "and it is done once."
)
INTERNAL = "internal error"


@strawberry.interface(
    description=(
        "Something that the user can put right; nothing is written. code and params are the promise, message is for "
        "people; several at once where several apply."
    )
)
class UserError:
    code: str = strawberry.field(description="What is wrong: a code that never changes its meaning.")
    message: str = strawberry.field(description="What is wrong, in a sentence.")
    path: list[str] | None = strawberry.field(description="The place in the arguments that caused it.")
    params: JSON = strawberry.field(description="The numbers and names that the message speaks of.")


@strawberry.type(description="The input is wrong whatever the organisation looks like.")
class InvalidInput(UserError):
    pass


@strawberry.type(description="The input is well formed, but what stands now does not allow it.")
class RuleViolation(UserError):
    entity_ids: list[strawberry.ID] = strawberry.field(description="What stands in the way.")


@strawberry.type(description="The entity moved on since the client read it.")
class VersionConflict(UserError):
    current_version: int = strawberry.field(description="The version that it is at now.")


def user_errors(problems: Iterable[domain.Problem]) -> list[UserError]:
    return [_user_error(problem) for problem in problems]


def _user_error(problem: domain.Problem) -> UserError:
    params = {name: value for name, value in problem.params.items() if value != str(NOWHERE)}
    path = ["input", *map(to_camel_case, problem.path)] if problem.path else None
    told: dict[str, Any] = {
        "code": problem.code,
        "message": problem.message,
        "path": path,
        "params": JSON(params),
    }
    match problem:
        case domain.VersionConflict():
            return VersionConflict(**told, current_version=problem.current_version)
        case domain.RuleViolation():
            return RuleViolation(**told, entity_ids=[strawberry.ID(i) for i in problem.entity_ids])
    return InvalidInput(**told)


def fault(code: str, message: str, **extensions: Any) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code, **extensions})


def served(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """An error as clients see it. What is ours is logged, and they are told the id of the request only."""
    cause = cause_of(error)
    message, extensions = error.message, dict(error.extensions or {})
    if "code" not in extensions:
        known = _known(cause)
        if known is None:
            log_fault(request_id, cause)
            known = fault("INTERNAL", INTERNAL, requestId=request_id)
        message, extensions = known.message, dict(known.extensions or {})
    # A lone surrogate that a client sent may stand in the message; JSON cannot carry it.
    shown: dict[str, Any] = {"message": message.encode(errors="replace").decode()}
    if error.locations:
        shown["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        shown["path"] = error.path
    return {**shown, "extensions": extensions}


def log_fault(request_id: str, cause: BaseException) -> None:
    log.error("request %s failed: %s", request_id, places(cause))


def cause_of(error: BaseException) -> BaseException:
    """What went wrong below the executor."""
    while isinstance(error, GraphQLError) and error.original_error is not None:
        error = error.original_error
    return error


def _known(cause: BaseException) -> GraphQLError | None:
    match cause:
        case BadPage():
            return fault("BAD_USER_INPUT", str(cause))
        case NotYetReadable():
            return fault("NOT_YET_READABLE", str(cause))
        case InFuture():
            return fault("AS_OF_IN_FUTURE", f"asOf: {cause}.")
        case QueueFull():
            return fault("TRY_LATER", TRY_LATER)
        case LogUnavailable() | OperationalError() | InterfaceError() | ReadOnlySqlTransaction():
            return fault("UNAVAILABLE", UNAVAILABLE)
        case domain.Refused():
            return fault(cause.problems[0].code, cause.problems[0].message)
    return None
