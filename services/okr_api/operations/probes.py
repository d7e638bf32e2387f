"""Probes: what a cluster asks a process over HTTP, answered from memory, to whoever asks; and its page of metrics."""

from collections.abc import Awaitable, Callable

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from okr_api.operations.health import Checks, Health
from okr_api.operations.metrics import exposition


def routes(health: Health, *, in_words: bool) -> list[Route]:
    """`in_words`: for whoever runs the service. Whoever else asks is told what is failing, not how it all stands."""
    probes = {"/livez": health.live, "/readyz": health.ready, "/startupz": health.started}
    return [Route(path, _endpoint(asked, in_words)) for path, asked in probes.items()]


def metrics(_: Request) -> Response:
    """Not asynchronous, so in a thread: it takes milliseconds."""
    body, media = exposition()
    return Response(body, media_type=media)


def _endpoint(asked: Callable[[], Checks], in_words: bool) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return _answer(asked(), in_words)

    return answer


def _answer(checks: Checks, in_words: bool) -> Response:
    failing = [name for name, check in checks.items() if not check.well]
    words = {"checks": {name: check.told for name, check in checks.items()}} if in_words else {}
    body = orjson.dumps({"failing": failing, **words})
    return Response(body, 503 if failing else 200, {"Cache-Control": "no-store"}, "application/json")
