"""Events into facts: the projector's batches beside the eventsourcing library's runner, and how soon they are seen."""

import asyncio
import json
import os
import statistics
import time

import psycopg
from psycopg.sql import SQL, Identifier

from api.serving import process
from bench.measuring import library
from bench.measuring.dataset import Organisation, write
from bench.measuring.rounds import SECONDS
from bench.measuring.service import cluster, filled
from bench.measuring.visible import visible
from okr_api.cli import prepare
from okr_api.local.postgres import EmbeddedPostgres
from projector.batches import Projection, collect_rarely
from projector.connection import connect
from projector.facts_schema import creation, removal
from projector.rebuild import catch_up, refill
from read_models.facts import dump

ROUNDS = 2
OURS, THEIRS = 20_000, 1_000
"""Events at the end of the log, one in each commit: so many for us, so many for who takes one at a time."""
BATCH = 5000
RATES = (50, 500, 3000)
MILLION = 27
"""The scale of an organisation with a million events."""
NOT_DURABLE = "ALTER DATABASE {} SET synchronous_commit TO {}"


def main() -> None:
    organisation = Organisation(1)
    collect_rarely()  # as the projector does when it starts; the library has the good of it too
    with cluster() as server:
        filled(server.dsn(), organisation)
        ratios = compared(server.dsn())
        asyncio.run(seen(server.dsn(), organisation))
        if os.environ.get("OKR_BENCH_FULL"):
            rebuilt(server)
    print(json.dumps({"bench": "project", "ratios": ratios}))


def compared(dsn: str) -> dict[str, float]:
    """Nobody waits for the disk here, as in the projector: facts that are lost are made again."""
    speeds: dict[str, list[float]] = {"okr": [], "projection_runner": [], "projection_runner_lean": []}
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute("SELECT max(notification_id), current_database() FROM okr.events").fetchone()
        assert row is not None
        end, name = row[0], Identifier(row[1])
        connection.execute(SQL(NOT_DURABLE).format(name, SQL("off")))
        for number in range(ROUNDS):
            for contender, speed in taken(dsn, end).items():
                speeds[contender].append(speed)
                print(f"round {number + 1} of {ROUNDS}: {contender} {speed:.0f} events/s", flush=True)
            forget(connection)
        connection.execute(SQL(NOT_DURABLE).format(name, SQL("on")))
        for tidied in ("VACUUM ANALYZE", "CHECKPOINT"):  # what comes next is not to wait for what is left of this
            connection.execute(SQL(tidied))
    print("\n| contender | events/s |\n|---|---|")
    for contender, each in speeds.items():
        print(f"| {contender} | {statistics.median(each):.0f} |", flush=True)
    ours = statistics.median(speeds.pop("okr"))
    return {contender: round(ours / statistics.median(each), 2) for contender, each in speeds.items()}


def taken(dsn: str, end: int) -> dict[str, float]:
    """Events a second of each; raises RuntimeError where the facts differ in the end."""
    for schema, events in (("ours", OURS), ("theirs", THEIRS)):
        with psycopg.connect(dsn) as connection:
            connection.execute(creation(schema))
        asyncio.run(up_to(dsn, schema, end - events))
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("ANALYZE")
    begun = time.perf_counter()
    asyncio.run(up_to(dsn, "ours", end))
    speeds = {"okr": OURS / (time.perf_counter() - begun)}
    speeds["projection_runner"] = THEIRS / library.folded(dsn, "theirs", end - THEIRS, end)
    if dump(dsn, "ours") != dump(dsn, "theirs"):
        raise RuntimeError("the library's facts are not ours")
    print("both made the same facts, byte for byte", flush=True)
    speeds["projection_runner_lean"] = THEIRS / library.lean(dsn, end - THEIRS, end)
    return speeds


async def up_to(dsn: str, schema: str, position: int) -> None:
    async with await connect(dsn) as connection:
        projection = await Projection.of(connection, schema)
        await catch_up(projection, lambda done, of: None, BATCH, position)


def forget(connection: psycopg.Connection) -> None:
    """What a round left, so that the next one begins alike."""
    for schema in ("ours", "theirs"):
        connection.execute(removal(schema))
    connection.execute("DROP TABLE IF EXISTS lean, lean_tracking, folding_tracking")


async def seen(dsn: str, organisation: Organisation) -> None:
    """With the projector's own process and a live snapshot in this one."""
    with process("projector", dsn):
        print(
            "\n| events/s wanted | appended | from append to visible, p50 ms | p99 ms | lost |\n|---|---|---|---|---|"
        )
        # A projector that was at work for a while knows what stands: every key result is told of once before.
        await visible(dsn, organisation, RATES[-1], len(organisation.measured) / RATES[-1])
        for rate in RATES:
            found = await visible(dsn, organisation, rate, SECONDS * 3)
            shown = f"{found.per_second:.0f} | {found.p50 * 1000:.1f} | {found.p99 * 1000:.1f} | {found.lost}"
            print(f"| {rate} | {shown} |", flush=True)


def rebuilt(server: EmbeddedPostgres) -> None:
    """A million events, from the log into new facts."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE million")
    dsn = server.dsn("million")
    prepare(dsn)
    events = write(dsn, Organisation(MILLION))
    begun = time.perf_counter()
    asyncio.run(refill(dsn, lambda done, of: None))
    seconds = time.perf_counter() - begun
    print(f"a rebuild of {events} events: {seconds:.0f} s, {events / seconds:.0f} events/s", flush=True)
