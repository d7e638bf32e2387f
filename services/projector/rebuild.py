"""A rebuild: the facts anew from the log in the next schema, then the pointer flipped to it."""

import asyncio
from collections.abc import Callable

from projector import facts_schema
from projector.batches import Projection, collect_rarely
from projector.connection import connect
from projector.log import END, read_head

Progress = Callable[[int, int], None]
"""Told how far something is: the position reached, and the one where the log ends."""

ONE_AT_A_TIME = "SELECT pg_advisory_lock(hashtext('okr.rebuild'))"
ANNOUNCE = "SELECT pg_notify('okr_facts', %s)"


def rebuild(dsn: str, progress: Progress, batch_events: int = 20_000) -> None:
    """Replace the facts that are read, also under a projector at work, which follows.

    Raises Poison where a commit of the log cannot be projected: the facts that are read then stay.
    """
    collect_rarely()
    asyncio.run(refill(dsn, progress, batch_events))


async def refill(dsn: str, progress: Progress, batch_events: int = 20_000) -> None:
    """What `rebuild` does, inside an event loop."""
    async with await connect(dsn) as connection:
        await connection.execute(ONE_AT_A_TIME)
        number = await facts_schema.create_next(connection)
        projection = await Projection.of(connection, facts_schema.schema_name(number))
        await catch_up(projection, progress, batch_events)
        async with connection.transaction():
            # No batch runs from here to the end of the transaction, so what is read stays behind nothing that was.
            await facts_schema.flip(connection, number)
            await catch_up(projection, progress, batch_events)
            await connection.execute(ANNOUNCE, (str(projection.position),))
        await facts_schema.drop_others(connection, number)


async def catch_up(projection: Projection, progress: Progress, batch_events: int, until: int = END) -> None:
    """Project until nothing is left of the log, or of the log up to a position. Raises as Projection.project."""
    head = min(until, await read_head(projection.connection))
    while batch := await projection.read(batch_events, until):
        await projection.project(batch)
        progress(projection.position, max(head, projection.position))
