"""kill -9 of every process in turn."""

import asyncio
import signal

from faults.case import case
from faults.service import Process, Service, free_port
from faults.stage import Stage
from local.processes import children_of, is_running


@case("API killed")
async def api_killed(stage: Stage) -> None:
    async with stage.playing() as service:
        for _ in range(3):
            await stage.load.goes_on()
            async with stage.recovery():
                await _restarted(service.apis[0])


@case("projector killed")
async def projector_killed(stage: Stage) -> None:
    async with stage.playing() as service:
        for _ in range(3):
            await stage.load.goes_on()
            async with stage.recovery(readable=True):
                await _restarted(service.projector)


@case("PostgreSQL killed")
async def postgres_killed(stage: Stage) -> None:
    async with stage.playing():
        await _server_ended(stage, signal.SIGKILL)


@case("PostgreSQL restarted")
async def postgres_restarted(stage: Stage) -> None:
    async with stage.playing():
        await _server_ended(stage, signal.SIGINT)


@case("PostgreSQL killed under okr up")
async def postgres_killed_under_up(stage: Stage) -> None:
    service = Service(stage.dsn, stage.folder)
    up = await _up(stage, service)
    try:
        async with stage.loaded(service):
            await stage.load.goes_on()
            async with stage.recovery():
                await stage.end_server(signal.SIGKILL)
    finally:
        up.stop()


@case("okr up killed")
async def up_killed(stage: Stage) -> None:
    service = Service(stage.dsn, stage.folder)
    up = await _up(stage, service)
    try:
        async with stage.loaded(service):
            await stage.load.goes_on()
            children = children_of(up.process.pid)
            async with stage.recovery():
                await asyncio.to_thread(up.kill)
                await stage.until(lambda: not any(map(is_running, children)))
                up.start()
    finally:
        up.stop()


async def _restarted(process: Process) -> None:
    await asyncio.to_thread(process.kill)
    process.start()


async def _server_ended(stage: Stage, number: signal.Signals) -> None:
    for _ in range(2):
        await stage.load.goes_on()
        async with stage.recovery():
            await stage.end_server(number)
            await asyncio.to_thread(stage.postgres.revive)


async def _up(stage: Stage, service: Service) -> Process:
    """`okr up` on the stage's folder, serving."""
    service.ports = [free_port()]
    command = ["up", "--port", str(service.ports[0]), "--data", str(stage.postgres.data_dir), "--no-demo"]
    up = service.process(*command)
    up.environment.pop("DATABASE_URL")
    up.start()
    try:
        await asyncio.to_thread(service.wait_until_alive)
    except BaseException:
        up.stop()
        raise
    return up
