"""Correlation: the ids that a request goes by, in its answer, in the log of events, in lines of the log and in spans.

The request id is this request's alone, unless the client names it. The correlation id names all that one cause set
going: the trace that the request is part of, else the request. Every event carries it.
"""

import os
import re
from collections.abc import Iterable
from contextvars import ContextVar
from typing import NamedTuple

REQUEST_ID = b"x-request-id"
TRACEPARENT = b"traceparent"
NAME = re.compile(rb"[A-Za-z0-9._:/+=-]{1,100}")
"""What may go into a header, a line of a log and the log of events as it is."""
TRACE = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[!-~]{1,200})?")
"""As W3C Trace Context has it; a later version may add to it."""


class Ids(NamedTuple):
    """`traceparent`: of whoever sent the request, where it is traced there."""

    request_id: str
    correlation_id: str
    traceparent: str | None = None


current: ContextVar[Ids | None] = ContextVar("ids", default=None)
"""Those of the request that the running task is part of."""


def request_ids() -> Ids:
    return current.get() or new_ids()


def new_ids() -> Ids:
    made = _made()
    return Ids(made, made)


def ids_of(headers: Iterable[tuple[bytes, bytes]]) -> Ids:
    """What is no id is as good as none: it is a help for whoever looks for a request, and no reason to refuse one."""
    request_id = trace = None
    for name, value in headers:
        if name == REQUEST_ID:
            request_id = value if NAME.fullmatch(value) else None
        elif name == TRACEPARENT:
            trace = TRACE.fullmatch(value)
    named = request_id.decode() if request_id else _made()
    return Ids(named, trace[1].decode(), trace[0].decode()) if trace else Ids(named, named)


def _made() -> str:
    return os.urandom(16).hex()
