"""The hash chain: each event's hash covers it and all before it, so that nobody can change the past unnoticed.

The canonical form of an event is the JSON array [position, commit position, recorded at, stream, version, name, data]
in UTF-8: keys sorted, no spaces, characters as they are; the moment in UTC as 2026-01-31T12:00:00.000000Z; the stream
as lower case UUID. In the data, a text that somebody typed, {"text": t, "salt": s}, stands as {"digest": d}, where d is
the hexadecimal SHA-256 of s followed by t; so does one that was redacted, of which only the digest is left. Numbers are
whole; decimals are strings.

leaf = SHA-256(canonical form); hash = SHA-256(hash before || leaf), with 32 zero bytes before the first event.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

import orjson

from okr_api.domain.values import Text

BEGINNING = bytes(32)
TYPED = frozenset({"text", "salt"})
NESTED = frozenset({dict, list})


class StoredRow(Protocol):
    """A row of okr.events."""

    @property
    def position(self) -> int: ...
    @property
    def commit_position(self) -> int: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def stream(self) -> UUID: ...
    @property
    def version(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def state(self) -> bytes: ...


def canonical(row: StoredRow) -> bytes:
    """Raises ValueError where the data are no JSON."""
    moment = row.recorded_at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    place = (row.position, row.commit_position, f"{moment}Z", str(row.stream), row.version, row.topic)
    return orjson.dumps((*place, _digested(orjson.loads(row.state))), option=orjson.OPT_SORT_KEYS)


def _digested(data: Any) -> Any:
    if isinstance(data, dict):
        if data.keys() == TYPED:
            return {"digest": Text(data["text"], data["salt"]).to_digest()}
        return {name: _digested(part) if type(part) in NESTED else part for name, part in data.items()}
    return [_digested(part) for part in data] if isinstance(data, list) else data


def leaf(row: StoredRow) -> bytes:
    return sha256(canonical(row)).digest()


def link(before: bytes, leaf: bytes) -> bytes:
    return sha256(before + leaf).digest()


def head(before: bytes, leaves: Iterable[bytes]) -> bytes:
    """The hash after all of them."""
    for one in leaves:
        before = link(before, one)
    return before
