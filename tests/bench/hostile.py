"""What everybody else notices of hostile clients: look-ups, with them and without them, in one run."""

import asyncio
import json
import random
import socket
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, suppress
from multiprocessing import get_context
from pathlib import Path

import httpx

from api.serving import DATABASES, PATIENCE, Api, Company, process, wait_until_alive
from bench.measuring.client import request
from bench.measuring.paced import asked, at, paced
from hostile.corpus import CORPUS
from hostile.spending import Spending
from okr_api.cli import prepare
from okr_api.local.postgres import EmbeddedPostgres

SECONDS = 40
LOOK_UPS, HOSTILE = 100, 50
"""A second."""
ONE_FOR_ALL = {"OKR_MAX_REQUESTS_PER_PRINCIPAL": "500"}
"""The same principal looks things up and attacks here."""
LOOK_UP = "query($id: ID!) { objective(id: $id) { id title progress owner { name } keyResults { id title current } } }"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        dsn = running.enter_context(EmbeddedPostgres(Path(folder) / "server", durable=False)).dsn()
        prepare(dsn)
        with socket.create_server(("127.0.0.1", 0)) as door:
            port = door.getsockname()[1]
        running.enter_context(process("projector", dsn))
        api = running.enter_context(process("api", dsn, OKR_PORT=str(port), **ONE_FOR_ALL))
        url = f"http://127.0.0.1:{port}"
        DATABASES[url] = dsn
        wait_until_alive(url)
        asyncio.run(compare(Api(url), Spending(api.pid)))


async def compare(api: Api, spending: Spending) -> None:
    company = Company(api)
    port, token = api.http.base_url.port, api.http.headers["authorization"].removeprefix("Bearer ")
    assert port is not None
    wanted = [request(LOOK_UP, {"id": company.objective()["id"]}, token) for _ in range(20)]
    with ProcessPoolExecutor(1, get_context("spawn")) as elsewhere:  # what an attacker computes is not to be measured

        async def attacked(seconds: float) -> int:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(elsewhere, attack, api.url, dict(api.http.headers), seconds)

        async def looked_up(name: str, seconds: float) -> list[float]:
            return await asked(port, wanted, LOOK_UPS, seconds, name)

        await asyncio.gather(looked_up("warming up", 3), attacked(len(CORPUS) / HOSTILE))
        alone = await looked_up("alone", SECONDS)
        memory, cpu = spending.memory(), spending.cpu_seconds()
        beside, sent = await asyncio.gather(looked_up("beside hostile requests", SECONDS), attacked(SECONDS))
        busy = (spending.cpu_seconds() - cpu) / SECONDS
    p50, p99, p50_beside, p99_beside = (at(times, share) for times in (alone, beside) for share in (0.5, 0.99))
    grown = spending.memory() / memory
    print(f"look-ups alone    p50 {p50:6.1f} ms  p99 {p99:6.1f} ms")
    print(f"beside hostile    p50 {p50_beside:6.1f} ms  p99 {p99_beside:6.1f} ms")
    print(f"{sent} hostile requests, the service {busy:.0%} busy, memory {grown:.3f} times")
    print(f"the process is {'alive' if spending.alive() else 'gone'}")
    ratios = {"p50": p50_beside / p50, "p99": p99_beside / p99, "p99_grew_ms": p99_beside - p99, "memory": grown}
    print(json.dumps({"bench": "hostile", "ratios": {name: round(ratio, 3) for name, ratio in ratios.items()}}))


def attack(url: str, headers: dict[str, str], seconds: float) -> int:
    return len(asyncio.run(attacking(url, headers, seconds)))


async def attacking(url: str, headers: dict[str, str], seconds: float) -> list[float]:
    order = random.Random(0).sample(CORPUS, len(CORPUS))
    async with client(url, headers) as http:

        async def send(number: int) -> None:
            hostile = order[number % len(order)]
            with suppress(httpx.TransportError):  # a body that is refused early ends its connection
                await http.request(hostile.method, hostile.path, content=hostile.content, headers=dict(hostile.headers))

        return await paced("", send, HOSTILE, seconds)


def client(url: str, headers: dict[str, str]) -> httpx.AsyncClient:
    """Its pool is slow with many waiting, so nobody waits for a connection."""
    limits = httpx.Limits(max_connections=None)
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False, limits=limits)
