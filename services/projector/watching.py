"""Watching: how far behind the log the facts are, and how long webhooks have waited; by every projector, leader or not.

So a leader that hangs is told of by those that stand by. Of a database that does not answer nothing is told at all.
"""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from psycopg import AsyncConnection
from psycopg.sql import SQL

from okr_api.event_log.connections import in_time
from okr_api.operations.metrics import collected
from projector.connection import connect
from projector.facts_schema import ensure, read_pointer
from projector.webhooks.asking import rows

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
ANSWER_SECONDS = 2.0
RETRY_SECONDS = 1.0

# A webhook's messages are told in order: the first one has waited longest.
LOOK = SQL("""
SELECT projected.position, log.head,
    coalesce(extract(epoch FROM clock_timestamp() - next.recorded_at), 0)::float8 AS seconds_behind,
    coalesce(waiting.seconds_due, 0)::float8 AS seconds_due,
    coalesce(waiting.seconds_failing, 0)::float8 AS seconds_failing
FROM {schema}.projected
CROSS JOIN (SELECT coalesce(max(notification_id), 0) AS head FROM okr.events) log
LEFT JOIN LATERAL (
    SELECT recorded_at FROM okr.events WHERE notification_id > projected.position ORDER BY notification_id LIMIT 1
) next ON true
CROSS JOIN (
    SELECT extract(epoch FROM clock_timestamp() - min(first.since) FILTER (WHERE t.webhook_id IS NULL)) AS seconds_due,
        extract(epoch FROM clock_timestamp() - min(first.since) FILTER (WHERE t.webhook_id IS NOT NULL))
            AS seconds_failing
    FROM {schema}.webhooks w LEFT JOIN okr.webhook_troubles t USING (webhook_id)
    CROSS JOIN LATERAL (
        SELECT since FROM okr.webhook_outbox o WHERE o.webhook_id = w.webhook_id ORDER BY position LIMIT 1
    ) first
    WHERE w.valid_to IS NULL AND w.deleted_at IS NULL AND w.url IS NOT NULL
) waiting
""")


class Look(NamedTuple):
    """`seconds_behind`: since when the first event waits whose facts are not there yet."""

    position: int
    head: int
    seconds_behind: float
    seconds_due: float
    seconds_failing: float


class Watch:
    """What was seen last; nothing while the database does not answer."""

    def __init__(self) -> None:
        self.look: Look | None = None

    def collect(self) -> Iterator[Metric]:
        look = self.look
        if look is None:
            return
        yield GaugeMetricFamily("okr_log_position", "Last position of the log.", look.head)
        yield GaugeMetricFamily("okr_projector_position", "Position in the log that the facts hold.", look.position)
        yield GaugeMetricFamily(
            "okr_projector_lag_positions", "Positions that the facts are behind the log.", look.head - look.position
        )
        yield GaugeMetricFamily(
            "okr_projector_lag_seconds",
            "Seconds since the first event was recorded whose facts are not there yet; 0 where all are.",
            look.seconds_behind,
        )
        waiting = GaugeMetricFamily(
            "okr_webhook_outbox_age_seconds",
            "Seconds that the message has waited that waits longest: due, or for an endpoint that is failing.",
            labels=["state"],
        )
        waiting.add_metric(["due"], look.seconds_due)
        waiting.add_metric(["failing"], look.seconds_failing)
        yield waiting


async def watch(dsn: str) -> None:
    """Look once a second for ever, through every failure of the database."""
    watch = Watch()
    with collected(watch):
        while True:
            try:
                async with await connect(dsn) as connection:
                    await asyncio.to_thread(ensure, dsn)  # it may be here before the one who leads
                    await _look_on(connection, watch)
            except psycopg.Error as error:
                watch.look = None
                logger.warning("cannot see how far the facts are: %s", error)
            await asyncio.sleep(RETRY_SECONDS)


async def _look_on(connection: AsyncConnection[Any], watch: Watch) -> None:
    """Raises psycopg.Error."""
    while True:
        with in_time(connection, ANSWER_SECONDS):
            schema = (await read_pointer(connection)).schema
            (row,) = await rows(connection, LOOK, schema)
        watch.look = Look(**row)
        await asyncio.sleep(LOOK_SECONDS)
