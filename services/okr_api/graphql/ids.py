"""Ids as clients give them: the text of a UUID, or whatever else they send."""

from uuid import UUID

from strawberry import UNSET

NOWHERE = UUID(int=0)
"""An id that nothing has: what is malformed is answered like what is unknown."""


UUID_LENGTH = 36


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
