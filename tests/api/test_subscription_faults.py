"""Subscriptions while things break: who goes on from what was told last misses nothing and is told nothing twice."""

import asyncio
import random
import signal
import socket
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from api.serving import DATABASES, Api, Company, process, served, wait_until_alive
from api.subscribing import Ended, Told, streamed, subscribed
from api.test_degradation import black_hole, shut_out
from api.test_subscriptions import check_in, logged
from faults.proxy import Proxy, proxied

AWAY = (ConnectionClosed, InvalidHandshake, InvalidMessage, httpx.TransportError, OSError, EOFError)
PAUSE = 0.05


@dataclass
class Processes:
    """API processes that are told to end, and begun again."""

    dsn: str
    running: ExitStack
    ports: list[int] = field(default_factory=list)
    handles: list[Any] = field(default_factory=list)

    def begin(self, port: int | None = None) -> str:
        """The URL of a new one."""
        port = port or port_to_come_back_to()
        self.handles.append(self.running.enter_context(process("api", self.dsn, OKR_PORT=str(port))))
        url = f"http://127.0.0.1:{port}"
        DATABASES[url] = self.dsn
        wait_until_alive(url)
        return url

    def end(self, how: signal.Signals, number: int = -1) -> None:
        self.handles[number].send_signal(how)
        self.handles[number].wait(10)


def port_to_come_back_to() -> int:
    """Out of those that clients are given: one that connects while nobody listens could be connected with itself."""
    while True:
        port = random.randrange(15_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@pytest.fixture
def processes(database: str) -> Iterator[Processes]:
    with ExitStack() as running:
        running.enter_context(process("projector", database))
        yield Processes(database, running)


async def followed(urls: list[str], cycle: str, after: int, until: asyncio.Future[int], way: Any = subscribed) -> Told:
    """On one process after the other, each from where the last one was left, up to a position that comes out later."""
    told, number = Told(), 0
    while not until.done() or after < until.result():
        with suppress(*AWAY):
            async with (
                way(urls[number % len(urls)], cycle=cycle, after=str(after)) as here,
                aclosing(taken(here)) as updates,
            ):
                async for update in updates:
                    if update is not None:
                        told.updates.append(update)
                        after = int(told.last)
                    if until.done() and after >= until.result():
                        break
        number += 1
        await asyncio.sleep(PAUSE)
    return told


async def taken(here: Told) -> AsyncGenerator[dict[str, Any] | None, None]:
    """Updates, and None after each second without one. Waiting goes on meanwhile: what is cancelled may have come."""
    taking: asyncio.Task[dict[str, Any]] | None = None
    try:
        while True:
            taking = taking or asyncio.create_task(here.update())
            if not (await asyncio.wait([taking], timeout=1))[0]:
                yield None
                continue
            update, taking = taking.result(), None
            yield update
    finally:
        if taking is not None:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)


@pytest.mark.parametrize("way", [subscribed, streamed], ids=["socket", "events"])
async def test_a_process_that_is_killed_loses_nothing(processes: Processes, way: Any) -> None:
    first, second = processes.begin(), processes.begin()
    company = Company(Api(second))
    krs = [company.key_result() for _ in range(3)]
    begin, until = company.api.position(), asyncio.get_running_loop().create_future()
    following = asyncio.create_task(followed([first, second], company.cycle, begin, until, way))

    def write() -> int:
        last = 0
        for number in range(60):
            if number == 30:
                processes.end(signal.SIGKILL, 0)
            last = check_in(company.api, krs[number % 3], number)
        return last

    until.set_result(await asyncio.to_thread(write))
    told = await following
    assert told.positions == logged(company, begin)


async def test_a_restart_on_the_same_address_loses_nothing(processes: Processes) -> None:
    url = processes.begin()
    company = Company(Api(url))
    kr = company.key_result()
    begin, until = company.api.position(), asyncio.get_running_loop().create_future()
    following = asyncio.create_task(followed([url], company.cycle, begin, until))
    await asyncio.to_thread(check_in, company.api, kr)
    await asyncio.to_thread(processes.end, signal.SIGKILL)
    await asyncio.to_thread(processes.begin, company.api.http.base_url.port)
    until.set_result(await asyncio.to_thread(check_in, Api(url), kr))
    told = await following
    company.api = Api(url)
    assert told.positions == logged(company, begin)


async def test_a_process_that_is_told_to_end_says_so(processes: Processes) -> None:
    url = processes.begin()
    company = Company(Api(url))
    begin = check_in(company.api, company.key_result())
    async with (
        subscribed(url, cycle=company.cycle, after=str(begin - 1)) as sock,
        streamed(url, cycle=company.cycle, after=str(begin - 1)) as events,
    ):
        await sock.until(begin)
        await events.until(begin)
        company.api.http.close()
        await asyncio.to_thread(processes.end, signal.SIGTERM)
        with pytest.raises(ConnectionClosed):
            await sock.receive()
        assert sock.connection.close_code == 1012
        with pytest.raises(Ended) as ended:
            await events.update()
        assert ended.value.code == "RESUME"
        assert ended.value.errors[0]["extensions"]["position"] == str(begin)
        with pytest.raises(Ended) as completed:
            await events.payload()
        assert completed.value.errors == []
    assert processes.handles[-1].returncode == 0


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    with proxied(database) as proxy:
        yield proxy


@pytest.mark.parametrize("how", ["gone", "silent", "cut"])
async def test_it_goes_on_after_the_database_was_away(server: str, database: str, proxy: Proxy, how: str) -> None:
    with served(proxy.dsn) as url:
        DATABASES[url] = database
        company = Company(Api(url))
        kr = company.key_result()
        begin = company.api.position()
        async with (
            subscribed(url, cycle=company.cycle, after=str(begin)) as sock,
            streamed(url, cycle=company.cycle, after=str(begin)) as events,
        ):
            await sock.until(await asyncio.to_thread(check_in, company.api, kr))
            if how == "cut":
                proxy.cut()
            else:
                with black_hole(proxy) if how == "silent" else shut_out(server, database):
                    await asyncio.sleep(1)  # away for longer than a look takes
            last = await asyncio.to_thread(written, company.api, kr)
            for told in (sock, events):
                await told.until(last)
                assert told.positions == logged(company, begin)


def written(api: Api, kr: str) -> int:
    """As a client writes who is told to try again."""
    said = f'{{keyResult: {{id: "{kr}"}}, value: 7, idempotencyKey: "{kr} once"}}'
    while True:
        answer = api.answer(f"mutation {{ recordCheckIn(input: {said}) {{ position }} }}")
        if "errors" not in answer:
            return int(answer["data"]["recordCheckIn"]["position"])
        assert answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
