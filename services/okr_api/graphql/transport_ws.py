"""The words of graphql-transport-ws: its messages, and the codes that a socket is closed with."""

from collections.abc import Sequence
from typing import Any

import orjson

from okr_api.graphql.asked import Refusal, decoded

PROTOCOL = "graphql-transport-ws"
ACK = '{"type":"connection_ack"}'
PONG = '{"type":"pong"}'


class Closing(Exception):
    """The code and the reason that a socket is closed with."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


UNACCEPTABLE = 4406, f"Only {PROTOCOL} is spoken here."
UNAUTHORIZED = 4401, "Unauthorized: send a valid token."
NO_ROLE = 4403, "Forbidden: the token names no role of this service."
EXPIRED = 4403, "Forbidden: the token is not valid any more."
"""Clients take this code for one that a new token may mend."""
LATE = 4408, "Connection initialisation timeout."
AGAIN = 4429, "Too many initialisation requests."
BROKEN = 1011, "Internal error."
STOPPING = 1012, "This process stops: connect again."


def read(text: str | None) -> dict[str, Any]:
    """Raises Closing."""
    try:
        given = decoded(text or "")
    except Refusal:
        given = None
    if not isinstance(given, dict):
        raise Closing(4400, "A message is a JSON object, as text.")
    return given


def authorization(payload: object) -> list[str]:
    """From connection_init, by the names that clients use. Raises Closing."""
    if not isinstance(payload, dict | None):
        raise Closing(4400, "The payload is a JSON object.")
    given = payload or {}
    headers = given.get("headers")
    for part in (given, headers if isinstance(headers, dict) else {}):
        found = [value for name, value in part.items() if name.lower() == "authorization" and isinstance(value, str)]
        if found:
            return found
    return []


def before_payload(number: str) -> str:
    """What a payload stands behind; a brace closes it."""
    return f'{{"id":{orjson.dumps(number).decode()},"type":"next","payload":'


def error(number: str, errors: Sequence[dict[str, Any]]) -> str:
    return orjson.dumps({"id": number, "type": "error", "payload": errors}).decode()


def complete(number: str) -> str:
    return orjson.dumps({"id": number, "type": "complete"}).decode()
