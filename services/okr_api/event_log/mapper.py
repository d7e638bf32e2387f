"""Mapper: events to the JSON text that the log stores, and back, typed and upcast.

The stored text has no originator id or version (columns), no timestamp (recorded_at is the one time of a commit) and no
fields that are None, so that a person can read it in SQL.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import StoredEvent

from okr_api.domain import check_in, cycle, external_ref, integration, key_result, objective, owner, redaction, webhook
from okr_api.domain.events import EVENTS, Event

# Loading the log needs every stream type registered, whoever imports this module.
STREAMS = (
    owner.Owner,
    cycle.Cycle,
    objective.Objective,
    key_result.KeyResult,
    check_in.CheckIn,
    external_ref.ExternalRef,
    integration.Integration,
    redaction.Redaction,
    webhook.Webhook,
)
COLUMNS = frozenset({"originator_id", "originator_version", "timestamp"})
EPOCH = datetime.fromtimestamp(0, UTC)


class WrittenBy(msgspec.Struct):
    """What wrote an event."""

    command_id: UUID
    command: str
    correlation_id: str | None = None


class _Stored(msgspec.Struct):
    envelope: WrittenBy | None = None


class UnknownEvent(Exception):
    """The log holds an event that this code does not know: it was written by a newer version."""


class UnreadableEvent(Exception):
    """A stored event does not have the shape of its type."""


def to_stored_event(event: Event) -> StoredEvent:
    state = {name: value for name, value in vars(event).items() if name not in COLUMNS}
    version = getattr(type(event), "class_version", 1)
    if version > 1:
        state["class_version"] = version
    text = msgspec.json.encode(_without_none(msgspec.to_builtins(state)))
    return StoredEvent(event.originator_id, event.originator_version, type(event).TOPIC, text)


def to_event(stream: UUID, version: int, topic: str, state: bytes, recorded_at: datetime = EPOCH) -> Event:
    """The event as this code knows it. Raises UnknownEvent or UnreadableEvent."""
    event_class: Any = EVENTS.get(topic)
    if event_class is None:
        raise UnknownEvent(f"{topic}, in stream {stream} at version {version}")
    try:
        fields = msgspec.json.decode(state)
        stored_version = fields.pop("class_version", 1)
        for known in range(stored_version, getattr(event_class, "class_version", 1)):
            getattr(event_class, f"upcast_v{known}_v{known + 1}")(fields)
        fields |= {"originator_id": stream, "originator_version": version, "timestamp": recorded_at}
        return msgspec.convert(fields, event_class)  # type: ignore[no-any-return]
    except (msgspec.MsgspecError, AttributeError, TypeError) as error:
        raise UnreadableEvent(f"{topic}, in stream {stream} at version {version}: {error}") from error


def written_by(state: bytes) -> WrittenBy | None:
    """Also of an event that this code does not know; None where it does not tell."""
    try:
        return msgspec.json.decode(state, type=_Stored).envelope
    except msgspec.MsgspecError:
        return None


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    return value
