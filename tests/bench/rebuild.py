"""A rebuild while look-ups are served at a fifth of what the service can: what they notice of it."""

import asyncio
import json
import os
import subprocess
import sys
import time

from bench.lookup import OURS, questions
from bench.measuring.client import side_by_side
from bench.measuring.dataset import Organisation
from bench.measuring.paced import asked, at
from bench.measuring.rounds import SECONDS
from bench.measuring.service import cluster, filled, served

SHARE = 5
CONNECTIONS = 16
PATIENCE = 300
ALONE_SECONDS = 20


def main() -> None:
    organisation = Organisation(1)
    with cluster() as server:
        filled(server.dsn(), organisation)
        with served(server.dsn()) as service:
            wanted = questions(organisation, OURS, service.token())
            capacity = side_by_side(service.port, wanted, CONNECTIONS, SECONDS)
            print(f"{capacity:.0f} look-ups a second is what it can; {capacity / SHARE:.0f} are asked", flush=True)
            alone, beside = asyncio.run(compared(service.port, wanted, capacity / SHARE, server.dsn()))
    ratios = {}
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        then, now = at(alone, share), at(beside, share)
        print(f"{name}: alone {then:.1f} ms, beside a rebuild {now:.1f} ms")
        ratios[name] = round(now / then, 2)
    print(json.dumps({"bench": "rebuild", "ratios": ratios}))


async def compared(port: int, wanted: list[bytes], rate: float, dsn: str) -> tuple[list[float], list[float]]:
    """Milliseconds of each look-up: alone, and for as long as a rebuild takes, its change included."""
    await asked(port, wanted, rate, ALONE_SECONDS / 4, "warming up")
    alone = await asked(port, wanted, rate, ALONE_SECONDS, "alone")
    begun, rebuilding = time.monotonic(), asyncio.create_task(asyncio.to_thread(rebuild, dsn))
    beside: list[float] = []
    while not rebuilding.done():
        beside += await asked(port, wanted, rate, ALONE_SECONDS / 4, "")
        print(f"rebuilding for {time.monotonic() - begun:.0f} s", flush=True)
    await rebuilding
    return alone, beside


def rebuild(dsn: str) -> None:
    """At the rate that it has when nobody says anything."""
    environment = {"DATABASE_URL": dsn, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-m", "okr_api.cli", "rebuild"], env=environment, check=True, timeout=PATIENCE)
