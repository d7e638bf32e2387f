"""Ids as clients give them: the text of a UUID, or whatever else they send."""

from uuid import UUID

from strawberry import UNSET

NOWHERE = UUID(int=0)
"""An id that nothing has: what is malformed is answered like what is unknown."""


UUID_LENGTH = 36
EVENTS = UUID("6f6b7265-7665-8e74-8000-000000000000")
"""The first of the ids of audit events: each is this one and the position."""
MOST_EVENTS = 2**48


def event_id(position: int) -> UUID:
    return UUID(int=EVENTS.int + position)


def position_of(node_id: UUID) -> int | None:
    """The position of the event that has this id; None for any other id."""
    position = node_id.int - EVENTS.int
    return position if 0 < position < MOST_EVENTS else None


def read_id(text: str) -> UUID | None:
    """None for what is not the plain text of a UUID."""
    try:
        stream_id = UUID(text)
    except ValueError:
        return None
    return stream_id if str(stream_id) == text.lower() else None


def given_id(text: str) -> UUID:
    return read_id(text) or NOWHERE


def given_id_or_none(text: str | None) -> UUID | None:
    return None if text is None or text is UNSET else given_id(text)
