"""Connections of the projector: what they ask of the server."""

from typing import Any

from psycopg import AsyncConnection

from okr_api.event_log.connections import impatient

# synchronous_commit: facts lost in a crash of the server are made again from the log, the same at the same positions.
# tcp_keepalives: a leader whose machine vanished must not keep its lock for the hours that TCP waits.
CONFIGURE = """
SET TimeZone TO 'UTC';
SET synchronous_commit TO off;
SET tcp_keepalives_idle TO 5;
SET tcp_keepalives_interval TO 2;
SET tcp_keepalives_count TO 3;
"""


async def connect(dsn: str) -> AsyncConnection[Any]:
    """A connection in autocommit. Raises OperationalError within seconds where the server does not answer."""
    connection = await AsyncConnection.connect(impatient(dsn), autocommit=True)
    await connection.execute(CONFIGURE)
    return connection
