"""Real processes, killed in the middle of load: nothing acknowledged is lost and nothing is written twice."""

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faults.service import Client, Service, Unanswered, running

OWNER = "mutation($name: String!) { registerOwner(input: {name: $name, level: COMPANY}) { owner { id } } }"
CYCLE = """mutation {
    createCycle(input: {name: "Q1", startsOn: "2026-01-01", endsOn: "2026-03-31"}) { cycle { id } } }"""
OPEN = "mutation($id: ID!) { openCycle(input: {id: $id}) { cycle { state } } }"
OBJECTIVE = """mutation($cycle: ID!, $owner: ID!) {
    createObjective(input: {cycleId: $cycle, ownerId: $owner, title: "O", keyResults: [
        {title: "KR", metric: {kind: INCREASE, start: 0, target: 10}}]}) { objective { keyResults { id } } } }"""
CHECK_IN = """mutation($kr: ID!, $value: Decimal!, $key: String!) {
    recordCheckIn(input: {keyResult: {id: $kr}, value: $value, idempotencyKey: $key}) {
        checkIn { id } position userErrors { code } } }"""
CURRENT = "query($kr: ID!) { keyResult(id: $kr) { current } }"


async def key_result(client: Client) -> str:
    owner = (await client.ask(OWNER, name="CEO"))["registerOwner"]["owner"]["id"]
    cycle = (await client.ask(CYCLE))["createCycle"]["cycle"]["id"]
    await client.ask(OPEN, id=cycle)
    made = await client.ask(OBJECTIVE, cycle=cycle, owner=owner)
    return str(made["createObjective"]["objective"]["keyResults"][0]["id"])


async def load(service: Service, kr: str, clients: int, each: int, halfway: asyncio.Event) -> dict[str, Any]:
    """Check-ins from many clients that repeat what was not answered; returns the first answer to every key."""
    acknowledged: dict[str, Any] = {}

    async def one(number: int) -> None:
        client = service.client()
        for turn in range(each):
            key = f"{number}-{turn}"
            while key not in acknowledged:
                try:
                    answer = await client.ask(CHECK_IN, kr=kr, value=str(turn), key=key)
                except Unanswered:
                    await asyncio.to_thread(service.wait_until_alive)
                else:
                    assert answer["recordCheckIn"]["userErrors"] == []
                    acknowledged[key] = answer["recordCheckIn"]["position"]
            if len(acknowledged) > clients * each // 3:
                halfway.set()
        await client.close()

    await asyncio.gather(*(one(number) for number in range(clients)))
    return acknowledged


def assert_whole(service: Service, acknowledged: dict[str, Any]) -> None:
    """Every acknowledged command is in the log exactly once, and okr verify finds nothing."""
    with psycopg.connect(service.dsn) as connection:
        found = connection.execute("SELECT last_position FROM okr.commands WHERE name = 'RecordCheckIn'").fetchall()
        events = connection.execute("SELECT count(*) FROM okr.events WHERE topic = 'CheckInRecorded'").fetchone()
    assert sorted(str(row[0]) for row in found) == sorted(acknowledged.values())
    assert events == (len(acknowledged),)
    verified = service.okr("verify", "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout.splitlines()[-1])["findings"] == []


@pytest.mark.parametrize("victim", ["api", "projector"])
async def test_kill_9_in_the_middle_of_load_loses_and_doubles_nothing(
    database: str, tmp_path: Path, victim: str
) -> None:
    with running(database, tmp_path) as service:
        first = service.client()
        kr = await key_result(first)
        halfway = asyncio.Event()
        loading = asyncio.create_task(load(service, kr, clients=16, each=40, halfway=halfway))
        for _ in range(3):
            await halfway.wait()
            process = service.projector if victim == "projector" else service.apis[0]
            await asyncio.to_thread(process.kill)
            process.start()
            await asyncio.sleep(random.uniform(0.2, 0.6))  # somewhere in the load, not at a chosen place
        acknowledged = await loading
        await asyncio.to_thread(service.wait_until_alive)
        assert len(acknowledged) == 16 * 40
        assert_whole(service, acknowledged)
        await first.close()


async def test_what_one_api_writes_another_one_reads_at_its_position(database: str, tmp_path: Path) -> None:
    with running(database, tmp_path, apis=2) as service:
        first = service.client(0)
        krs = [await key_result(first) for _ in range(8)]

        async def agreeing(kr: str) -> int:
            writer, reader = service.client(0), service.client(1)
            agreed = 0
            for turn in range(125):
                written = await writer.ask(CHECK_IN, kr=kr, value=str(turn), key=f"{kr} {turn}")
                read = await reader.ask(CURRENT, at_least=written["recordCheckIn"]["position"], kr=kr)
                agreed += read["keyResult"]["current"] == str(turn)
            await writer.close()
            await reader.close()
            return agreed

        assert sum(await asyncio.gather(*(agreeing(kr) for kr in krs))) == 1000
        await first.close()
