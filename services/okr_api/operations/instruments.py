"""Instruments: what an API process counts and times. The values of every label are few, and none is a client's text.

Nothing here knows the service, so that every part of it may count.
"""

from asyncio import CancelledError
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any

from prometheus_client import Counter, Histogram

from okr_api.domain.errors import Refused
from okr_api.event_log.requests import LogUnavailable, QueueFull
from okr_api.operations.metrics import NONE, REGISTRY, Names

ANSWERED, REFUSED, FAILED = "answered", "refused", "failed"
OURS = frozenset({"INTERNAL", "NOT_YET_READABLE", "TIMEOUT", "TRY_LATER", "UNAVAILABLE"})
"""Codes of errors that no client can do anything about."""

# Not by outcome as well: what a histogram tells apart, the page has a dozen lines for each.
REQUEST_SECONDS = Histogram(
    "okr_request_duration_seconds",
    "Seconds until a request was answered, however it ended, by the name of its operation.",
    ["operation"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10),
    registry=REGISTRY,
)
REQUESTS = Counter(
    "okr_requests_total",
    "Requests by the name of their operation and by how they ended: answered, refused for what the client did, or "
    "failed for what the service did.",
    ["operation", "outcome"],
    registry=REGISTRY,
)
REFUSED_REQUESTS = Counter(
    "okr_requests_refused_total",
    "Requests that were not answered, or not in full, by the code of the first error.",
    ["reason"],
    registry=REGISTRY,
)
COMMANDS = Counter(
    "okr_commands_total",
    "Commands by name and by what became of them: accepted, duplicate of one accepted before, refused by a rule, "
    "try_later where too many waited, unavailable where the log did not answer, abandoned by its request, or failed.",
    ["command", "outcome"],
    registry=REGISTRY,
)
FALLBACKS = Counter(
    "okr_compiled_fallbacks_total",
    "Answers that a compiled plan gave up and graphql-core gave instead.",
    registry=REGISTRY,
)
BATCH_REQUESTS = Histogram(
    "okr_append_batch_requests",
    "Commands in each batch that was written to the log in one transaction.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128),
    registry=REGISTRY,
)
BATCH_SECONDS = Histogram(
    "okr_append_batch_duration_seconds",
    "Seconds that writing a batch to the log took.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=REGISTRY,
)
REFRESH_SECONDS = Histogram(
    "okr_snapshot_refresh_duration_seconds",
    "Seconds that looking for new facts took, and bringing the snapshot forward to them.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=REGISTRY,
)

OPERATIONS = Names()

# To find a label's instrument takes longer than to use it.
_seconds = cache(REQUEST_SECONDS.labels)
_requests = cache(REQUESTS.labels)
_commands = cache(COMMANDS.labels)


def answered(operation: str | None, errors: Sequence[Mapping[str, Any]], began: float) -> None:
    """Of an answer with its errors; `began` by monotonic."""
    codes = [error["extensions"]["code"] for error in errors]
    outcome = ANSWERED if not codes else REFUSED if OURS.isdisjoint(codes) else FAILED
    _ended(OPERATIONS.of(operation), outcome, began)
    if codes:
        REFUSED_REQUESTS.labels(codes[0]).inc()


def refused(code: str, began: float, *, ours: bool = False) -> None:
    """Of a request that was not executed; `ours`: the client did nothing wrong."""
    _ended(NONE, FAILED if ours else REFUSED, began)
    REFUSED_REQUESTS.labels(code).inc()


def passed(door: str, status: int, began: float) -> None:
    """Of a request at a door that is not GraphQL's, by the status of HTTP that it ended with."""
    outcome = ANSWERED if status < 400 else REFUSED if status < 500 else FAILED
    _ended(door, outcome, began)


def _ended(operation: str, outcome: str, began: float) -> None:
    _seconds(operation).observe(monotonic() - began)
    _requests(operation, outcome).inc()


@dataclass
class Running:
    """A command; whoever runs it says whether it was accepted before."""

    duplicate: bool = False


@contextmanager
def counted(command: str) -> Iterator[Running]:
    """Count a command by its name and by how it ends."""
    running, outcome = Running(), "failed"
    try:
        yield running
        outcome = "duplicate" if running.duplicate else "accepted"
    except Refused:
        outcome = "refused"
        raise
    except QueueFull:
        outcome = "try_later"
        raise
    except LogUnavailable:
        outcome = "unavailable"
        raise
    except CancelledError:
        outcome = "abandoned"
        raise
    finally:
        _commands(command, outcome).inc()
