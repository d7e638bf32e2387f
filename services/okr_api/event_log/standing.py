"""Standing: where the log ends, since when somebody is behind it, and whether the database is made for this code."""

import asyncio
import logging
from collections.abc import Callable
from functools import cache
from typing import NamedTuple, Self

from psycopg import AsyncConnection, Error

from okr_api.event_log.connections import impatient
from okr_api.event_log.migrations import LOG_SCHEMA
from okr_api.event_log.requests import kind

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
SILENT_SECONDS = 5.0
"""Who takes longer to tell is not there."""
STANDING = """
SELECT coalesce((SELECT max(notification_id) FROM okr.events), 0),
    (SELECT extract(epoch FROM clock_timestamp() - recorded_at)::float8 FROM okr.events
     WHERE notification_id > %(position)s ORDER BY notification_id LIMIT 1),
    (SELECT array_agg(name) FROM unnest(%(migrations)s::text[]) AS needed (name)
     WHERE NOT EXISTS (SELECT FROM okr.migrations AS applied WHERE applied.name = needed.name))
"""


class Standing(NamedTuple):
    """`waits_seconds`: how long the first event waits that is not read yet. `lacking`: migrations of this code."""

    head: int
    waits_seconds: float
    lacking: list[str]


class Watch:
    """Looks every few seconds, so that whoever asks is answered from memory, however many ask and whatever is away."""

    def __init__(self, dsn: str, position: Callable[[], int]) -> None:
        """`position`: up to where the log is read here."""
        self._dsn = impatient(dsn)
        self._position = position
        self.standing: Standing | None = None
        """None: the database did not tell when it was asked last."""

    async def __aenter__(self) -> Self:
        self._looking = asyncio.create_task(self._look_for_ever(), name="watch")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._looking.cancel()
        await asyncio.gather(self._looking, return_exceptions=True)

    async def _look_for_ever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(SILENT_SECONDS):
                    self.standing = await self.look()
            except (Error, OSError, TimeoutError) as error:
                log.debug("the database does not tell how it stands: %s", kind(error))
                self.standing = None
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> Standing:
        asked = {"position": self._position(), "migrations": migrations()}
        # Not kept: it is used for a moment, and what it would cost the server all the time is scarcer.
        async with await AsyncConnection.connect(self._dsn, autocommit=True) as connection:
            row = await (await connection.execute(STANDING, asked)).fetchone()
        assert row is not None
        head, waits_seconds, lacking = row
        return Standing(head, waits_seconds or 0.0, sorted(lacking or ()))


@cache
def migrations() -> list[str]:
    return sorted(file.name for file in LOG_SCHEMA.glob("*.sql"))
