"""Links: what serves what, each told by one stream: DELEGATES by the key result, the others by the objective."""

from collections.abc import Hashable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from okr_api.domain.events import Event, KRDelegated, KRUndelegated, ObjectiveAligned, ObjectiveUnaligned
from okr_api.domain.values import Link as Kind
from projector.facts.objectives import Objective
from projector.log import Recorded
from projector.versions import Table, Versions


class Link(NamedTuple):
    kind: str
    objective_id: UUID
    target_id: UUID
    root_id: UUID
    contributes: bool
    weight: Decimal
    retain: bool
    since: datetime
    created_position: int


def _slot(link: Link) -> Hashable:
    # A key result has one delegation at a time, so a new one ends the former, whatever its objective.
    return link.target_id if link.kind == Kind.DELEGATES else (link.kind, link.objective_id, link.target_id)


# Looked up by the stream that tells them.
STANDING = """
SELECT {columns}, valid_from FROM {table}
WHERE valid_to IS NULL AND (objective_id = ANY(%(ids)s) OR kind = 'DELEGATES' AND target_id = ANY(%(ids)s))
"""
LINKS = Table(
    "links",
    Link,
    key=("objective_id", "target_id", "kind"),
    slot=_slot,
    standing=STANDING,
)
TOLD_BY: tuple[type[Event], ...] = (KRDelegated, KRUndelegated, ObjectiveAligned, ObjectiveUnaligned)
FOLDED: frozenset[type[Event]] = frozenset(TOLD_BY)
LEANS_ON = dict.fromkeys(TOLD_BY, "originator_id")


def slot_of(event: Event) -> Hashable:
    """Where the link stands that an event tells of."""
    match event:
        case KRDelegated() | KRUndelegated():
            return event.originator_id
        case ObjectiveAligned() | ObjectiveUnaligned():
            return event.target_kind.link.value, event.originator_id, event.target_id
    return None


def fold(recorded: Recorded, links: Versions[Link], objectives: Versions[Objective]) -> None:
    match recorded.event:
        case KRDelegated() as event:
            links.put(_delegation(recorded.position, event, objectives), recorded.commit_position)
        case ObjectiveAligned() as event:
            links.put(_alignment(recorded.position, event, objectives), recorded.commit_position)
        case KRUndelegated() | ObjectiveUnaligned() as event:
            links.end(slot_of(event), recorded.commit_position)


def _delegation(position: int, event: KRDelegated, objectives: Versions[Objective]) -> Link:
    return Link(
        kind=Kind.DELEGATES.value,
        objective_id=event.objective_id,
        target_id=event.originator_id,
        root_id=objectives[event.objective_id].root_id,
        contributes=True,
        weight=Decimal(1),
        retain=event.retain,
        since=event.timestamp,
        created_position=position,
    )


def _alignment(position: int, event: ObjectiveAligned, objectives: Versions[Objective]) -> Link:
    return Link(
        kind=event.target_kind.link.value,
        objective_id=event.originator_id,
        target_id=event.target_id,
        root_id=objectives[event.originator_id].root_id,
        contributes=event.contributes,
        weight=event.weight,
        retain=False,
        since=event.timestamp,
        created_position=position,
    )
