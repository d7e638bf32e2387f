"""The HTTP view: a request in, a JSON answer out, as the GraphQL over HTTP specification has it."""

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from okr_api.access.authentication import Unauthenticated
from okr_api.access.policy import Principal, Role
from okr_api.graphql.asked import EVENTS, GRAPHQL, JSON, Asked, Refusal, negotiated, read
from okr_api.graphql.bodies import answered, broken
from okr_api.graphql.context import Context, Service
from okr_api.graphql.errors import INTERNAL, log_fault
from okr_api.graphql.etags import PRIVATE, etag, matches
from okr_api.graphql.event_streams import EventStream
from okr_api.graphql.execution import executed
from okr_api.operations import instruments, tracing
from okr_api.operations.correlation import request_ids

VARY = "Accept, Authorization"
STATUS = {"NOT_YET_READABLE": 503}
"""Of request errors that are not the client's."""
LATE = (
    "The answer took too long and was given up. Whether a mutation was done is unknown: send it again with the same "
    "idempotencyKey, and it is done once."
)


class GraphQLView:
    """Answers whoever proves who they are, and nobody else."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._response(Request(scope, receive))
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        media, asked, began = JSON, None, monotonic()
        service: Service = request.state.service
        ids = request_ids()
        try:
            media = negotiated(request.headers.get("accept"))
            principal = await signed_in(request)
            with service.crowd.joined(principal.id):
                async with asyncio.timeout(service.limits.request_timeout):
                    asked = await read(request, service.limits.max_body_bytes)
                    if media == EVENTS:
                        return EventStream(request, asked, principal, ids)
                    context = Context(service, service.reading(principal), ids.request_id, ids.correlation_id)
                    if _has_it_already(request, asked, context, media):
                        instruments.answered(None, (), began)
                        return _not_modified(request, context, media)
                    with tracing.tracer.operation(asked.operation_name) as span:
                        body = answered(await executed(asked, context), context)
                        if "errors" in body:
                            span.ended_with(body["errors"][0]["extensions"]["code"])
            instruments.answered(context.operation, body.get("errors", ()), began)
            headers = _tagged(request, context, media) if request.method == "GET" and "errors" not in body else {}
            context.end()
            return _encoded(body, _status(body) if media == GRAPHQL else 200, media, headers)
        except Refusal as refusal:
            return _refused(refusal, media, began)
        except TimeoutError:
            # Until the whole request has come, it is the client who is late.
            return _refused(Refusal(504 if asked else 408, LATE, "TIMEOUT"), media, began)
        except Exception as error:
            log_fault(ids.request_id, error)
            instruments.refused("INTERNAL", began, ours=True)
            return _encoded(broken(INTERNAL, code="INTERNAL", requestId=ids.request_id), 500, media)


async def signed_in(request: Request) -> Principal:
    """Raises Refusal."""
    try:
        principal: Principal = await request.state.authenticator.principal(request.headers.getlist("authorization"))
    except Unauthenticated:
        told = "Sign in: send a valid token, as `Authorization: Bearer <token>`."
        raise Refusal(401, told, "UNAUTHENTICATED", **{"WWW-Authenticate": "Bearer"}) from None
    if not principal.roles:
        told = f"Your token names no role of this service: ask whoever runs it for one of {', '.join(Role)}."
        raise Refusal(403, told, "FORBIDDEN")
    return principal


def _has_it_already(request: Request, asked: Asked, context: Context, media: str) -> bool:
    """Whether nothing can have changed since the client was answered. Only GET is asked about conditionally."""
    known = request.headers.get("if-none-match") if request.method == "GET" and asked.min_position is None else None
    return known is not None and matches(known, etag(request, context, media))


def _tagged(request: Request, context: Context, media: str) -> dict[str, str]:
    return {"ETag": etag(request, context, media), **PRIVATE}


def _not_modified(request: Request, context: Context, media: str) -> Response:
    return Response(status_code=304, headers={"Vary": VARY, **_tagged(request, context, media)})


def _status(body: dict[str, Any]) -> int:
    if "data" in body:
        return 200
    return STATUS.get(body["errors"][0]["extensions"]["code"], 400)


def _refused(refusal: Refusal, media: str, began: float) -> Response:
    instruments.refused(refusal.code, began, ours=refusal.status >= 500)
    return _encoded(broken(refusal.message, code=refusal.code), refusal.status, media, refusal.headers)


def _encoded(body: dict[str, Any], status: int, media: str, headers: Mapping[str, str] | None = None) -> Response:
    kind = f"{JSON if media == EVENTS else media}; charset=utf-8"  # where no stream began
    return Response(orjson.dumps(body), status, {"Vary": VARY, "Content-Type": kind, **(headers or {})})
