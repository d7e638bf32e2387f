"""Outbox: which webhook is told of which event. It is filled in the transaction that writes the facts."""

from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.sql import SQL

from okr_api.domain.events import WebhookDeleted, WebhookReplayed
from projector.log import Recorded
from projector.webhooks.asking import within

REPLAYED_AT_ONCE = 500

# Which events a webhook asks for. What its maker may see is looked at when they are told: it may have changed by then.
INSIDE: LiteralString = """
WITH RECURSIVE inside AS (
    SELECT webhook_id, cycle_id FROM {schema}.webhooks WHERE valid_to IS NULL AND cycle_id IS NOT NULL
    UNION SELECT inside.webhook_id, c.cycle_id
    FROM inside JOIN {schema}.cycles c ON c.parent_id = inside.cycle_id AND c.valid_to IS NULL
)
"""
ASKED_FOR: LiteralString = """
    w.valid_to IS NULL AND w.deleted_at IS NULL AND (w.event_types IS NULL OR e.type = ANY (w.event_types))
    AND (w.cycle_id IS NULL
         OR e.cycle_ids && ARRAY(SELECT inside.cycle_id FROM inside WHERE inside.webhook_id = w.webhook_id))
"""
# From where it was filled last, whichever facts were read then: a rebuild neither skips events nor tells them again.
FILL = SQL(
    INSIDE
    + """, filled AS (
    UPDATE okr.webhooks_filled SET position = %(until)s
    FROM (SELECT position AS since FROM okr.webhooks_filled) before WHERE since < %(until)s RETURNING since
)
INSERT INTO okr.webhook_outbox (webhook_id, position)
SELECT w.webhook_id, e.position
FROM filled, {schema}.webhooks w JOIN {schema}.audit_events e ON e.position > w.created_position
WHERE e.valid_from > filled.since AND e.position > filled.since AND e.valid_from <= %(until)s AND"""
    + ASKED_FOR
    + """
    AND NOT EXISTS (SELECT FROM okr.webhook_troubles t
                    WHERE t.webhook_id = w.webhook_id AND t.next_attempt_at IS NULL)
ON CONFLICT DO NOTHING
"""
)
REPLAY = """
WITH calmed AS (DELETE FROM okr.webhook_troubles WHERE webhook_id = %(webhook)s)
INSERT INTO okr.webhook_replays AS replay VALUES (%(webhook)s, %(after)s, %(until)s)
ON CONFLICT (webhook_id) DO UPDATE
SET after = least(replay.after, excluded.after), until = excluded.until
"""
DROP = """
WITH untold AS (DELETE FROM okr.webhook_outbox WHERE webhook_id = %(webhook)s),
    calmed AS (DELETE FROM okr.webhook_troubles WHERE webhook_id = %(webhook)s)
DELETE FROM okr.webhook_replays WHERE webhook_id = %(webhook)s
"""
GO_ON = SQL(
    INSIDE
    + """, asked AS (SELECT * FROM okr.webhook_replays WHERE webhook_id = %(webhook)s FOR UPDATE), next AS (
    SELECT e.position FROM asked JOIN {schema}.webhooks w USING (webhook_id), {schema}.audit_events e
    WHERE e.position > asked.after AND e.position <= asked.until AND"""
    + ASKED_FOR
    + """
    ORDER BY e.position LIMIT %(most)s
), put AS (
    INSERT INTO okr.webhook_outbox SELECT %(webhook)s, position FROM next ON CONFLICT DO NOTHING
), moved AS (
    UPDATE okr.webhook_replays SET after = (SELECT max(position) FROM next)
    WHERE webhook_id = %(webhook)s AND (SELECT count(*) FROM next) = %(most)s
)
DELETE FROM okr.webhook_replays WHERE webhook_id = %(webhook)s AND (SELECT count(*) FROM next) < %(most)s
"""
)


async def fill(connection: AsyncConnection[Any], schema: str, events: list[Recorded]) -> None:
    """Put in what the facts hold by now, in their transaction."""
    for recorded in events:
        match recorded.event:
            case WebhookReplayed() as event:
                places = {"after": event.after_position, "until": recorded.commit_position}
                await connection.execute(REPLAY, {"webhook": event.originator_id, **places})
            case WebhookDeleted() as event:
                await connection.execute(DROP, {"webhook": event.originator_id})
    await connection.execute(within(FILL, schema), {"until": events[-1].commit_position})


async def go_on_replaying(connection: AsyncConnection[Any], schema: str, webhook_id: UUID) -> None:
    """Put in the next piece of what a webhook is told once more, if there is any."""
    await connection.execute(within(GO_ON, schema), {"webhook": webhook_id, "most": REPLAYED_AT_ONCE})
