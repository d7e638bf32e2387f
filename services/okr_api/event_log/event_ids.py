"""Ids of events: each follows from its position, so that an event can be asked for like anything else."""

from uuid import UUID

EVENTS = UUID("6f6b7265-7665-8e74-8000-000000000000")
"""The first of the ids of audit events: each is this one and the position."""
MOST_EVENTS = 2**48


def event_id(position: int) -> UUID:
    return UUID(int=EVENTS.int + position)


def position_of(node_id: UUID) -> int | None:
    """The position of the event that has this id; None for any other id."""
    position = node_id.int - EVENTS.int
    return position if 0 < position < MOST_EVENTS else None
