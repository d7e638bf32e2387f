"""CloudEvents 1.0: an event in the JSON format or in HTTP headers, read strictly."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes

from okr_api.graphql.scalars import read_moment

NAME = re.compile(r"[a-z0-9]+|data_base64", re.ASCII)
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
NOT_IN_A_URI = re.compile(r'[\s<>"{}|\\^`]')
JSON_DATA = re.compile(r"application/json\s*(;.*)?", re.IGNORECASE | re.ASCII)
PREFIX = "ce-"


@dataclass(frozen=True)
class Fault:
    """What is wrong with an event before any rule is asked: a code, a sentence, and where."""

    code: str
    message: str
    path: tuple[str, ...]


class Unreadable(Exception):
    """`faults` holds at least one fault."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class CloudEvent:
    id: str
    source: str
    type: str
    time: datetime | None
    data: Any


def read(given: object) -> CloudEvent:
    """An event in the JSON format. Raises Unreadable."""
    if not isinstance(given, dict):
        raise Unreadable(no_event("A CloudEvent is a JSON object."))
    # Null says the same as nothing.
    attributes = {name: value for name, value in given.items() if value is not None or name == "data"}
    if faults := tuple(_faults(attributes)):
        raise Unreadable(*faults)
    time = attributes.get("time")
    return CloudEvent(
        attributes["id"],
        attributes["source"],
        attributes["type"],
        None if time is None else read_moment(time),
        attributes.get("data"),
    )


def attributes_in(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The attributes of an event in the binary mode; text beyond ASCII is percent-encoded. Raises Unreadable."""
    found: dict[str, str] = {}
    for header, value in headers:
        name = header.decode("latin-1").lower()
        if not name.startswith(PREFIX):
            continue
        try:
            text = unquote_to_bytes(value.decode("ascii")).decode()
        except UnicodeDecodeError:
            raise Unreadable(no_event(f"{name} must be percent-encoded UTF-8.", name)) from None
        if name[len(PREFIX) :] in found:
            raise Unreadable(no_event(f"{name} stands twice.", name))
        found[name[len(PREFIX) :]] = text
    if "data" in found or "datacontenttype" in found:
        raise Unreadable(no_event("The body is the data, and Content-Type is its type: send neither as ce-."))
    return found


def no_event(message: str, *path: str) -> Fault:
    return Fault("NOT_A_CLOUD_EVENT", message, path)


def _faults(attributes: dict[str, Any]) -> Iterator[Fault]:
    if attributes.get("specversion") != "1.0":
        yield no_event('specversion must be "1.0".', "specversion")
    for name in ("id", "source", "type"):
        value = attributes.get(name)
        if not isinstance(value, str) or not value or UNPRINTABLE.search(value):
            yield no_event(f"{name} is needed: a text that is not empty, without control characters.", name)
        elif name == "source" and NOT_IN_A_URI.search(value):
            yield no_event("source must be a URI or a part of one, such as /warehouse/sales.", name)
    try:
        read_moment(attributes.get("time", "1970-01-01T00:00:00Z"))
    except ValueError as error:
        yield no_event(f"time: {error}.", "time")
    misnamed = next((name for name in attributes if not NAME.fullmatch(name)), None)
    if misnamed is not None:
        yield no_event("Names of attributes have lower-case letters and digits only.", shown(misnamed))
    content = attributes.get("datacontenttype", "application/json")
    if "data_base64" in attributes or not (isinstance(content, str) and JSON_DATA.fullmatch(content)):
        yield no_event("The data must be JSON: leave data_base64 out, and say application/json.", "datacontenttype")


def shown(name: str) -> str:
    """As an answer can tell it: JSON cannot carry half of a surrogate pair."""
    return name[:100].encode(errors="replace").decode()
