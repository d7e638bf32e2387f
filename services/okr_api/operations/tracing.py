"""Tracing: spans of what goes on, each an operation, a command, or a batch that is appended or projected.

Off unless it is asked for: then nothing is imported, and every span is the same empty object.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from okr_api.settings import CannotStart


class Span(Protocol):
    def ended_with(self, code: str) -> None:
        """What it is about was answered with an error of that code."""


class Tracer(Protocol):
    def operation(self, name: str | None) -> AbstractContextManager[Span]:
        """Of the request that the running task is part of."""

    def command(self, name: str, command_id: UUID, correlation_id: str | None) -> AbstractContextManager[Span]: ...

    def batch(self, name: str, commits: Iterable[bytes]) -> AbstractContextManager[Span]:
        """`commits`: the first stored event of each. By its envelope a batch is linked with the command."""


class Nothing:
    def __enter__(self) -> Span:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ended_with(self, code: str) -> None:
        pass


NOTHING = Nothing()


class Off:
    def operation(self, name: str | None) -> AbstractContextManager[Span]:
        return NOTHING

    def command(self, name: str, command_id: UUID, correlation_id: str | None) -> AbstractContextManager[Span]:
        return NOTHING

    def batch(self, name: str, commits: Iterable[bytes]) -> AbstractContextManager[Span]:
        return NOTHING


tracer: Tracer = Off()
"""Looked up where it is used: it is set when the process begins."""


def begin(endpoint: str | None, service: str) -> None:
    """From here on spans are sent there, if it is somewhere. Raises CannotStart."""
    global tracer
    if endpoint is None:
        return
    try:
        from okr_api.operations.spans import sent_to
    except ModuleNotFoundError as missing:
        told = f"OKR_TRACES_ENDPOINT needs {missing.name}: install okr-cascade[traces]"
        raise CannotStart(told) from None
    tracer = sent_to(endpoint, f"okr {service}")
