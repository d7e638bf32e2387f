"""The projector's process: of several one leads and follows the log, and one tells webhooks; the others stand by."""

import asyncio
import logging
from contextlib import suppress
from functools import partial
from signal import SIGINT, SIGTERM
from typing import Any

import psycopg
import uvloop
from psycopg import AsyncConnection

from okr_api.event_log.connections import impatient
from okr_api.event_log.standing import Watch
from okr_api.operations.health import ProjectorHealth
from okr_api.operations.server import operations_served
from okr_api.settings import Settings
from projector import facts_schema
from projector.batches import Overtaken, Poison, Projection, collect_rarely
from projector.connection import connect
from projector.metrics import PARKED, leading
from projector.rebuild import refill
from projector.watching import watch
from projector.webhooks.courier import deliver

logger = logging.getLogger(__name__)

TRY_TO_LEAD = "SELECT pg_try_advisory_lock(hashtext('okr.projector'))"
STANDBY_SECONDS = 0.2
POLL_SECONDS = 1.0
PARKED_SECONDS = 5.0
LONGEST_PAUSE = 1.0


def run(settings: Settings) -> None:
    """Project until SIGTERM or SIGINT; a batch that is under way then leaves nothing. Raises CannotStart."""
    collect_rarely()
    uvloop.run(_until_told(settings))


async def _until_told(settings: Settings) -> None:
    health = ProjectorHealth()
    async with (
        operations_served(health, settings),
        Watch(settings.database_url, lambda: health.position) as health.watch,
    ):
        await _working(settings, health)


async def _working(settings: Settings, health: ProjectorHealth) -> None:
    following = asyncio.gather(
        follow(settings.database_url, settings.projector_batch_events, health),
        deliver(settings.database_url, settings.webhook_networks),
        watch(settings.database_url),
    )

    def stop() -> None:
        health.draining = True
        following.cancel()

    for signal in (SIGTERM, SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal, stop)
    with suppress(asyncio.CancelledError):
        await following


async def follow(dsn: str, batch_events: int, health: ProjectorHealth | None = None) -> None:
    """Lead or stand by for ever, through every failure of the database. `health`: who is told what it does."""
    dsn, pause, health = impatient(dsn), 0.1, health or ProjectorHealth()
    while True:
        try:
            async with await connect(dsn) as connection:
                await _become_leader(connection, health)
                pause = 0.1
                with leading():
                    await _lead(dsn, batch_events, connection, health)
        except (psycopg.Error, Poison) as error:
            health.does("was interrupted, and begins again", well=False)
            logger.error("begins again in %.1f s: %s", pause, error)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _become_leader(connection: AsyncConnection[Any], health: ProjectorHealth) -> None:
    # The lock is the session's: the server frees it when this process dies. It listens and writes by the same session,
    # so that ending that one of a process that hangs in the middle of a batch ends the batch as well.
    while await (await connection.execute(TRY_TO_LEAD)).fetchone() != (True,):
        health.does("stands by")
        await asyncio.sleep(STANDBY_SECONDS)
    await connection.execute("LISTEN okr_events")


async def _lead(dsn: str, batch_events: int, connection: AsyncConnection[Any], health: ProjectorHealth) -> None:
    health.does("begins to lead")
    await asyncio.to_thread(facts_schema.ensure, dsn)
    if await asyncio.to_thread(facts_schema.is_stale, dsn):
        logger.info("the facts were made by other table definitions: rebuilding them")
        await refill(dsn, partial(_rebuilt, health), waits=health.beat)
    while True:
        pointer = await facts_schema.read_pointer(connection)
        if pointer.fingerprint == facts_schema.fingerprint():
            await facts_schema.drop_unread(connection)
            projection = await Projection.live(connection, pointer)
            logger.info("leads, in %s from position %d", pointer.schema, projection.position)
            with suppress(Overtaken):
                await _keep_fresh(projection, batch_events, health)
        else:
            health.does("is parked: a rebuild by another version made the facts", well=False)
            logger.error("PARKED: a rebuild by another version made %s", pointer.schema)
            PARKED.set(1)
            await _hear(connection, PARKED_SECONDS)


def _rebuilt(health: ProjectorHealth, position: int, head: int) -> None:
    health.does(f"rebuilds the facts, and is at position {position} of {head}")
    logger.info("rebuilt up to position %d of %d", position, head)


async def _keep_fresh(projection: Projection, batch_events: int, health: ProjectorHealth) -> None:
    """Project what comes, for ever. Raises Overtaken, also where a rebuild flipped the pointer."""
    while True:
        try:
            while batch := await projection.read(batch_events):
                await projection.project(batch)
                health.leads_at(projection.position)
            PARKED.set(0)
            health.leads_at(projection.position)
            await _hear(projection.connection, POLL_SECONDS, stop_after=1)
        except Poison as poison:
            health.does(f"is parked: the event at position {poison.position} cannot be projected", well=False)
            told = {"correlation_id": poison.correlation_id}
            logger.error("PARKED, nothing after this is projected: %s", poison, extra=told)
            PARKED.set(1)
            await _hear(projection.connection, PARKED_SECONDS)


async def _hear(connection: AsyncConnection[Any], seconds: float, stop_after: int | None = None) -> None:
    """Wait for news of the log, and take what piled up."""
    async for _ in connection.notifies(timeout=seconds, stop_after=stop_after):
        pass
