"""Spans: tracing by OpenTelemetry. Imported where it is asked for.

The log holds no ids of spans, and needs none: a trace that begins here is named by the correlation id, and the span of
a command by the command's id. Both stand in the envelope of each event, so whoever reads the log, however much later,
can link to what wrote it. The libraries take the rest from the environment, as OTEL_TRACES_SAMPLER.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from okr_api.domain.errors import Refused
from okr_api.event_log.mapper import written_by
from okr_api.event_log.requests import kind
from okr_api.operations.correlation import Ids, current

TRACE_ID = re.compile("(?!0{32})[0-9a-f]{32}")
OPERATION_NAME = re.compile("[_A-Za-z][_0-9A-Za-z]{0,99}")
"""What clients choose, where it is a name at all."""
OURS = frozenset({"INTERNAL", "NOT_YET_READABLE", "TIMEOUT", "TRY_LATER", "UNAVAILABLE"})
"""Codes of errors that no client can do anything about."""
MOST_LINKS = 128
SEND_SECONDS = 3.0
"""A process that ends waits for that, where nobody takes its spans."""


class Running:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def ended_with(self, code: str) -> None:
        self._span.set_attribute("okr.code", code)
        if code in OURS:
            self._span.set_status(Status(StatusCode.ERROR))


class NamedIds(RandomIdGenerator):
    """Random, but for the next one that was named."""

    trace_id: int | None = None
    span_id: int | None = None

    def generate_trace_id(self) -> int:
        return self.trace_id or super().generate_trace_id()

    def generate_span_id(self) -> int:
        return self.span_id or super().generate_span_id()

    def is_trace_id_random(self) -> bool:
        return False


class Spans:
    """No span holds what a client sent, but for the name of the operation: no text, no variable, no error message."""

    def __init__(self, provider: TracerProvider, ids: NamedIds) -> None:
        """`ids`: those that the provider names spans by."""
        self._tracer = provider.get_tracer("okr")
        self._ids = ids
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def operation(self, name: str | None) -> Iterator[Running]:
        ids = current.get()
        with self._span("GraphQL operation", SpanKind.SERVER, self._sender(ids), ids and ids.correlation_id) as span:
            if name is not None and OPERATION_NAME.fullmatch(name):
                span.set_attribute("graphql.operation.name", name)
            if ids is not None:
                span.set_attribute("okr.request_id", ids.request_id)
            yield Running(span)

    @contextmanager
    def command(self, name: str, command_id: UUID, correlation_id: str | None) -> Iterator[Running]:
        with self._span(name, SpanKind.INTERNAL, None, correlation_id, named=span_id(command_id)) as span:
            span.set_attribute("okr.command_id", str(command_id))
            yield Running(span)

    @contextmanager
    def batch(self, name: str, commits: Iterable[bytes]) -> Iterator[Running]:
        links = [link for commit in commits if (link := _link(commit)) is not None]
        # It is of all these commands, so of no trace of them.
        with self._span(name, SpanKind.CONSUMER, Context(), None, links) as span:
            span.set_attribute("okr.commits", len(links))
            yield Running(span)

    @contextmanager
    def _span(
        self,
        name: str,
        kind_of: SpanKind,
        parent: Context | None,
        correlation_id: str | None,
        links: Iterable[Link] = (),
        named: int | None = None,
    ) -> Iterator[trace.Span]:
        self._ids.trace_id, self._ids.span_id = trace_id(correlation_id), named
        try:
            span = self._tracer.start_span(name, parent, kind_of, links=list(links)[:MOST_LINKS])
        finally:
            self._ids.trace_id = self._ids.span_id = None
        if correlation_id is not None:
            span.set_attribute("okr.correlation_id", correlation_id)
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield span
            except Refused as refused:
                span.set_attribute("okr.code", refused.problems[0].code)
                raise
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR, kind(error)))
                raise

    def _sender(self, ids: Ids | None) -> Context:
        traceparent = ids.traceparent if ids else None
        return self._propagator.extract({"traceparent": traceparent} if traceparent else {}, Context())


def sent_to(endpoint: str, service: str) -> Spans:
    ids = NamedIds()
    provider = TracerProvider(resource=Resource.create({"service.name": service}), id_generator=ids)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint, timeout=SEND_SECONDS)))
    return Spans(provider, ids)


def trace_id(correlation_id: str | None) -> int | None:
    """Of the trace that goes by it."""
    if correlation_id is None:
        return None
    if TRACE_ID.fullmatch(correlation_id):
        return int(correlation_id, 16)
    return int.from_bytes(sha256(correlation_id.encode()).digest()[:16])


def span_id(command_id: UUID) -> int:
    return command_id.int & 0xFFFF_FFFF_FFFF_FFFF


def _link(commit: bytes) -> Link | None:
    told = written_by(commit)
    named = trace_id(told.correlation_id) if told else None
    if told is None or named is None:
        return None
    attributes = {"okr.command": told.command, "okr.correlation_id": str(told.correlation_id)}
    return Link(SpanContext(named, span_id(told.command_id), is_remote=True, trace_flags=TraceFlags(1)), attributes)
