"""The log while its connections fail: callers are told in time, and nothing is written twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from time import monotonic
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from faults.proxy import Proxy, proxied
from okr_api.event_log.connections import Pool
from okr_api.event_log.log import PostgresLog
from okr_api.event_log.requests import LogUnavailable, Request

IN_TIME = 10.0
"""Three seconds are promised, on a machine that has nothing else to do."""


def request() -> Request:
    return Request(uuid4(), uuid4(), "Test", b"hash", (StoredEvent(uuid4(), 1, "Test", b"{}"),))


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    with proxied(database) as proxy:
        yield proxy


@pytest.fixture
async def log(proxy: Proxy) -> AsyncIterator[PostgresLog]:
    async with PostgresLog(proxy.dsn) as log:
        await log.append(request())
        yield log
        proxy.heal()


def written(database: str) -> int:
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT count(*) FROM okr.events").fetchone()
    assert row is not None
    return int(row[0])


async def test_writers_are_told_in_time_that_nothing_answers(log: PostgresLog, proxy: Proxy) -> None:
    proxy.swallow()
    began = monotonic()
    outcomes = await asyncio.gather(*(log.append(request()) for _ in range(20)), return_exceptions=True)
    again = await asyncio.gather(*(log.append(request()) for _ in range(20)), return_exceptions=True)
    assert {type(outcome) for outcome in (*outcomes, *again)} == {LogUnavailable}
    assert monotonic() - began < 2 * IN_TIME
    proxy.heal()
    async with asyncio.timeout(IN_TIME):
        assert (await log.append(request())).last_position


async def test_readers_of_streams_and_commands_are_told_too(log: PostgresLog, proxy: Proxy) -> None:
    proxy.swallow()
    async with asyncio.timeout(IN_TIME):
        outcomes = await asyncio.gather(log.streams({uuid4(): None}), log.command(uuid4()), return_exceptions=True)
    assert all(isinstance(outcome, psycopg.OperationalError) for outcome in outcomes)
    proxy.heal()
    async with asyncio.timeout(IN_TIME):
        assert await log.command(uuid4()) is None


async def test_a_lost_answer_is_asked_for_again(log: PostgresLog, proxy: Proxy, database: str) -> None:
    proxy.watch(b"lose me")
    proxy.lose_answer(b"lose me")
    wanted = Request(uuid4(), uuid4(), "lose me", b"hash", (StoredEvent(uuid4(), 1, "Test", b"{}"),))
    accepted = await log.append(wanted)
    assert (accepted.last_position, proxy.lost, written(database)) == (2, 1, 2)


async def test_a_server_that_only_reads_now_is_left(log: PostgresLog, database: str) -> None:
    for lane in log.group_commit.lanes:
        await lane.connect()
        assert lane.connection is not None
        await lane.connection.execute("SET default_transaction_read_only = on")
    assert (await log.append(request())).last_position == 2
    assert written(database) == 2


async def test_nobody_meets_a_connection_of_before_the_cut(proxy: Proxy) -> None:
    async def asked(pool: Pool) -> Any:
        async with pool.connection() as connection:
            return await (await connection.execute("SELECT pg_sleep(0.05)")).fetchone()

    async with Pool(proxy.dsn, "test", most=4, seconds=IN_TIME) as pool:
        await asyncio.gather(*(asked(pool) for _ in range(8)))
        proxy.cut()
        proxy.cut()  # the first one is carried out when this one returns
        await asyncio.gather(*(asked(pool) for _ in range(8)))


async def test_nobody_waits_for_a_database_that_is_known_to_be_away(proxy: Proxy) -> None:
    away = False

    async def asked(pool: Pool) -> Any:
        async with pool.connection() as connection:
            return await connection.execute("SELECT 1")

    async with Pool(proxy.dsn, "test", most=2, seconds=60, away=lambda: away) as pool:
        await asked(pool)
        proxy.swallow()
        waiting = [asyncio.create_task(asked(pool)) for _ in range(4)]
        await asyncio.sleep(0)
        away = True
        async with asyncio.timeout(IN_TIME):
            outcomes = await asyncio.gather(*waiting, asked(pool), return_exceptions=True)
        assert all(isinstance(outcome, psycopg.OperationalError) for outcome in outcomes)
        proxy.heal()
        away = False
        async with asyncio.timeout(IN_TIME):
            await asked(pool)


async def test_who_asked_for_a_connection_first_gets_it_first(database: str) -> None:
    served: list[int] = []

    async def ask(pool: Pool, number: int) -> None:
        async with pool.connection() as connection:
            served.append(number)
            await connection.execute("SELECT pg_sleep(0.1)")

    async with Pool(database, "test", most=1, seconds=60) as pool:
        await asyncio.gather(*(ask(pool, number) for number in range(20)))
    assert served == list(range(20))
