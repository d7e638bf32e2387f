"""The keys of the service itself, which lie beside the log and never in an event or an answer."""

from collections.abc import Callable

import psycopg

READ = "SELECT key FROM okr.secrets WHERE name = %s"
WRITE = "INSERT INTO okr.secrets VALUES (%s, %s) ON CONFLICT (name) DO NOTHING"


def secret(dsn: str, name: str, make: Callable[[], bytes]) -> bytes:
    """The key of that name, made when it is first asked for."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute(READ, [name]).fetchone()
        if found is None:
            # Of several that are made at the same moment the first one stays.
            connection.execute(WRITE, [name, make()])
            found = connection.execute(READ, [name]).fetchone()
    assert found is not None
    key: bytes = found[0]
    return key
