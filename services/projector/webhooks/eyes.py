"""Eyes: which events a webhook's maker may see, by the policy and as the organisation stands now."""

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.sql import SQL

from okr_api.access.policy import READ, Actor, ActorKind, Line, Principal, Role, Scope, Thing, may
from okr_api.domain.values import Visibility
from projector.webhooks.asking import rows

# An integration none of whose keys is good could not ask, so it is not told either.
MAKER = SQL("""
SELECT cycle_ids, owner_ids FROM {schema}.integrations i
WHERE i.integration_id = %(maker)s AND i.valid_to IS NULL AND EXISTS (
    SELECT FROM {schema}.api_keys k WHERE k.integration_id = i.integration_id AND k.valid_to IS NULL
        AND k.revoked_at IS NULL AND k.expires_at > clock_timestamp()
)
""")
# Of each id: whether it is something that only some see, and what the policy has to know of its objective.
THINGS = SQL("""
WITH RECURSIVE asked AS (
    SELECT id, o.owner_id, o.cycle_id, o.visibility
    FROM unnest(%(ids)s::uuid[]) given(id)
    LEFT JOIN {schema}.key_results k ON k.key_result_id = given.id AND k.valid_to IS NULL
    JOIN {schema}.objectives o ON o.objective_id = coalesce(k.objective_id, given.id) AND o.valid_to IS NULL
), owners_up AS (
    SELECT asked.id, asked.owner_id, 0 AS height FROM asked
    UNION ALL SELECT up.id, o.parent_id, up.height + 1 FROM owners_up up
    JOIN {schema}.owners o ON o.owner_id = up.owner_id AND o.valid_to IS NULL WHERE o.parent_id IS NOT NULL
), cycles_up AS (
    SELECT asked.id, asked.cycle_id FROM asked
    UNION ALL SELECT up.id, c.parent_id FROM cycles_up up
    JOIN {schema}.cycles c ON c.cycle_id = up.cycle_id AND c.valid_to IS NULL WHERE c.parent_id IS NOT NULL
)
SELECT id, visibility,
    ARRAY(SELECT owner_id FROM owners_up WHERE owners_up.id = asked.id ORDER BY height) AS owners,
    ARRAY(SELECT cycle_id FROM cycles_up WHERE cycles_up.id = asked.id) AS cycles
FROM asked
""")
OTHERS = SQL("""
SELECT integration_id AS id, 'Integration' AS kind, NULL::uuid AS maker FROM {schema}.integrations
WHERE integration_id = ANY (%(ids)s) AND valid_to IS NULL
UNION ALL
SELECT webhook_id, 'Webhook', made_by FROM {schema}.webhooks WHERE webhook_id = ANY (%(ids)s) AND valid_to IS NULL
""")


class Eyes(NamedTuple):
    """What a principal sees. None of the actor: nothing."""

    actor: Actor | None
    sees_all: bool

    async def seen(self, connection: AsyncConnection[Any], schema: str, ids: Collection[UUID]) -> set[UUID]:
        """Those of these subjects of events; owners and cycles are everybody's."""
        if self.sees_all or self.actor is None:
            return set(ids) if self.sees_all else set()
        things = [(row["id"], _objective(row)) for row in await rows(connection, THINGS, schema, ids=list(ids))]
        others = await rows(connection, OTHERS, schema, ids=list(ids))
        things += [(row["id"], Thing(row["kind"], maker=row["maker"])) for row in others]
        hidden = {subject for subject, thing in things if not may(self.actor, READ, [thing])}
        return set(ids) - hidden


async def eyes_of(connection: AsyncConnection[Any], schema: str, maker: UUID, roles: Collection[str]) -> Eyes:
    """Of a principal with the roles that it had when it made the webhook."""
    had = frozenset(Role(role) for role in roles)
    if had & {Role.ADMIN, Role.AUDITOR}:
        return Eyes(None, sees_all=True)
    scopes = await rows(connection, MAKER, schema, maker=maker)
    if Role.INTEGRATION not in had or not scopes:
        return Eyes(None, sees_all=False)
    (row,) = scopes
    scope = Scope(*(None if row[name] is None else frozenset(row[name]) for name in ("cycle_ids", "owner_ids")))
    return Eyes(Actor(Principal(maker, ActorKind.INTEGRATION, None, had, scope=scope)), sees_all=False)


def _objective(row: dict[str, Any]) -> Thing:
    line = Line(tuple(row["owners"]), frozenset())
    return Thing("Objective", (line,), cycles=frozenset(row["cycles"]), visibility=Visibility(row["visibility"]))
