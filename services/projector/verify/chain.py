"""Invariant 6: the hash chain is whole, between the log, the audit events and a head that was kept elsewhere."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple, Self

from psycopg import AsyncConnection

from okr_api.event_log.chain import BEGINNING, leaf, link
from projector import facts_schema
from projector.batches import Projection
from projector.log import Stored
from projector.rebuild import Progress
from projector.verify.finding import Finding

WINDOW = 5000
LOOKED_THROUGH = 10_000
"""Positions among which an event is looked for that stands in another's place."""
ENDS = """
SELECT (SELECT coalesce(max(notification_id), 0) FROM okr.events), coalesce(max(position), 0) FROM audit_events
"""
LOG = """
SELECT notification_id, commit_position, originator_id, originator_version, topic, state, recorded_at
FROM okr.events WHERE notification_id > %s AND notification_id <= %s
"""
HASHES = "SELECT position, hash FROM audit_events WHERE position > %s AND position <= %s"


class Head(NamedTuple):
    """The hash at a position."""

    position: int
    hash: bytes

    @classmethod
    def read(cls, text: str) -> Self:
        """What POSITION:HASH says. Raises ValueError."""
        position, _, hash = text.partition(":")
        if not position.isdecimal() or len(bytes.fromhex(hash)) != len(BEGINNING):
            raise ValueError("a head is POSITION:HASH, with 64 hexadecimal digits")
        return cls(int(position), bytes.fromhex(hash))


class Place(NamedTuple):
    """What stands at a position, in the log and in the audit events; None where nothing does."""

    position: int
    row: Stored | None
    hash: bytes | None


START = Place(0, None, BEGINNING)


async def check_chain(connection: AsyncConnection[Any], kept: Head | None, progress: Progress) -> list[Finding]:
    """The first place where the log and the audit events part; and whether the log still leads to the head kept."""
    parted: list[Place] = []
    reached = Head(0, BEGINNING)
    passed = reached.hash if kept and kept.position == 0 else None
    async with connection.transaction():
        # One look at the log and the facts, while others append; the pointer is held, so that no rebuild drops them.
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        pointer = await facts_schema.read_pointer(connection, hold=True)
        if pointer.fingerprint != facts_schema.fingerprint():
            return []  # check_facts says so
        projected = (await Projection.of(connection, pointer.schema)).position
        before = START
        async for place in _places(connection, progress):
            if not parted and place.position <= projected and not _follows(before, place):
                parted = [before]
            if parted and len(parted) <= LOOKED_THROUGH:
                parted.append(place)
            if place.row is not None:
                reached = Head(place.position, link(reached.hash, _leaf(place.row)))
            if kept and kept.position == place.position:
                passed = reached.hash
            before = place
    messages = [_tell(parted)] if parted else []
    if kept and passed != kept.hash:
        messages.append(_rewritten(kept, passed, reached))
    return [Finding(6, message) for message in messages]


async def _places(connection: AsyncConnection[Any], progress: Progress) -> AsyncIterator[Place]:
    """Every position that the log or the audit events have, in order."""
    row = await (await connection.execute(ENDS)).fetchone()
    assert row is not None
    end = max(row)
    for after in range(0, end, WINDOW):
        window = (after, after + WINDOW)
        log = await (await connection.execute(LOG, window, binary=True)).fetchall()
        rows = {stored.position: stored for stored in (Stored(*found) for found in log)}
        hashes = dict(await (await connection.execute(HASHES, window, binary=True)).fetchall())
        for position in sorted(rows.keys() | hashes.keys()):
            yield Place(position, rows.get(position), hashes.get(position))
        progress(min(after + WINDOW, end), end)


def _follows(before: Place, place: Place) -> bool:
    """Whether the hash that the audit events have here is the one before it, with the event that the log has here."""
    known = None not in (before.hash, place.row, place.hash)
    return known and link(before.hash or b"", _leaf(place.row)) == place.hash


def _leaf(row: Stored | None) -> bytes:
    try:
        return leaf(row) if row else b""
    except ValueError:
        return b""  # what is no JSON is no event that was ever stored


# ---------------------------------------------------------------- telling which of the two was changed
def _tell(places: Sequence[Place]) -> str:
    """`places`: the last one that is whole, the first one that is not, and all after it."""
    before, first, *later = places
    where = f"at position {first.position}"
    if first.position != before.position + 1:
        return f"neither the log nor the audit events have position {before.position + 1}"
    if first.row is None:
        return f"{where} the log has no event, the audit events have one"
    if first.hash is None:
        return f"{where} the audit events lack the log's event"
    assert before.hash is not None
    if later and later[0].hash == link(link(before.hash, _leaf(first.row)), _leaf(later[0].row)):
        return f"{where} the hash of the audit event was changed"
    for other in later:
        if other.row and link(before.hash, _leaf(_in_place_of(first.row, other.row))) == first.hash:
            return f"{where} the log has the event of position {other.position}: they were swapped"
    return f"{where} the event in the log was changed: its hash is another one than when it was written"


def _in_place_of(row: Stored, other: Stored) -> Stored:
    """The other's event with this one's place in the log."""
    return other._replace(position=row.position, commit_position=row.commit_position, recorded_at=row.recorded_at)


def _rewritten(kept: Head, passed: bytes | None, reached: Head) -> str:
    if passed is None:
        return f"the log ends at position {reached.position}, before the head that was kept at {kept.position}"
    return (
        f"the hash at position {kept.position} is {passed.hex()}, not {kept.hash.hex()} as kept: "
        "the log was rewritten there or before"
    )
