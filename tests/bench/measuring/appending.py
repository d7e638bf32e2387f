"""Appending by each contender: so many in flight for so many seconds, each event in a stream of its own."""

import asyncio
import json
import os
import re
import subprocess
import tempfile
import threading
import time
from typing import NamedTuple
from uuid import uuid4

import psycopg
import uvloop
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from bench.measuring.dataset import key_result_id
from bench.measuring.requests import checked_in
from bench.peers.packages import Missing, installed, node
from bench.peers.postgraphile import database
from okr_api.cli import prepare
from okr_api.event_log.log import PostgresLog
from okr_api.event_log.requests import Request
from okr_api.local.programs import Programs

MOST_A_SECOND = {1: 3000, 4: 8000, 16: 16_000, 64: 24_000, 256: 40_000}
"""Commands that are decided beforehand; who appends them all sooner is done sooner."""
CONNECTIONS = 64
"""At most: who has more in flight lets them wait."""
INSERT = """
INSERT INTO okr.events VALUES (gen_random_uuid(), 1, 'CheckInRecorded', '\\x{state}'::bytea,
    nextval('places'), currval('places'), clock_timestamp());
"""


class Appended(NamedTuple):
    events: int
    seconds: float
    p50: float

    @property
    def per_second(self) -> float:
        return self.events / self.seconds


class Ours:
    """Decided commands through our log."""

    name, stored = "okr", "okr.events"

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        prepare(dsn)

    def run(self, width: int, seconds: float) -> Appended:
        wanted = [checked_in(key_result_id(0)) for _ in range(round(MOST_A_SECOND[width] * seconds))]
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(self._append(wanted, width, seconds))

    async def _append(self, wanted: list[Request], width: int, seconds: float) -> Appended:
        times: list[float] = []
        async with PostgresLog(self._dsn) as log:
            left, begun = iter(wanted), time.perf_counter()

            async def again() -> None:
                for request in left:
                    asked = time.perf_counter()
                    await log.append(request)
                    times.append(time.perf_counter() - asked)
                    if time.perf_counter() - begun > seconds:
                        return

            await asyncio.gather(*(again() for _ in range(width)))
            taken = time.perf_counter() - begun
        return Appended(len(times), taken, median(times))


class Pgbench:
    """The same row into the same table, one INSERT each."""

    name, stored = "pgbench", "okr.events"

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._program = Programs().folder / "pgbench"
        if not self._program.exists():
            raise Missing("it is not among the programs of this PostgreSQL")
        prepare(dsn)
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE SEQUENCE places")
        self._script = INSERT.format(state=checked_in(key_result_id(0)).events[0].state.hex())

    def run(self, width: int, seconds: float) -> Appended:
        clients = min(width, CONNECTIONS)
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(self._script)
            script.flush()
            many = ["-c", str(clients), "-j", str(min(clients, 2)), "-T", str(max(1, round(seconds)))]
            command = [str(self._program), "-n", "-M", "prepared", *many, "-f", script.name, self._dsn]
            run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            raise RuntimeError(f"pgbench failed: {run.stderr.strip()[-500:]}")
        events, latency, rate = (
            float(found[1])
            for pattern in (r"processed: (\d+)", r"latency average = ([\d.]+)", r"tps = ([\d.]+)")
            if (found := re.search(pattern, run.stdout))
        )
        return Appended(int(events), events / rate, latency / 1000)


class Library:
    """The recorder of the eventsourcing library, as it comes, with a thread for each in flight."""

    name, stored = "library", "stored_events"

    def __init__(self, dsn: str) -> None:
        given = conninfo_to_dict(dsn)
        dbname, host, port, user = (str(given[name]) for name in ("dbname", "host", "port", "user"))
        store = PostgresDatastore(dbname, host, port, user, "none", pool_size=CONNECTIONS)
        self._recorder = PostgresApplicationRecorder(store)
        self._recorder.create_table()
        self._state = checked_in(key_result_id(0)).events[0].state

    def run(self, width: int, seconds: float) -> Appended:
        times: list[float] = []
        begun = time.perf_counter()

        def again() -> None:
            while time.perf_counter() - begun < seconds:
                asked = time.perf_counter()
                self._recorder.insert_events([StoredEvent(uuid4(), 1, "CheckInRecorded", self._state)])
                times.append(time.perf_counter() - asked)

        threads = [threading.Thread(target=again) for _ in range(width)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return Appended(len(times), time.perf_counter() - begun, median(times))

    def close(self) -> None:
        self._recorder.datastore.close()


class Emmett:
    """The event store of Node, with promises in flight."""

    name, stored = "emmett", "emt_messages"

    def __init__(self, dsn: str) -> None:
        self._dsn, self._folder, self._node = dsn, installed("emmett"), node()
        self._data = checked_in(key_result_id(0)).events[0].state.decode()

    def run(self, width: int, seconds: float) -> Appended:
        command = [self._node, "append.mjs", _with_a_host(self._dsn), str(width), str(seconds), self._data]
        environment = os.environ | database(self._dsn)
        told = subprocess.run(command, cwd=self._folder, env=environment, capture_output=True, text=True, timeout=60)
        if told.returncode:
            raise Missing(f"it does not run: {told.stderr.strip()[:500]}")
        run = json.loads(told.stdout.splitlines()[-1])
        return Appended(run["appended"], run["seconds"], run["p50"])


def _with_a_host(dsn: str) -> str:
    """Node's driver reads an address without a host as none; the folder of the socket stands behind it and is used."""
    return dsn.replace("@/", "@localhost/", 1)


def median(times: list[float]) -> float:
    return sorted(times)[len(times) // 2]
