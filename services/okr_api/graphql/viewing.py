"""Viewing: facts as the viewer gets to see them, on whichever page their type stands."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from strawberry import ID

from okr_api.domain.progress import rounded
from okr_api.event_log.event_ids import event_id, position_of
from okr_api.graphql.context import Reading
from okr_api.graphql.ids import UUID_LENGTH, read_id
from okr_api.graphql.types import (
    audit,
    check_ins,
    cycles,
    integrations,
    key_results,
    metrics,
    objectives,
    owners,
    webhooks,
)
from okr_api.graphql.types.names import Advisory, Redacted
from okr_api.graphql.types.pages import Connection
from okr_api.snapshot.advisories import advisories
from okr_api.snapshot.audit import AuditRow, AuditWhere
from okr_api.snapshot.lists import hanging_page
from okr_api.snapshot.nodes import Hanging, KeyResultNode, Node, ObjectiveNode
from okr_api.snapshot.pages import Page
from okr_api.snapshot.rows import CheckInRow, TargetRow
from okr_api.snapshot.sight import Subject

REDACTED = "redacted"
"""What stands where a text was taken out of the log."""


def owner(reading: Reading, owner_id: UUID) -> "owners.Owner":
    return owners.Owner(id=ID(str(owner_id)), reading=reading, row=reading.snapshot.owners[owner_id])


def cycle(reading: Reading, cycle_id: UUID) -> "cycles.Cycle":
    return cycles.Cycle(id=ID(str(cycle_id)), reading=reading, row=reading.snapshot.cycles[cycle_id])


def integration(reading: Reading, integration_id: UUID) -> "integrations.Integration":
    """For a viewer who sees integrations."""
    row = reading.snapshot.integrations[integration_id]
    return integrations.Integration(id=ID(str(row.id)), reading=reading, row=row)


def webhook(reading: Reading, webhook_id: UUID) -> "webhooks.Webhook":
    """For a viewer who sees it."""
    row = reading.snapshot.webhooks[webhook_id]
    return webhooks.Webhook(id=ID(str(row.id)), reading=reading, row=row)


def webhook_if_seen(reading: Reading, webhook_id: UUID) -> "webhooks.Webhook | None":
    row = reading.snapshot.webhooks.get(webhook_id)
    return webhook(reading, webhook_id) if row is not None and reading.sight.sees_webhook(row) else None


def objective(reading: Reading, node: ObjectiveNode) -> "objectives.Objective":
    """For an objective that the viewer may read."""
    return objectives.Objective(id=ID(str(node.id)), reading=reading, node=node)


def key_result(reading: Reading, node: KeyResultNode) -> "key_results.KeyResult":
    """For a key result whose objective the viewer may read."""
    return key_results.KeyResult(id=ID(str(node.id)), reading=reading, node=node)


def check_in(reading: Reading, row: CheckInRow) -> "check_ins.CheckIn":
    """For a check-in on a key result that the viewer may read."""
    return check_ins.CheckIn(id=ID(str(row.id)), reading=reading, row=row)


def objective_if_seen(reading: Reading, node: ObjectiveNode | None) -> "objectives.Objective | None":
    return objective(reading, node) if node is not None and reading.may_read(node) else None


def key_result_if_seen(reading: Reading, node: KeyResultNode | None) -> "key_results.KeyResult | None":
    return key_result(reading, node) if node is not None and reading.may_read(node) else None


def check_ins_of(reading: Reading, node: KeyResultNode, size: int, after: str | None) -> Any:
    """The page, at once where it is in memory; else what has to be waited for."""
    held = reading.check_ins.held(reading.snapshot, node.id, size, after)
    return _check_ins_asked(reading, node, size, after) if held is None else _check_ins(reading, held)


async def _check_ins_asked(
    reading: Reading, node: KeyResultNode, size: int, after: str | None
) -> Connection["check_ins.CheckIn"]:
    return _check_ins(reading, await reading.check_ins.page(reading.snapshot, node.id, size, after))


def _check_ins(reading: Reading, page: Page[CheckInRow]) -> Connection["check_ins.CheckIn"]:
    return Connection(page=page, show=partial(check_in, reading))


async def check_in_if_seen(reading: Reading, check_in_id: UUID) -> "check_ins.CheckIn | None":
    row = await reading.check_ins.one(reading.snapshot, check_in_id)
    node = None if row is None else reading.snapshot.key_result(row.key_result_id)
    return check_in(reading, row) if row is not None and node is not None and reading.may_read(node) else None


def okr(reading: Reading, node: Node) -> "objectives.Objective | key_results.KeyResult | Redacted":
    if not reading.may_read(node):
        progress = node.progress if isinstance(node, ObjectiveNode) else node.progress.counting
        return Redacted(id=item_id(reading, node.id), progress=rounded(progress))
    return objective(reading, node) if isinstance(node, ObjectiveNode) else key_result(reading, node)


def item_id(reading: Reading, node_id: UUID) -> ID:
    """The node's id, or what stands for it in this viewer's answers."""
    node = reading.snapshot.node(node_id)
    return ID(str(node_id)) if node is not None and reading.may_read(node) else stand_in(reading, node_id)


def stand_in(reading: Reading, node_id: UUID) -> ID:
    """What stands for something in the answers of a viewer who may not read it."""
    return ID(str(uuid5(reading.principal.id, str(node_id))))


def hanging(
    reading: Reading, below: Iterable[Hanging], size: int, after: str | None
) -> Connection["objectives.Objective"]:
    """The objectives that hang from a node, as far as the viewer may read them."""
    page = hanging_page([h for h in below if reading.may_read(h.objective)], size, after)
    return Connection(page=page, show=lambda hanging: objective(reading, hanging.objective))


def target(reading: Reading, row: TargetRow) -> "metrics.Target":
    return metrics.Target(
        metric=metrics.Metric.of(row.metric),
        since=row.since,
        until=row.until,
        reason=row.reason,
        actor=actor(reading, row.principal_id),
    )


def audit_event(reading: Reading, row: AuditRow) -> "audit.AuditEvent":
    """For an event whose subject the viewer may read."""
    return audit.AuditEvent(id=ID(str(event_id(row.position))), reading=reading, row=row)


async def audit_event_if_seen(reading: Reading, node_id: UUID) -> "audit.AuditEvent | None":
    position = position_of(node_id)
    if position is None:
        return None
    row = await reading.audit.one(reading.snapshot, position, reading.sight.hidden)
    return audit_event(reading, row) if row else None


async def history(reading: Reading, where: AuditWhere, size: int, after: str | None) -> Connection["audit.AuditEvent"]:
    """The events that the viewer may see, newest first."""
    page = await reading.audit.page(reading.snapshot, replace(where, hidden=reading.sight.hidden), size, after)
    return Connection(page=page, show=partial(audit_event, reading))


async def history_of(reading: Reading, node: Node, size: int, after: str | None) -> Connection["audit.AuditEvent"]:
    """The events about one node that the viewer may see, newest first."""
    page = await reading.histories.page(reading.snapshot, node.id, reading.sight.hidden, size, after)
    return Connection(page=page, show=partial(audit_event, reading))


def unnamed(reading: Reading, value: Any) -> Any:
    """JSON in which what the viewer may not see goes by what stands for it in this viewer's answers."""
    match value:
        case str():
            named = read_id(value) if len(value) == UUID_LENGTH else None
            return stand_in(reading, named) if named is not None and named in reading.sight.hidden else value
        case list():
            return [unnamed(reading, item) for item in value]
        case dict():
            return {name: unnamed(reading, item) for name, item in value.items()}
    return value


def advised(reading: Reading, node: Node) -> list[Advisory]:
    found = advisories(reading.snapshot, node, reading.moment)
    return [Advisory(code=advisory.code, message=advisory.message) for advisory in found]


def allowed(reading: Reading, subject: Subject, possible: Iterable[str]) -> list[str]:
    """Of the mutations that a thing's state allows, those that the policy allows this viewer."""
    return sorted(name for name in possible if reading.sight.may(name[0].upper() + name[1:], subject))


def actor(reading: Reading, principal_id: UUID) -> "owners.Actor":
    return owners.Actor(id=ID(str(principal_id)), reading=reading, principal_id=principal_id)
