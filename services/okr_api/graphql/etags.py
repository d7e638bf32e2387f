"""ETags: what an answer to GET follows from, as one digest. While it is the same, so is the answer."""

import hashlib
from functools import cache
from importlib.metadata import version

from starlette.requests import Request

from okr_api.graphql.context import Context
from okr_api.graphql.schema import exported

PRIVATE = {"Cache-Control": "private, no-cache"}
"""Every answer is one viewer's own, and is asked about again before it is shown again."""


def etag(request: Request, context: Context, media: str) -> str:
    """Of the document and the variables as they were sent, of the cut, of the hour and of the viewer's rights."""
    reading = context.reading
    snapshot, principal = reading.snapshot, reading.principal
    parts = (
        *_service(),
        request.scope["query_string"],
        media,
        snapshot.facts_schema,
        snapshot.position,
        reading.moment,
        principal.id,
        principal.name,
        principal.subject,
        sorted(principal.roles),
        principal.scope and _spelt(principal.scope.cycles),
        principal.scope and _spelt(principal.scope.owners),
    )
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def matches(header: str | None, tag: str) -> bool:
    """Whether If-None-Match names the tag, which proxies may have made a weak one."""
    given = [part.strip().removeprefix("W/") for part in (header or "").split(",")]
    return tag in given or given == ["*"]


@cache
def _service() -> tuple[str, str]:
    """Another version may answer otherwise."""
    return version("okr-cascade"), hashlib.sha256(exported().encode()).hexdigest()


def _spelt(ids: frozenset[object] | None) -> list[str] | None:
    return None if ids is None else sorted(map(str, ids))
