"""Tracing: from a request by its commands and the log to the projector; and nothing at all where it is off."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from api.serving import DATABASES, Api, served, token
from okr_api.asgi import create_app
from okr_api.operations import tracing
from okr_api.operations.spans import NamedIds, Spans, trace_id
from okr_api.settings import CannotStart, read_settings
from projector import main

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
REGISTER = """mutation Register($name: String!) {
    a: registerOwner(input: {name: $name, level: TEAM}) { position userErrors { code } }
    b: registerOwner(input: {name: "", level: TEAM}) { position userErrors { code } } }"""


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """All that are told in this process."""
    exporter, ids = InMemorySpanExporter(), NamedIds()
    provider = TracerProvider(id_generator=ids)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "tracer", Spans(provider, ids))
    return exporter


@asynccontextmanager
async def here(dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """API and projector in this process."""
    app = create_app(read_settings(database_url=dsn, environment="development"))
    projecting = asyncio.create_task(main.follow(dsn, batch_events=100))
    DATABASES["http://here"] = dsn
    async with app.router.lifespan_context(app) as state:

        async def stated(scope: Any, receive: Any, send: Any) -> None:
            await app(scope | {"state": dict(state)}, receive, send)  # type: ignore[arg-type]

        signed_in = {"Authorization": f"Bearer {token('http://here')}"}
        transport = httpx.ASGITransport(stated)
        async with httpx.AsyncClient(transport=transport, base_url="http://here", headers=signed_in) as client:
            yield client
    projecting.cancel()
    with suppress(asyncio.CancelledError):
        await projecting


def named(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    (found,) = (span for span in spans.get_finished_spans() if span.name == name)
    return found


async def until_projected(spans: InMemorySpanExporter) -> None:
    async with asyncio.timeout(30):
        while not any(span.name == "project" for span in spans.get_finished_spans()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def register(client: httpx.AsyncClient, **headers: str) -> dict[str, Any]:
    sent = {"query": REGISTER, "variables": {"name": "open-sesame"}, "operationName": "Register"}
    response = await client.post("/graphql", json=sent, headers=headers)
    data: dict[str, Any] = response.json()["data"]
    return data


async def test_a_command_is_followed_from_its_request_to_the_facts(database: str, spans: InMemorySpanExporter) -> None:
    async with here(database) as client:
        told = await register(client, traceparent=f"00-{TRACE}-{PARENT}-01")
        assert [bool(each["userErrors"]) for each in told.values()] == [False, True]
        await until_projected(spans)
    operation = named(spans, "GraphQL operation")
    commands = [span for span in spans.get_finished_spans() if span.name == "RegisterOwner"]
    done, refused = sorted(commands, key=lambda span: "okr.code" in span.attributes)
    assert f"{operation.context.trace_id:x}" == TRACE
    assert f"{operation.parent.span_id:016x}" == PARENT
    assert operation.attributes["graphql.operation.name"] == "Register"
    assert {span.parent.span_id for span in commands} == {operation.context.span_id}
    assert refused.attributes["okr.code"] == "TEXT_EMPTY"
    assert refused.status.status_code is StatusCode.UNSET
    for batch in (named(spans, "append"), named(spans, "project")):
        (link,) = batch.links
        assert (link.context.trace_id, link.context.span_id) == (done.context.trace_id, done.context.span_id)
        assert link.attributes["okr.command"] == "RegisterOwner"
        assert batch.context.trace_id != operation.context.trace_id
    assert "open-sesame" not in "".join(span.to_json() for span in spans.get_finished_spans())


@pytest.mark.parametrize("sent", [{}, {"X-Request-Id": "board 7"}, {"X-Request-Id": "board-7"}])
async def test_a_trace_that_begins_here_goes_by_the_correlation_id(
    database: str, spans: InMemorySpanExporter, sent: dict[str, str]
) -> None:
    async with here(database) as client:
        await register(client, **sent)
        await until_projected(spans)
    operation = named(spans, "GraphQL operation")
    correlation_id = operation.attributes["okr.correlation_id"]
    assert operation.parent is None
    assert operation.context.trace_id == trace_id(str(correlation_id))
    assert named(spans, "project").links[0].context.trace_id == operation.context.trace_id


@pytest.mark.parametrize(("code", "status"), [("INTERNAL", StatusCode.ERROR), ("FORBIDDEN", StatusCode.UNSET)])
def test_what_clients_do_wrong_is_no_error_of_the_service(
    spans: InMemorySpanExporter, code: str, status: StatusCode
) -> None:
    with tracing.tracer.operation("Board") as span:
        span.ended_with(code)
    operation = named(spans, "GraphQL operation")
    assert operation.attributes == {"graphql.operation.name": "Board", "okr.code": code}
    assert operation.status.status_code is status


def test_a_failure_is_told_by_its_kind_and_not_by_what_it_says(spans: InMemorySpanExporter) -> None:
    with pytest.raises(KeyError), tracing.tracer.operation('no "name"'):
        raise KeyError("open-sesame")
    told = named(spans, "GraphQL operation")
    assert (told.status.status_code, told.status.description) == (StatusCode.ERROR, "builtins.KeyError")
    assert "open-sesame" not in told.to_json()
    assert "name" not in dict(told.attributes or {})


@contextmanager
def collector() -> Iterator[tuple[str, list[str]]]:
    """The address of one that takes spans over HTTP, and the names of those that came."""
    names: list[str] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
            for resource in told.resource_spans:
                names.extend(span.name for scope in resource.scope_spans for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Taking) as server:
        turning = threading.Thread(target=server.serve_forever, daemon=True)
        turning.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", names
        server.shutdown()
        turning.join()


def test_a_process_that_ends_has_sent_what_it_had_to_tell(database: str) -> None:
    with collector() as (endpoint, names):
        with served(database, OKR_TRACES_ENDPOINT=endpoint) as url:
            Api(url).ask("{ cycles { id } }")
        assert names == ["GraphQL operation"]


def test_a_process_ends_soon_where_nobody_takes_its_spans(database: str) -> None:
    with served(database, OKR_TRACES_ENDPOINT="http://127.0.0.1:1/v1/traces") as url:
        Api(url).ask("{ cycles { id } }")


def test_while_it_is_off_nothing_is_imported() -> None:
    looked = "import okr_api.asgi, projector.main, sys; print([n for n in sys.modules if 'opentelemetry' in n])"
    ran = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "okr_api.operations.spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(CannotStart, match=r"OKR_TRACES_ENDPOINT needs opentelemetry: install okr-cascade\[traces\]"):
        tracing.begin("http://collector:4318/v1/traces", "api")
