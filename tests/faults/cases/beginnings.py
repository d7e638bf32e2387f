"""What goes wrong before anything is served: a migration that is interrupted, a clock that is behind."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random

import psycopg

from faults.case import case
from faults.service import Process, Service
from faults.stage import Stage

MIGRATIONS = 7
APPLIED = "SELECT count(*) FROM okr.migrations"
BACKWARDS = """
SELECT count(*) FROM (SELECT recorded_at < lag(recorded_at) OVER (ORDER BY notification_id) AS back FROM okr.events) e
WHERE back
"""
# datetime is a type of C: only through its dictionary does its clock change for everybody who has imported it.
AN_HOUR_AGO = """
import ctypes, datetime, gc, time
real_time, real_now = time.time, datetime.datetime.now
time.time = lambda: real_time() - 3600
now = lambda tz=None: real_now(tz) - datetime.timedelta(hours=1)
gc.get_referents(datetime.datetime.__dict__)[0]["now"] = staticmethod(now)
ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))
"""
WHAT_TIME = "import datetime; print(datetime.datetime.now(datetime.UTC).isoformat())"


@case("migration killed half-way")
async def migration_killed(stage: Stage) -> None:
    random = Random(stage.seed)
    service = Service(stage.dsn, stage.folder)
    for applied in sorted(random.sample(range(MIGRATIONS), 3)):
        await asyncio.to_thread(_killed_after, applied, service.process("migrate"), stage)
    assert service.okr("migrate").returncode == 0
    assert service.okr("migrate", "--check").returncode == 0
    async with stage.playing():
        await stage.load.goes_on()


@case("clock of the API set back")
async def clock_set_back(stage: Stage) -> None:
    began = datetime.now(UTC) - timedelta(minutes=1)
    late = stage.folder / "an_hour_ago"
    late.mkdir()
    (late / "sitecustomize.py").write_text(AN_HOUR_AGO)
    async with stage.playing(PYTHONPATH=str(late)) as service:
        api = service.apis[0]
        assert datetime.fromisoformat(service.python(WHAT_TIME)) < began - timedelta(minutes=50)
        async with stage.recovery():
            await asyncio.to_thread(api.kill)
            api.start()
        await stage.load.goes_on()
    assert stage.sql(BACKWARDS) == [(0,)]
    assert stage.sql("SELECT min(recorded_at) FROM okr.events")[0][0] > began


def _killed_after(applied: int, migration: Process, stage: Stage) -> None:
    """Kill a migration as soon as so many files are applied."""
    migration.start()
    while migration.process.poll() is None and _applied(stage) < applied:
        pass
    migration.kill()


def _applied(stage: Stage) -> int:
    try:
        return int(stage.sql(APPLIED)[0][0])
    except psycopg.errors.UndefinedTable:
        return -1
