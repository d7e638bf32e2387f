"""Several projectors, of which the leading one fails; and facts that are made anew while they are read."""

import asyncio
from contextlib import suppress

import psycopg
from psycopg.sql import SQL, Identifier

from faults.case import case
from faults.service import Process, Service
from faults.stage import Stage
from projector.facts_schema import schema_name

END = "SELECT pg_terminate_backend(%s)"
UNKNOWN = """
INSERT INTO okr.events
SELECT gen_random_uuid(), 1, 'NeverHeardOf', '{}', notification_id + 1, notification_id + 1, recorded_at
FROM okr.events ORDER BY notification_id DESC LIMIT 1 RETURNING notification_id
"""
TAKE_OUT = """
BEGIN;
ALTER TABLE okr.events DISABLE TRIGGER events_only_grow;
DELETE FROM okr.events WHERE topic = 'NeverHeardOf';
ALTER TABLE okr.events ENABLE ALWAYS TRIGGER events_only_grow;
COMMIT;
"""


@case("leading projector killed")
async def leader_killed(stage: Stage) -> None:
    async with stage.playing(projectors=2) as service:
        for _ in range(2):
            await stage.load.goes_on()
            name, leader = await _leader(stage, service)
            async with stage.recovery(readable=True):
                await asyncio.to_thread(leader.kill)
                await _another_leads(stage, name)
            leader.start()


@case("leading projector paused")
async def leader_paused(stage: Stage) -> None:
    async with stage.playing(projectors=2) as service:
        await stage.load.goes_on()
        name, leader = await _leader(stage, service)
        leader.pause()
        try:
            await _facts_stop(stage)
            found = stage.leader()
            assert found is not None
            async with stage.recovery(readable=True):
                await asyncio.to_thread(stage.sql, END, found[1])
                await _another_leads(stage, name)
        finally:
            leader.resume()
        await stage.load.goes_on()


@case("poison event")
async def poison(stage: Stage) -> None:
    async with stage.playing(OKR_READABLE_TIMEOUT="0.2") as service:
        await stage.load.goes_on()
        position = await asyncio.to_thread(_inserted, stage)
        await stage.until(lambda: f"position {position} cannot be projected" in service.projector.output.read_text())
        assert stage.facts_position() == position - 1
        # Writes are acknowledged, reads that ask for them are told to wait, and other reads go on.
        await stage.load.goes_on(3)
        await stage.load.is_told("NOT_YET_READABLE")
        reader = service.client()
        assert (await reader.answer("{ cycles { id } }")).position < position
        await reader.close()
        # What is taken out of the log is missed for ever.
        stage.expected = [{"invariant": 2, "message": f"position {position + 1} follows position {position - 1}"}]
        async with stage.recovery(readable=True):
            await asyncio.to_thread(stage.sql, TAKE_OUT)


@case("facts rebuilt while serving")
async def rebuilt(stage: Stage) -> None:
    # Former facts are held for as long as a request may take.
    async with stage.playing(apis=2, OKR_REQUEST_TIMEOUT="2") as service:
        for _ in range(2):
            await stage.load.goes_on()
            async with stage.recovery(readable=True):
                done = await asyncio.to_thread(service.okr, "rebuild", "--json")
                assert done.returncode == 0, done.stderr


@case("facts dropped while serving")
async def dropped(stage: Stage) -> None:
    async with stage.playing() as service:
        await stage.load.goes_on()
        # Reads of the past go to the database, and there is nothing.
        stage.load.tolerated.add("INTERNAL")
        (number,) = stage.sql("SELECT number FROM okr.facts_pointer")[0]
        await asyncio.to_thread(_dropped, stage, schema_name(number))
        await stage.load.goes_on(3)
        async with stage.recovery(readable=True):
            done = await asyncio.to_thread(service.okr, "rebuild", "--json")
            assert done.returncode == 0, done.stderr


def _dropped(stage: Stage, schema: str) -> None:
    while True:
        with suppress(psycopg.errors.DeadlockDetected):  # with a reader of several tables: whoever drops tries again
            stage.sql(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))
            return


def _inserted(stage: Stage) -> int:
    """The position of an event that nobody knows, put in under the lock of those who append."""
    with psycopg.connect(stage.dsn) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('okr.append'))")
        row = connection.execute(UNKNOWN).fetchone()
    assert row is not None
    return int(row[0])


async def _leader(stage: Stage, service: Service) -> tuple[str, Process]:
    await stage.until(stage.leader)
    found = stage.leader()
    assert found is not None
    return found[0], service.projectors[int(found[0].rpartition("-")[2])]


async def _another_leads(stage: Stage, name: str) -> None:
    await stage.until(lambda: (stage.leader() or (name,))[0] != name)


async def _facts_stop(stage: Stage) -> None:
    """Wait until the log goes on and the facts do not."""
    await stage.until(lambda: stage.head() > stage.facts_position())
