"""A rolling restart of everything, under load: nobody notices, and nothing is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from api.serving import DATABASES, Api, Company, token
from api.test_subscription_faults import followed
from api.test_subscriptions import logged
from deploy.cluster import cluster

CLIENTS = 4
PAUSE = 0.1
"""Of each client, so that processes that start are left something of the machine."""
WRITE = """mutation($kr: ID!, $key: String!, $value: Decimal!) {
    recordCheckIn(input: {keyResult: {id: $kr}, value: $value, idempotencyKey: $key}) {
        position duplicate userErrors { code } } }"""
READ = "query($kr: ID!) { keyResult(id: $kr) { current checkIns(first: 2) { nodes { value } } } }"
RECORDED = "SELECT last_position FROM okr.commands WHERE name = 'RecordCheckIn'"


@dataclass
class Load:
    """Clients that keep their connections, and send everything once."""

    url: str
    acknowledged: list[int] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    reads: int = 0
    pending: int = 0
    finished: bool = False

    async def live(self, kr: str) -> None:
        signed_in = {"Authorization": f"Bearer {token(self.url)}"}
        async with httpx.AsyncClient(base_url=self.url, headers=signed_in, trust_env=False, timeout=30) as http:
            value = 0
            while not self.finished:
                value += 1
                written = await self._answer(http, WRITE, kr=kr, key=uuid4().hex, value=str(value))
                if written is not None:
                    self.acknowledged.append(int(written["recordCheckIn"]["position"]))
                    await self._read(http, kr, value)
                await asyncio.sleep(PAUSE)

    async def _read(self, http: httpx.AsyncClient, kr: str, value: int) -> None:
        headers = {"OKR-Min-Position": str(self.acknowledged[-1])}
        read = await self._answer(http, READ, headers, kr=kr)
        if read is not None:
            self.reads += 1
            if float(read["keyResult"]["current"]) != value:
                self.failed[f"read {read['keyResult']['current']}"] += 1

    async def _answer(
        self, http: httpx.AsyncClient, query: str, headers: dict[str, str] | None = None, **variables: Any
    ) -> dict[str, Any] | None:
        try:
            response = await http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            self.failed[type(error).__name__] += 1
            return None
        self.pending += "pending" in answer.get("extensions", {})
        if "errors" in answer:
            self.failed[answer["errors"][0]["extensions"]["code"]] += 1
            return None
        data: dict[str, Any] = answer["data"]
        return data


@asynccontextmanager
async def under_load(url: str, krs: list[str]) -> AsyncIterator[Load]:
    load = Load(url)
    living = [asyncio.create_task(load.live(kr)) for kr in krs]
    try:
        yield load
    finally:
        load.finished = True
        await asyncio.gather(*living)


async def some_more(load: Load) -> None:
    """Until what stands has been used for a while."""
    wanted = len(load.acknowledged) + 8 * CLIENTS
    async with asyncio.timeout(30):
        while len(load.acknowledged) < wanted and not load.failed:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_everything_is_replaced_under_load_and_no_request_fails(database: str) -> None:
    async with cluster(database) as (pods, url):
        DATABASES[url] = database
        projectors = [pods.start("projector") for _ in range(2)]
        apis = [pods.start("api") for _ in range(2)]
        await pods.ready(*projectors, *apis)
        company, krs = await asyncio.to_thread(settled, url)
        begin, until = await asyncio.to_thread(company.api.position), asyncio.get_running_loop().create_future()
        async with under_load(url, krs) as load:
            following = asyncio.create_task(followed([url], company.cycle, begin, until))
            for leaving, coming in [(old, pods.start(old.command)) for old in (*projectors, *apis)]:
                await pods.ready(coming)
                await some_more(load)
                await pods.end(leaving)
            await some_more(load)
        assert load.failed == Counter()
        assert pods.turned_away == 0
        until.set_result(max(load.acknowledged))
        told = await following
        assert told.positions == await asyncio.to_thread(logged, company, begin)
        with psycopg.connect(database) as connection:
            recorded = [position for (position,) in connection.execute(RECORDED)]
        assert sorted(load.acknowledged) == sorted(recorded)


def settled(url: str) -> tuple[Company, list[str]]:
    company = Company(Api(url))
    return company, [company.key_result() for _ in range(CLIENTS)]
