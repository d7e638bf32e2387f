"""Check-ins as events: what the data of an event means as a command, and the key that makes sending it again safe."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

from okr_api.cloudevents.events import CloudEvent, Fault, Unreadable, shown
from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn
from okr_api.graphql.ids import given_id
from okr_api.graphql.scalars import read_decimal, read_moment

TYPE = "okr.check-in.v1"
"""A promise: what the data of this type means never changes."""


def key(event: CloudEvent) -> str:
    """One for each pair of source and id, however long they are and wherever one ends and the other begins."""
    return f"cloudevent {sha256(json.dumps([event.source, event.id]).encode()).hexdigest()}"


def command(event: CloudEvent) -> RecordCheckIn:
    """The same as the mutation recordCheckIn would run. Raises Unreadable with all that is wrong."""
    if event.type != TYPE:
        raise Unreadable(Fault("UNKNOWN_EVENT_TYPE", f"Only events of type {TYPE} are taken here.", ("type",)))
    if not isinstance(event.data, dict):
        raise Unreadable(bad("The data must be an object with keyResult and value.", "data"))
    given = {name: value for name, value in event.data.items() if value is not None}
    if faults := tuple(_faults(given)):
        raise Unreadable(*faults)
    key_result, confidence, effective_at = given["keyResult"], given.get("confidence"), given.get("effectiveAt")
    return RecordCheckIn(
        key_result=KeyResultRef(
            id=given_id(key_result["id"]) if "id" in key_result else None,
            external_ref=key_result.get("externalRef"),
        ),
        value=read_decimal(given["value"]),
        confidence=None if confidence is None else read_decimal(confidence),
        note=given.get("note"),
        effective_at=event.time if effective_at is None else read_moment(effective_at),
        source=event.source,
    )


def bad(message: str, *path: str) -> Fault:
    return Fault("BAD_USER_INPUT", message, path)


def _faults(given: dict[str, Any]) -> Iterator[Fault]:
    unknown = next((name for name in given if name not in MEMBERS), None)
    if unknown is not None:
        yield bad(f"The data of {TYPE} has {', '.join(MEMBERS)}, and nothing else.", "data", shown(unknown))
    for name, told_of in MEMBERS.items():
        if name in given and (told := told_of(given[name])):
            yield bad(f"{name}: {told}.", "data", name)
    for name in ("keyResult", "value"):
        if name not in given:
            yield Fault("VALUE_REQUIRED", "A value is needed here.", ("data", name))


def _reads(read: Callable[[object], object]) -> Callable[[object], str | None]:
    """What is wrong with a value, in the words of whoever reads it."""

    def told(value: object) -> str | None:
        try:
            read(value)
        except ValueError as error:
            return str(error)
        return None

    return told


def _key_result(value: object) -> str | None:
    if isinstance(value, dict) and len(value) == 1:
        ((name, text),) = value.items()
        if name in ("id", "externalRef") and isinstance(text, str) and not _no_text(text):
            return None
    return 'an object with one of id and externalRef, a text, is needed, such as {"externalRef": "SALES-7"}'


def _no_text(value: object) -> str | None:
    if not isinstance(value, str):
        return "a text is needed"
    # These never leave the door: a reference is hashed, and no hash takes half of a surrogate pair.
    return "half of a surrogate pair is no text" if any("\ud800" <= char <= "\udfff" for char in value) else None


MEMBERS: dict[str, Callable[[object], str | None]] = {
    "keyResult": _key_result,
    "value": _reads(read_decimal),
    "confidence": _reads(read_decimal),
    "note": _no_text,
    "effectiveAt": _reads(read_moment),
}
"""Of the data, spelt as in CheckInInput. Where it came from and its key are the event's."""
