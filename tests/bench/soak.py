"""Mixed load for half an hour: does memory stay flat, and does nothing leak? OKR_BENCH_SECONDS says for how long."""

import asyncio
import json
import os
import random
import statistics
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import httpx
import psycopg

from bench import lookup, tree
from bench.measuring.dataset import CYCLE, Organisation, key_result_id, objective_id
from bench.measuring.service import Service, cluster, filled, served
from bench.measuring.spending import megabytes

SECONDS = float(os.environ.get("OKR_BENCH_SECONDS") or 1800)
SAMPLES = 30
CLIENTS = 6
PAUSE = 0.02
"""Seconds between two questions of a client, about."""
CHECK_IN = """mutation($input: CheckInInput!) { recordCheckIn(input: $input) {
  checkIn { id } position userErrors { code } } }"""
BATCH = """mutation($input: RecordCheckInsInput!) { recordCheckIns(input: $input) {
  accepted userErrors { code } } }"""
HISTORY = """query($id: ID!) { objective(id: $id) { title history(first: 5) { edges { node { type } } } } }"""
PAST = """query($id: ID!, $at: Position!) { objective(id: $id, asOf: {position: $at}) { title progress } }"""
BACKENDS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"


class Sample(NamedTuple):
    """Of the API and the projector together; `connections`: of everybody to the database."""

    megabytes: float
    files: int
    threads: int
    connections: int


def main() -> None:
    organisation = Organisation(1)
    with cluster() as server:
        filled(server.dsn(), organisation)
        with served(server.dsn()) as service:
            answered, samples = asyncio.run(soaked(service, organisation, server.dsn()))
    third = len(samples) // 3
    early, late = samples[third : 2 * third], samples[2 * third :]
    print(f"{answered} answers in {SECONDS:.0f} s, none of them an error")
    print("| of API and projector | in the middle third | in the last |\n|---|---|---|")
    ratios = {}
    for name in Sample._fields:
        then, now = (statistics.median(getattr(sample, name) for sample in part) for part in (early, late))
        print(f"| {name} | {then:.0f} | {now:.0f} |")
        ratios[name] = round(now / then, 3)
    print(json.dumps({"bench": "soak", "ratios": ratios}))


async def soaked(service: Service, organisation: Organisation, dsn: str) -> tuple[int, list[Sample]]:
    until, samples = time.monotonic() + SECONDS, []
    clients = [asyncio.create_task(asking(service, organisation, until)) for _ in range(CLIENTS)]
    for number in range(SAMPLES):
        await asyncio.sleep(SECONDS / SAMPLES)
        samples.append(await asyncio.to_thread(sample, service, dsn))
        print(f"{number + 1} of {SAMPLES}: {samples[-1]}", flush=True)
    return sum(await asyncio.gather(*clients)), samples


async def asking(service: Service, organisation: Organisation, until: float) -> int:
    """How many questions were answered. Raises RuntimeError for an error in an answer."""
    answered = 0
    headers = {"Authorization": f"Bearer {service.token('admin')}"}
    async with httpx.AsyncClient(base_url=service.url, headers=headers, timeout=60, trust_env=False) as http:
        while time.monotonic() < until:
            query, variables = question(organisation)
            response = await http.post("/graphql", json={"query": query, "variables": variables})
            if response.status_code != 200 or "errors" in response.json():
                raise RuntimeError(response.text[:1000])
            answered += 1
            if answered % 1000 == 0:  # tokens end, and connections too
                headers["Authorization"] = f"Bearer {service.token('admin')}"
                http.headers.update(headers)
            await asyncio.sleep(random.uniform(0, 2 * PAUSE))
    return answered


def question(organisation: Organisation) -> tuple[str, dict[str, object]]:
    objective = str(objective_id(random.choice(organisation.leaves)))
    match random.choices(("look up", "report", "batch", "tree", "history", "past"), (40, 40, 1, 2, 10, 2))[0]:
        case "report":
            return CHECK_IN, {"input": check_in(organisation)}
        case "batch":
            return BATCH, {"input": {"items": [check_in(organisation) for _ in range(50)]}}
        case "tree":
            return tree.OUR_CASCADE, {"cycle": str(CYCLE), "most": 10_000}
        case "history":
            return HISTORY, {"id": objective}
        case "past":
            return PAST, {"id": objective, "at": str(random.randrange(30_000, 38_000))}
    return lookup.OURS, {"id": objective}


def check_in(organisation: Organisation) -> dict[str, object]:
    key_result = {"id": str(key_result_id(random.choice(organisation.measured)))}
    return {"idempotencyKey": str(uuid4()), "keyResult": key_result, "value": str(random.randrange(100))}


def sample(service: Service, dsn: str) -> Sample:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(BACKENDS).fetchone()
    assert row is not None
    files = threads = 0
    for pid in service.pids:
        with suppress(FileNotFoundError):
            files += len(list(Path(f"/proc/{pid}/fd").iterdir()))
            threads += len(list(Path(f"/proc/{pid}/task").iterdir()))
    return Sample(megabytes(service.pids), files, threads, int(row[0]) - 1)
