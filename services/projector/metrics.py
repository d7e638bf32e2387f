"""Metrics of a projector: whether it leads, how its batches go, and how webhooks answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram

from okr_api.operations.metrics import REGISTRY

LEADS = Gauge("okr_projector_leads", "1 while this process leads, 0 while it stands by.", registry=REGISTRY)
PARKED = Gauge(
    "okr_projector_parked",
    "1 while it leads and something in the log, or facts of another version, keep it from going on.",
    registry=REGISTRY,
)
EVENTS = Counter("okr_projector_events_total", "Events whose facts were written.", registry=REGISTRY)
BATCH_SECONDS = Histogram(
    "okr_projector_batch_duration_seconds",
    "Seconds that making and writing the facts of a batch took.",
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=REGISTRY,
)
DELIVERY_SECONDS = Histogram(
    "okr_webhook_delivery_duration_seconds",
    "Seconds that an attempt to deliver a message to a webhook took, by how it ended.",
    ["outcome"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
    registry=REGISTRY,
)


@contextmanager
def leading() -> Iterator[None]:
    LEADS.set(1)
    try:
        yield
    finally:
        LEADS.set(0)
        PARKED.set(0)
