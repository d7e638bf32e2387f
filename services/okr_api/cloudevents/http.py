"""The HTTP view of check-ins as events: a single event or a batch of them in, an answer for each out."""

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from okr_api.cloudevents.answers import Result, answered
from okr_api.cloudevents.events import Unreadable, attributes_in, read
from okr_api.graphql.asked import Refusal, body_of, decoded
from okr_api.graphql.context import Context, Service
from okr_api.graphql.crowd import SOON
from okr_api.graphql.errors import served
from okr_api.graphql.http import signed_in
from okr_api.operations import instruments, tracing
from okr_api.operations.correlation import request_ids

EVENT, BATCH, DATA = "application/cloudevents+json", "application/cloudevents-batch+json", "application/json"
MOST = 1000
UNKNOWN = "Whether anything was recorded is unknown: send the same events again, and each is recorded once."
TOLD = {
    "TRY_LATER": "Too many check-ins are waiting. Send the same events again later: each is recorded once.",
    "UNAVAILABLE": f"The database does not answer. {UNKNOWN}",
}
"""Of errors that speak of mutations elsewhere."""
OPERATION = "CheckInEvents"
ORIGIN, RATE = "WebHook-Request-Origin", "WebHook-Request-Rate"


class CheckInDoor:
    """Answers whoever may ask the API, under the same limits."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = monotonic()
        response = await self._response(Request(scope, receive))
        instruments.passed("/v1/check-ins", response.status_code, began)
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        service, whole, ids = request.state.service, False, request_ids()
        try:
            principal = await signed_in(request)
            with service.crowd.joined(principal.id):
                async with asyncio.timeout(service.limits.request_timeout):
                    if request.method == "OPTIONS" and ORIGIN in request.headers:
                        return _permission(request)
                    events = await _events(request, service)
                    whole = True
                    context = Context(service, service.reading(principal), ids.request_id, ids.correlation_id)
                    with tracing.tracer.operation(OPERATION):
                        return _told(await answered(events, context))
        except Refusal as refusal:
            return _broken(refusal.status, refusal.message, refusal.code, refusal.headers)
        except Unreadable as unreadable:
            fault = unreadable.faults[0]
            return _broken(400, fault.message, fault.code)
        except TimeoutError:
            # Until the whole request has come, it is the client who is late.
            return _broken(504 if whole else 408, f"The answer took too long. {UNKNOWN}", "TIMEOUT")
        except Exception as error:
            return _failed(error, ids.request_id)


async def _events(request: Request, service: Service) -> list[Any]:
    """Events in the JSON format, one by one. Raises Refusal, and Unreadable where the only one is none."""
    if request.method != "POST":
        raise Refusal(405, "Check-ins are sent with POST.", "METHOD_NOT_ALLOWED", Allow="POST, OPTIONS")
    media = _media(request.headers.get("content-type", ""))
    body = await body_of(request, service.limits.max_body_bytes)
    try:
        given = decoded(body.decode())
    except UnicodeDecodeError:
        raise Refusal(400, "The body is not UTF-8.") from None
    if media == BATCH:
        return _batch(given)
    event = given if media == EVENT else {**attributes_in(request.headers.raw), "data": given}
    read(event)
    return [event]


def _batch(given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise Refusal(400, "A batch is a JSON list of CloudEvents.")
    if len(given) > MOST:
        raise Refusal(413, f"A batch has at most {MOST} events: send several.", "TOO_MANY_ITEMS")
    return given


def _media(content_type: str) -> str:
    kind, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    charsets = [value.partition("=")[2].strip('"') for value in parameters if value.startswith("charset=")]
    if kind not in (EVENT, BATCH, DATA) or charsets not in ([], ["utf-8"]):
        told = f"The body must be {EVENT}, {BATCH}, or {DATA} with the attributes as ce- headers, in UTF-8."
        raise Refusal(415, told, "UNSUPPORTED_MEDIA_TYPE")
    return kind


def _permission(request: Request) -> Response:
    """Who may send check-ins here may have another system deliver them (CloudEvents' Web Hooks, section 4)."""
    headers = {"WebHook-Allowed-Origin": request.headers[ORIGIN], "Allow": "POST"}
    if RATE in request.headers:
        headers["WebHook-Allowed-Rate"] = request.headers[RATE]
    return Response(headers=headers)


def _told(results: list[Result]) -> Response:
    """Senders mostly look at the status alone: what another try may help says so."""
    refused = [result for result in results if result.problems]
    if any(problem["code"] == "CONFLICT" for result in refused for problem in result.problems):
        return _encoded([result.told for result in results], 503, SOON)
    status = 200 if not refused else 422 if len(refused) == len(results) else 207
    return _encoded([result.told for result in results], status)


def _failed(error: Exception, request_id: str) -> Response:
    told = served(GraphQLError("", original_error=error), request_id)
    extensions = told["extensions"]
    code = extensions.pop("code")
    status, headers = (500, {}) if code == "INTERNAL" else (503, SOON)
    return _broken(status, TOLD.get(code, told["message"]), code, headers, **extensions)


def _broken(
    status: int, message: str, code: str, headers: Mapping[str, str] | None = None, **extensions: Any
) -> Response:
    """The same shape as of an error of GraphQL."""
    instruments.REFUSED_REQUESTS.labels(code).inc()
    return _encoded({"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}, status, headers)


def _encoded(body: Any, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, dict(headers or {}), "application/json")
