"""Named: what the arguments of a question name, as far as the viewer may read it."""

from uuid import UUID

from strawberry import ID

from okr_api.graphql import viewing
from okr_api.graphql.context import Reading
from okr_api.graphql.errors import fault
from okr_api.graphql.ids import NOWHERE, given_id, given_id_or_none
from okr_api.graphql.types.diffs import Between
from okr_api.graphql.types.names import Node


async def node(reading: Reading, node_id: UUID) -> Node | None:
    if node_id in reading.snapshot.owners:
        return viewing.owner(reading, node_id)
    if node_id in reading.snapshot.cycles:
        return viewing.cycle(reading, node_id)
    if node_id in reading.snapshot.integrations:
        return viewing.integration(reading, node_id) if reading.sight.sees_integrations else None
    if node_id in reading.snapshot.webhooks:
        return viewing.webhook_if_seen(reading, node_id)
    event = await viewing.audit_event_if_seen(reading, node_id)
    objective = viewing.objective_if_seen(reading, reading.snapshot.objective(node_id))
    key_result = viewing.key_result_if_seen(reading, reading.snapshot.key_result(node_id))
    return event or objective or key_result or await viewing.check_in_if_seen(reading, node_id)


def referred(reading: Reading, kind: str, given: ID | None, external_ref: str | None) -> UUID:
    """The id of what is asked for in one of two ways."""
    if (given is None) is (external_ref is None):
        raise fault("BAD_USER_INPUT", "Give exactly one of id and externalRef.")
    if external_ref is not None:
        return reading.snapshot.holder(kind, external_ref) or NOWHERE
    return given_id(given or "")


def root(reading: Reading, given: ID | None) -> UUID | None:
    """What the viewer may not read is nowhere."""
    root_id = given_id_or_none(given)
    found = None if root_id is None else reading.snapshot.node(root_id)
    return root_id if found is None or reading.may_read(found) else NOWHERE


def root_of_two(between: Between, given: ID | None) -> UUID | None:
    """What the viewer may not read in one of two cuts is nowhere in both."""
    roots = [root(reading, given) for reading in (between.before, between.after)]
    return NOWHERE if NOWHERE in roots else roots[0]
