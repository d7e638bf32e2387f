"""Metrics: the page that Prometheus reads of this process, and what keeps it short."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Protocol

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Gauge,
    GCCollector,
    Metric,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

MOST_NAMES = 100
LONGEST_NAME = 60
"""Characters."""
OTHER, UNNAMED, NONE = "other", "unnamed", "none"

# A series beside each, of use only to who restarts every minute.
disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)
Gauge(
    "okr_build_info", "1, with the version of the service and of Python.", ["version", "python"], registry=REGISTRY
).labels(version("okr-cascade"), platform.python_version()).set(1)


class Collector(Protocol):
    def collect(self) -> Iterator[Metric]: ...


def exposition() -> tuple[bytes, str]:
    """The page and its media type. It takes milliseconds, and any thread may ask for it."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST


@contextmanager
def collected(collector: Collector) -> Iterator[None]:
    """What it tells is on the page, read anew each time somebody asks for that."""
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)


class Names:
    """Names that clients choose: the first so many are told apart, and all others are one."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self._most = most
        self._known = {UNNAMED}

    def of(self, name: str | None) -> str:
        """What it is called on the page; None: it came to no operation."""
        if name is None:
            return NONE
        if name in self._known:
            return name
        if len(name) > LONGEST_NAME or len(self._known) > self._most:
            return OTHER
        self._known.add(name)
        return name
