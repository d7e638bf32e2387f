"""Asked: a GraphQL request as it comes over HTTP, read strictly."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from starlette.requests import ClientDisconnect, Request

from okr_api.graphql.scalars import Number

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
EVENTS = "text/event-stream"
MIN_POSITION = "OKR-Min-Position"
SMALL = 4096
"""Bytes of a body that is remembered: longer ones are hardly ever sent twice."""


class Refusal(Exception):
    """A request that is not worth executing."""

    def __init__(self, status: int, message: str, code: str = "BAD_REQUEST", **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers


@dataclass(frozen=True)
class Asked:
    query: str
    variables: dict[str, Any]
    operation_name: str | None
    may_change: bool
    """Whether a mutation may be asked for this way."""
    min_position: str | None
    short: bool = False
    """Whether it is worth knowing again when it comes again."""

    @cached_property
    def said(self) -> str:
        """The variables as a text, by which it is known what was worked out for them before."""
        return repr(self.variables)


@lru_cache(100)
def negotiated(accept: str | None) -> str:
    """The media type of the answer: what the client likes best of those that there are. Raises Refusal."""
    if accept is None:
        return GRAPHQL
    # Whoever does not care gets what every client understands.
    served = {GRAPHQL: GRAPHQL, JSON: JSON, EVENTS: EVENTS, "*/*": JSON, "application/*": GRAPHQL}
    liked = [(quality, served[kind]) for kind, quality in _weighed(accept) if kind in served and quality > 0]
    if not liked:
        raise Refusal(406, f"The answer can be {GRAPHQL}, {JSON} or {EVENTS}.", "NOT_ACCEPTABLE")
    return max(liked, key=lambda choice: choice[0])[1]


def _weighed(accept: str) -> Iterable[tuple[str, float]]:
    for part in accept.lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((value[2:] for value in parameters if value.startswith("q=")), "1")
        try:
            yield kind, float(quality)
        except ValueError:
            yield kind, 0.0


async def read(request: Request, largest_body: int) -> Asked:
    """Raises Refusal."""
    if request.method == "GET":
        given: dict[str, Any] = dict(request.query_params)
        for name in ("variables", "extensions"):
            if name in given:
                given[name] = decoded(given[name])
        return asked(given, False, request.headers.get(MIN_POSITION), short=True)
    if request.method != "POST":
        raise Refusal(405, "GraphQL is asked with GET or POST.", "METHOD_NOT_ALLOWED", Allow="GET, POST")
    _require_json(request.headers.get("content-type", ""))
    body = await body_of(request, largest_body)
    return (_known if len(body) <= SMALL else _posted)(body, request.headers.get(MIN_POSITION))


def _posted(body: bytes, min_position: str | None) -> Asked:
    return asked(_given(body), True, min_position, short=len(body) <= SMALL)


def _given(body: bytes) -> dict[str, Any]:
    try:
        given = decoded(body.decode())
    except UnicodeDecodeError:
        raise Refusal(400, "The body is not UTF-8.") from None
    if not isinstance(given, dict):
        raise Refusal(400, "The body must be a JSON object.")
    return given


# Who looks the same thing up again sends the same bytes. Nothing changes what was read of them.
_known = lru_cache(1000)(_posted)


@lru_cache(100)
def _require_json(content_type: str) -> None:
    kind, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    charsets = [value.partition("=")[2].strip('"') for value in parameters if value.startswith("charset=")]
    if kind != JSON or charsets not in ([], ["utf-8"]):
        raise Refusal(415, f"The body must be {JSON} in UTF-8.", "UNSUPPORTED_MEDIA_TYPE")


async def body_of(request: Request, largest: int) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > largest:
                raise Refusal(413, f"The body must have at most {largest} bytes.", "CONTENT_TOO_LARGE")
    except ClientDisconnect:
        raise Refusal(400, "The body ended early.") from None
    return bytes(body)


def decoded(text: str) -> Any:
    """JSON, every number with its own text. Raises Refusal."""
    try:
        return STRICT.decode(text)
    except (ValueError, RecursionError):
        raise Refusal(400, "This is not JSON as RFC 8259 has it, or a name stands twice in an object.") from None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


STRICT = json.JSONDecoder(parse_float=Number, parse_constant=_refuse, object_pairs_hook=_object)


def asked(
    given: Mapping[str, Any], may_change: bool = True, min_position: str | None = None, *, short: bool = False
) -> Asked:
    """The parameters of a request, however they came. Raises Refusal."""
    query, name = given.get("query"), given.get("operationName")
    variables, extensions = given.get("variables"), given.get("extensions")
    if not isinstance(query, str):
        raise Refusal(400, "query must be the text of a GraphQL document.")
    if not isinstance(name, str | None):
        raise Refusal(400, "operationName must be a string.")
    if not isinstance(variables, dict | None) or not isinstance(extensions, dict | None):
        raise Refusal(400, "variables and extensions must be objects.")
    return Asked(query, variables or {}, name, may_change, min_position, short)
