"""What goes into the log and what comes back: requests, their outcome, and the reasons of a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent


@dataclass(frozen=True)
class PersonRow:
    """A name beside the log, written in the append's transaction."""

    id: UUID
    kind: str
    name: str | None
    subject: str | None = None


@dataclass(frozen=True)
class Request:
    """The commit of one command, and what has to hold for it.

    `in_order_of`: a stream that it guards. Requests in order of one stream are taken in the order in which they came.
    """

    command_id: UUID
    principal_id: UUID
    name: str
    input_hash: bytes
    events: tuple[StoredEvent, ...]
    guards: Mapping[UUID, int] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    effective_at: datetime | None = None
    people: tuple[PersonRow, ...] = ()
    in_order_of: UUID | None = None

    @property
    def writes(self) -> set[UUID | str]:
        return {event.originator_id for event in self.events}


@dataclass(frozen=True)
class Accepted:
    """A command that is in the log. Positions are None where it had nothing to write."""

    first_position: int | None
    last_position: int | None
    recorded_at: datetime
    input_hash: bytes
    result: Mapping[str, Any]


class Reason(StrEnum):
    """Why the log refused a request, see schema/log/004_append.sql."""

    COMMAND_KNOWN = "COMMAND_KNOWN"
    VERSION_TAKEN = "VERSION_TAKEN"
    PREDECESSOR_MISSING = "PREDECESSOR_MISSING"
    GUARD_MOVED = "GUARD_MOVED"
    TOO_EARLY = "TOO_EARLY"
    SUBJECT_TAKEN = "SUBJECT_TAKEN"


class AppendRefused(Exception):
    """The log did not take a request; nothing of it is written."""

    def __init__(self, reason: Reason, stream: UUID | None = None) -> None:
        super().__init__(f"{reason} {stream or ''}")
        self.reason = reason
        self.stream = stream


class CommandKnown(AppendRefused):
    """The command is in the log already; `accepted` is what it was answered with."""

    def __init__(self, accepted: Accepted) -> None:
        super().__init__(Reason.COMMAND_KNOWN)
        self.accepted = accepted


class QueueFull(Exception):
    """More requests are waiting than the queue holds: nothing is written, try later."""


class LogUnavailable(Exception):
    """The database did not answer in time. Whether the request is written is unknown: ask again with its command id."""


def kind(error: BaseException) -> str:
    """An error for a log: the messages of the database, and of Python, repeat what clients sent."""
    state = getattr(error, "sqlstate", None)
    return f"{type(error).__module__}.{type(error).__qualname__}{f' {state}' if state else ''}"
