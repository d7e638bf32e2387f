"""The primary is killed under load and its standby promoted: the service follows, and nothing acknowledged is lost."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import psycopg
import pytest

from api.subscribing import Socket, subscribed
from failover.clusters import Pair, replicating
from faults.reporting import CHECK_IN, key_result
from faults.service import Service, Unanswered, running
from okr_api.event_log.migrations import migrate

CLIENTS = 8
LONGEST = 60.0


class Load:
    """Check-ins from many clients who repeat what was not answered, and one who looks at where the reads are."""

    def __init__(self, service: Service, kr: str) -> None:
        self.acknowledged: dict[str, int] = {}
        self.unanswered = 0
        self.seen: list[int] = []
        self._service = service
        self._kr = kr
        self._over = False
        self._tasks = [asyncio.create_task(self._write(number)) for number in range(CLIENTS)]
        self._tasks.append(asyncio.create_task(self._read()))

    async def until_acknowledged(self, more: int) -> None:
        wanted, deadline = len(self.acknowledged) + more, monotonic() + LONGEST
        while len(self.acknowledged) < wanted:
            assert monotonic() < deadline
            assert not any(task.done() for task in self._tasks), [task for task in self._tasks if task.done()]
            await asyncio.sleep(0.02)

    async def until_unanswered(self, times: int) -> None:
        wanted, deadline = self.unanswered + times, monotonic() + LONGEST
        while self.unanswered < wanted:
            assert monotonic() < deadline
            await asyncio.sleep(0.02)

    async def end(self) -> None:
        self._over = True
        await asyncio.gather(*self._tasks)

    async def _write(self, number: int) -> None:
        client = self._service.client()
        turn = 0
        while not self._over:
            key = f"{number}-{turn}"
            try:
                answer = (await client.ask(CHECK_IN, kr=self._kr, value=str(turn), key=key))["recordCheckIn"]
            except Unanswered:
                self.unanswered += 1
                await asyncio.sleep(0.05)  # as a client would
                continue
            assert answer["userErrors"] == []
            self.acknowledged[key] = int(answer["position"])
            turn += 1
        await client.close()

    async def _read(self) -> None:
        token = self._service.client()._http.headers["Authorization"]
        async with httpx.AsyncClient(headers={"Authorization": token}, timeout=LONGEST) as client:
            while not self._over:
                answer = await client.post(f"{self._service.url()}/graphql", json={"query": "{ cycles { name } }"})
                assert "errors" not in answer.json()
                self.seen.append(int(answer.json()["extensions"]["position"]))
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("deaf", [False, True], ids=["in step", "standby that was deaf"])
async def test_the_service_follows_a_promoted_standby(tmp_path: Path, deaf: bool) -> None:
    """`deaf`: commits wait for the standby in vain before the primary dies. None of them may be acknowledged."""
    with replicating() as pair:
        migrate(pair.dsn)
        with running(pair.dsn, tmp_path) as service:
            client = service.client()
            kr = await key_result(client)
            cycle = (await client.ask("{ cycles { id } }"))["cycles"][0]["id"]
            await client.close()
            async with listening(service, cycle) as subscriber:
                load = Load(service, kr)
                await load.until_acknowledged(200)
                processes = [each.process.pid for each in (*service.apis, service.projector)]
                with pair.standby.deaf() if deaf else nullcontext():
                    if deaf:
                        await load.until_unanswered(2 * CLIENTS)
                    await asyncio.to_thread(pair.primary.kill)
                await asyncio.to_thread(pair.standby.promote)
                await load.until_acknowledged(200)
                await load.end()
                await until_told(subscriber, max(load.acknowledged.values()))
            assert [each.process.pid for each in (*service.apis, service.projector)] == processes
            assert all(each.process.poll() is None for each in (*service.apis, service.projector))
            assert load.seen == sorted(load.seen)
            told = [int(event["position"]) for event in subscriber.events if event["type"] == "CheckInRecorded"]
            assert told == sorted(load.acknowledged.values()), "each once and in order, over one connection"
            await until_read(service, max(load.acknowledged.values()))
            assert_whole(pair, service, load)


@asynccontextmanager
async def listening(service: Service, cycle: str) -> AsyncIterator[Socket]:
    """A subscriber from the beginning, who takes what comes as it comes."""
    token = service.client()._http.headers["Authorization"].removeprefix("Bearer ")
    async with subscribed(service.url(), token, cycle=cycle, after="0") as subscriber:

        async def take() -> None:
            while True:
                await subscriber.update()

        taking = asyncio.create_task(take())
        try:
            yield subscriber
        finally:
            taking.cancel()
            failed = (await asyncio.gather(taking, return_exceptions=True))[0]
        assert isinstance(failed, asyncio.CancelledError), failed


async def until_told(subscriber: Socket, position: int) -> None:
    deadline = monotonic() + LONGEST
    while int(subscriber.last) < position:
        assert monotonic() < deadline
        await asyncio.sleep(0.02)


async def until_read(service: Service, position: int) -> None:
    """The facts come as far as the log, and the snapshot with them."""
    client = service.client()
    await client.ask("{ cycles { name } }", at_least=str(position))
    await client.close()


def assert_whole(pair: Pair, service: Service, load: Load) -> None:
    """Everything acknowledged, before and after, is in the new primary's log exactly once, and okr verify agrees."""
    with psycopg.connect(pair.standby.dsn) as connection:
        found: list[Any] = connection.execute(
            "SELECT last_position FROM okr.commands WHERE name = 'RecordCheckIn'"
        ).fetchall()
        events = connection.execute("SELECT count(*) FROM okr.events WHERE topic = 'CheckInRecorded'").fetchone()
    # Whoever was asking when the load ended was answered first: nothing is in the log that was not acknowledged.
    assert sorted(row[0] for row in found) == sorted(load.acknowledged.values())
    assert events == (len(load.acknowledged),)
    verified = service.okr("verify", "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout.splitlines()[-1])["findings"] == []
