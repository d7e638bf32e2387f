"""A rebuild: the facts anew from the log in the next schema, while the present ones are read, then a flip to them.

Processes load the new facts aside before the flip, and leave the former ones after it: nobody waits. A rebuild that was
interrupted goes on from where it was.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

from psycopg import AsyncConnection, OperationalError

from projector import facts_schema
from projector.batches import Projection, collect_rarely
from projector.connection import connect
from projector.log import END, read_head

Progress = Callable[[int, int], None]
"""Told how far something is: the position reached, and the one where the log ends."""
Waits = Callable[[], None]

ONE_AT_A_TIME = "SELECT pg_try_advisory_lock(hashtext('okr.rebuild'))"
BATCHES_PER_SECOND = 10
"""Of a rebuild at a bounded rate: small ones leave the processor to who asks."""
PREPARED_SECONDS = 60.0
"""How long processes are given to load the new facts before the flip; one that cannot loads them after it."""
LEFT_SECONDS = 60.0
"""How long the former facts are waited for; a later rebuild, or the next projector that leads, drops them then."""
LOOK_SECONDS = 0.2


def rebuild(dsn: str, progress: Progress, batch_events: int = 20_000, rate: int | None = None) -> None:
    """Replace the facts that are read, also under a projector at work, which follows. `rate`: events a second at most.

    Raises Poison where a commit of the log cannot be projected: the facts that are read then stay.
    """
    collect_rarely()
    asyncio.run(refill(dsn, progress, batch_events, rate))


async def refill(
    dsn: str, progress: Progress, batch_events: int = 20_000, rate: int | None = None, waits: Waits = lambda: None
) -> None:
    """What `rebuild` does, inside an event loop. `waits` is called while it waits for others."""
    async with await connect(dsn) as connection:
        while await (await connection.execute(ONE_AT_A_TIME)).fetchone() != (True,):
            waits()
            await asyncio.sleep(LOOK_SECONDS)
        number = await facts_schema.begin_next(connection)
        projection = await Projection.of(connection, facts_schema.schema_name(number))
        await catch_up(projection, progress, batch_events, rate=rate)
        await facts_schema.announce(connection, number)
        try:
            await _all_prepared(projection, number, progress, batch_events, waits)
            async with connection.transaction():
                # No batch runs from here to the end of the transaction, so what is read stays behind nothing that was.
                await facts_schema.flip(connection, number)
                await catch_up(projection, progress, batch_events)
                await connection.execute(facts_schema.NEWS, [str(projection.position)])
        except BaseException:
            with suppress(OperationalError):
                await facts_schema.announce(connection, None)
            raise
        await _former_dropped(connection, waits)


async def catch_up(
    projection: Projection, progress: Progress, batch_events: int, until: int = END, rate: int | None = None
) -> None:
    """Project until nothing is left of the log, or of the log up to a position. Raises as Projection.project."""
    head = min(until, await read_head(projection.connection))
    if rate is not None:
        batch_events = min(batch_events, max(1, rate // BATCHES_PER_SECOND))
    due = monotonic()
    while batch := await projection.read(batch_events, until):
        await projection.project(batch)
        progress(projection.position, max(head, projection.position))
        if rate is not None:
            due = max(due + len(batch) / rate, monotonic())
            await asyncio.sleep(due - monotonic())


async def _all_prepared(
    projection: Projection, number: int, progress: Progress, batch_events: int, waits: Waits
) -> None:
    """Keep up with the log until every process that reads the present facts holds the new ones too."""
    late = monotonic() + PREPARED_SECONDS
    while await facts_schema.unprepared(projection.connection, number) and monotonic() < late:
        waits()
        await asyncio.sleep(LOOK_SECONDS)
        await catch_up(projection, progress, batch_events)


async def _former_dropped(connection: AsyncConnection[Any], waits: Waits) -> None:
    late = monotonic() + LEFT_SECONDS
    while await facts_schema.drop_unread(connection) and monotonic() < late:
        waits()
        await asyncio.sleep(LOOK_SECONDS)
