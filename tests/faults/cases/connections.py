"""Connections to the database that are cut, ended, swallowed or slow."""

import asyncio

from faults.case import case
from faults.proxy import Proxy, proxied
from faults.stage import Stage

END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name LIKE 'api-%'
"""
APPEND = b"okr.append"


@case("cut at COMMIT")
async def cut_at_commit(stage: Stage) -> None:
    with proxied(stage.dsn) as proxy:
        proxy.watch(APPEND)
        async with stage.playing(dsn=proxy.dsn):
            for _ in range(5):
                await stage.load.goes_on(30)
                async with stage.recovery():
                    await _one_answer_lost(stage, proxy)


@case("all connections cut")
async def all_cut(stage: Stage) -> None:
    with proxied(stage.dsn) as proxy:
        async with stage.playing(dsn=proxy.dsn):
            for _ in range(4):
                await stage.load.goes_on(30)
                async with stage.recovery():
                    await asyncio.to_thread(proxy.cut)


@case("black hole")
async def black_hole(stage: Stage) -> None:
    with proxied(stage.dsn) as proxy:
        async with stage.playing(dsn=proxy.dsn):
            await stage.load.goes_on()
            await asyncio.to_thread(proxy.swallow)
            await stage.load.is_told("UNAVAILABLE")
            async with stage.recovery():
                await asyncio.to_thread(proxy.heal)


@case("slow database")
async def slow_database(stage: Stage) -> None:
    with proxied(stage.dsn) as proxy:
        async with stage.playing(dsn=proxy.dsn):
            await stage.load.goes_on()
            proxy.delay = 0.05
            await stage.load.goes_on(20)
            async with stage.recovery():
                proxy.delay = 0.0


@case("sessions of the API ended")
async def sessions_ended(stage: Stage) -> None:
    async with stage.playing():
        for _ in range(10):
            await stage.load.goes_on(10)
            async with stage.recovery():
                await asyncio.to_thread(stage.sql, END_SESSIONS)


async def _one_answer_lost(stage: Stage, proxy: Proxy) -> None:
    before = proxy.lost
    proxy.lose_answer(APPEND)
    await stage.until(lambda: proxy.lost > before)
