"""Courier: tells each webhook what waits for it, one message after another; no endpoint holds up another one."""

import asyncio
import logging
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg.sql import SQL

from okr_api.event_log.webhook_secrets import webhook_secret, webhooks_key
from projector.connection import connect
from projector.facts_schema import ensure, read_pointer
from projector.metrics import DELIVERY_SECONDS
from projector.webhooks.asking import rows
from projector.webhooks.endpoint import DELIVERED, GONE, Attempt, Endpoints, message
from projector.webhooks.eyes import eyes_of
from projector.webhooks.outbox import go_on_replaying
from projector.webhooks.targets import Network

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=6)
GROWTH = 4
"""Each pause is that many times the one before: 5 s, 20 s, 80 s, about 5 and 21 minutes, 1.4 and 5.7 hours, 6 hours."""
LONGEST_TROUBLE = timedelta(days=3)
KEPT_DAYS = 30
"""How long what was tried is told."""
MOST_AT_ONCE = 100
"""Webhooks that are told something at the same moment."""
BATCH = 50
STANDBY_SECONDS = 0.5
POLL_SECONDS = 1.0
RETRY_SECONDS = 1.0

TRY_TO_DELIVER = "SELECT pg_try_advisory_lock(hashtext('okr.webhooks'))"
DUE = SQL("""
SELECT w.webhook_id FROM {schema}.webhooks w LEFT JOIN okr.webhook_troubles t USING (webhook_id)
WHERE w.valid_to IS NULL AND w.deleted_at IS NULL AND w.url IS NOT NULL
    AND (t.webhook_id IS NULL OR t.next_attempt_at <= clock_timestamp())
    AND (EXISTS (SELECT FROM okr.webhook_outbox o WHERE o.webhook_id = w.webhook_id)
         OR EXISTS (SELECT FROM okr.webhook_replays r WHERE r.webhook_id = w.webhook_id))
    AND w.webhook_id <> ALL (%(under_way)s)
LIMIT %(most)s
""")
WEBHOOK = SQL("""
SELECT w.webhook_id, w.url, w.made_by, w.roles, w.secret_number, w.former_until,
    t.since, coalesce(t.attempts, 0) AS attempts
FROM {schema}.webhooks w LEFT JOIN okr.webhook_troubles t USING (webhook_id)
WHERE w.webhook_id = %(webhook)s AND w.valid_to IS NULL AND w.deleted_at IS NULL AND w.url IS NOT NULL
""")
WAITING = SQL("""
SELECT e.position, e.valid_from AS commit_position, e.type, e.recorded_at, e.subject_id, e.home_id
FROM okr.webhook_outbox o JOIN {schema}.audit_events e USING (position)
WHERE o.webhook_id = %(webhook)s ORDER BY e.position LIMIT %(most)s
""")
TOLD = """
WITH told AS (
    DELETE FROM okr.webhook_outbox WHERE webhook_id = %(webhook)s AND position = %(position)s
), calmed AS (DELETE FROM okr.webhook_troubles WHERE webhook_id = %(webhook)s)
"""
TROUBLE = """
WITH trouble AS (
    INSERT INTO okr.webhook_troubles VALUES (%(webhook)s, %(since)s, %(attempt)s, %(next)s, %(stopped_after)s)
    ON CONFLICT (webhook_id) DO UPDATE SET attempts = excluded.attempts, next_attempt_at = excluded.next_attempt_at,
        stopped_after = excluded.stopped_after
), dropped AS (DELETE FROM okr.webhook_outbox WHERE webhook_id = %(webhook)s AND %(next)s::timestamptz IS NULL)
"""
TRIED = """
INSERT INTO okr.webhook_deliveries (webhook_id, position, attempt, attempted_at, milliseconds, outcome, status)
VALUES (%(webhook)s, %(position)s, %(attempt)s, %(began)s, %(milliseconds)s, %(outcome)s, %(status)s)
"""
NOT_FOR_THEM = "DELETE FROM okr.webhook_outbox WHERE webhook_id = %s AND position = ANY (%s)"
FORGET = "DELETE FROM okr.webhook_deliveries WHERE attempted_at < clock_timestamp() - make_interval(days => %s)"


async def deliver(dsn: str, networks: Sequence[Network]) -> None:
    """Deliver, or stand by for ever, through every failure of the database."""
    while True:
        try:
            async with await connect(dsn) as connection, Endpoints(networks) as endpoints:
                while await (await connection.execute(TRY_TO_DELIVER)).fetchone() != (True,):  # noqa: ASYNC110
                    await asyncio.sleep(STANDBY_SECONDS)
                await asyncio.to_thread(ensure, dsn)  # it may be here before the one who leads
                key = await asyncio.to_thread(webhooks_key, dsn)
                await Courier(connection, endpoints, key).work()
        except psycopg.Error as error:
            logger.error("webhooks are told nothing for %.1f s: %s", RETRY_SECONDS, error)
        await asyncio.sleep(RETRY_SECONDS)


class Courier:
    """Of several one works: it holds the lock of the session that it reads and writes by."""

    def __init__(self, connection: AsyncConnection[Any], endpoints: Endpoints, key: bytes) -> None:
        self._connection = connection
        self._endpoints = endpoints
        self._key = key
        self._under_way: dict[UUID, asyncio.Task[None]] = {}

    async def work(self) -> None:
        """Until the connection breaks. Raises psycopg.Error."""
        forgotten = None
        try:
            while True:
                if (today := datetime.now(UTC).date()) != forgotten:
                    await self._connection.execute(FORGET, [KEPT_DAYS])
                    forgotten = today
                schema = (await read_pointer(self._connection)).schema
                for webhook_id in await self._due(schema):
                    self._under_way[webhook_id] = asyncio.create_task(self._tell(schema, webhook_id))
                await self._wait()
        finally:
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _due(self, schema: str) -> list[UUID]:
        given = {"under_way": list(self._under_way), "most": MOST_AT_ONCE - len(self._under_way)}
        return [row["webhook_id"] for row in await rows(self._connection, DUE, schema, **given)]

    async def _wait(self) -> None:
        """For the end of something under way, or a moment. Raises what a task raised."""
        if not self._under_way:
            await asyncio.sleep(POLL_SECONDS / 4)
            return
        done, _ = await asyncio.wait(
            self._under_way.values(), timeout=POLL_SECONDS / 4, return_when=asyncio.FIRST_COMPLETED
        )
        self._under_way = {of: task for of, task in self._under_way.items() if task not in done}
        for task in done:
            task.result()

    async def _tell(self, schema: str, webhook_id: UUID) -> None:
        """The next messages that wait for one webhook, until one cannot be delivered."""
        await go_on_replaying(self._connection, schema, webhook_id)
        events = await rows(self._connection, WAITING, schema, webhook=webhook_id, most=BATCH)
        # Read after what is told: an event that follows a new secret is not signed with the former one alone.
        for webhook in await rows(self._connection, WEBHOOK, schema, webhook=webhook_id):
            seen = await self._seen(schema, webhook, events)
            unseen = [event["position"] for event in events if event["position"] not in seen]
            if unseen:
                await self._connection.execute(NOT_FOR_THEM, [webhook_id, unseen])
            for event in events:
                if event["position"] in seen and not await self._send(webhook, event):
                    return

    async def _seen(self, schema: str, webhook: dict[str, Any], events: list[dict[str, Any]]) -> set[int]:
        """The positions of what its maker may see: the subject, and what that belonged to then."""
        eyes = await eyes_of(self._connection, schema, webhook["made_by"], webhook["roles"])
        subjects = {event["position"]: {event["subject_id"], event["home_id"]} - {None} for event in events}
        seen = await eyes.seen(self._connection, schema, set[UUID]().union(*subjects.values()))
        return {position for position, of in subjects.items() if of <= seen}

    async def _send(self, webhook: dict[str, Any], event: dict[str, Any]) -> bool:
        """Try once, and write down how it ended; whether it is delivered."""
        told = message(webhook["webhook_id"], event)
        attempt = await self._endpoints.send(webhook["url"], self._secrets(webhook), told)
        DELIVERY_SECONDS.labels(attempt.outcome).observe(attempt.milliseconds / 1000)
        given = {
            "webhook": webhook["webhook_id"],
            "position": event["position"],
            "attempt": webhook["attempts"] + 1,
            **attempt._asdict(),
        }
        if attempt.outcome == DELIVERED:
            await self._connection.execute(TOLD + TRIED, given)
            webhook["attempts"], webhook["since"] = 0, None
            return True
        since = webhook["since"] or attempt.began
        next_attempt = _next(attempt, since, webhook["attempts"])
        stopped_after = event["position"] - 1 if next_attempt is None else None
        trouble = {"since": since, "next": next_attempt, "stopped_after": stopped_after}
        await self._connection.execute(TROUBLE + TRIED, {**given, **trouble})
        return False

    def _secrets(self, webhook: dict[str, Any]) -> list[str]:
        """The newest first; while it is rotated the former one as well."""
        number, until = webhook["secret_number"], webhook["former_until"]
        numbers = [number, number - 1] if until is not None and datetime.now(UTC) < until else [number]
        return [webhook_secret(self._key, webhook["webhook_id"], each) for each in numbers]


def _next(attempt: Attempt, since: datetime, failures: int) -> datetime | None:
    """When it is tried again; None: never."""
    if attempt.outcome == GONE or attempt.began - since > LONGEST_TROUBLE:
        return None
    pause: timedelta = min(FIRST_PAUSE * GROWTH ** min(failures, 10), LONGEST_PAUSE)
    return attempt.began + pause * random.uniform(0.8, 1.2)
