"""Redaction: a text taken out of the log by whoever owns it; its digest stays, and so do all hashes."""

from uuid import UUID

import psycopg

REDACT = "SELECT okr.redact(%s, %s)"


def redact(dsn: str, position: int, field: str) -> UUID | None:
    """The stream of the event at that position; None where it has no such text. `field`: its name, or "reason".

    Told again, it changes nothing. Raises InsufficientPrivilege for a role that does not own the log.
    """
    path = ["envelope", "reason"] if field == "reason" else [field]
    with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
        row = connection.execute(REDACT, [position, path]).fetchone()
    return row[0] if row else None
