"""Live trees: 200 subscribers are told of 100 check-ins a second; in the middle the API process is killed."""

import asyncio
import json
import os
import random
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from uuid import uuid4

from api.serving import DATABASES, Api, process, token
from bench.measuring.client import END_OF_HEAD, request
from bench.measuring.dataset import CYCLE, Organisation, key_result_id
from bench.measuring.paced import LEAD_SECONDS, Opened, at, paced
from bench.measuring.service import cluster, filled, wait_until_serving
from bench.measuring.spending import cpu_seconds, spent_since
from bench.measuring.subscribers import Subscribers, Told

SECONDS = float(os.environ.get("OKR_BENCH_SECONDS") or 60)
SUBSCRIBERS = 200
RATE = 100
"""Check-ins a second."""
BEFORE_A_KILL = 1.0
"""Seconds in which no telling is timed: it may have been cut off."""
RETRY_SECONDS = 0.1
RAISED = {"OKR_MAX_REQUESTS_PER_PRINCIPAL": "500"}
"""One principal writes all, and what waited for the new process comes at once."""
GONE = (OSError, EOFError)
TRY_AGAIN = {"UNAVAILABLE", "TRY_LATER", "RATE_LIMITED", "TIMEOUT"}
CHECK_IN = """mutation($input: CheckInInput!) { recordCheckIn(input: $input) { position userErrors { code } } }"""


@dataclass
class Outcome:
    """`answered`: when the mutation at a position was answered. `gone`: when nobody served, and a while after."""

    answered: dict[int, float]
    told: list[Told]
    gone: tuple[float, float]
    busy: dict[str, float]

    def faults(self) -> list[str]:
        """What somebody was not told, or twice, or too early."""
        wanted = sorted(self.answered)
        return [
            f"{number} was told {len(each.positions)} times of {len(set(each.positions))}, not of {len(wanted)}"
            for number, each in enumerate(self.told)
            if each.positions != wanted
        ]

    def times(self) -> list[float]:
        """Milliseconds from the answer to the telling, of each event to each subscriber, until the kill."""
        return [
            max(0.0, moment - self.answered[position]) * 1000
            for each in self.told
            for position, moment in zip(each.positions, each.moments, strict=True)
            if self.answered[position] < self.gone[0] - BEFORE_A_KILL
        ]

    def back(self) -> float:
        """Seconds from when somebody served again until everybody was told all that had been answered by then."""
        began = self.gone[1]
        waited = (position for position, moment in self.answered.items() if moment < began)
        last = max(waited)
        return max(each.moments[each.positions.index(last)] for each in self.told) - began


def main() -> None:
    organisation = Organisation(1)
    with cluster() as server:
        filled(server.dsn(), organisation)
        key_results = [str(key_result_id(kr)) for kr in organisation.measured]
        outcome = played(server.dsn(), str(CYCLE), key_results, SUBSCRIBERS, SECONDS)
    report(outcome)
    if faults := outcome.faults():
        raise SystemExit("\n".join(faults[:10]))
    times = outcome.times()
    ratios = {"p50_ms": round(at(times, 0.5), 1), "p99_ms": round(at(times, 0.99), 1)}
    print(json.dumps({"bench": "live", "ratios": ratios}))


def report(outcome: Outcome) -> None:
    times, (killed, served) = outcome.times(), outcome.gone
    updates = sum(each.updates for each in outcome.told)
    told = sum(len(each.positions) for each in outcome.told)
    print(f"{len(outcome.answered)} check-ins, {len(outcome.told)} subscribers, {told} events in {updates} updates")
    print(f"from the answer to the telling: p50 {at(times, 0.5):.0f} ms, p99 {at(times, 0.99):.0f} ms")
    print(f"slowest {max(times):.0f} ms, until the kill")
    print(f"{served - killed:.1f} s until somebody served again, {outcome.back():.1f} s more until all were told all")
    print(", ".join(f"{name} {share:.0%} of a core" for name, share in outcome.busy.items()))


def played(dsn: str, cycle: str, key_results: Sequence[str], subscribers: int, seconds: float) -> Outcome:
    with ExitStack() as running:
        projector = running.enter_context(process("projector", dsn))
        service = Restarted(dsn, running)
        tokens = [token(service.url, "member", f"subscriber {number}") for number in range(subscribers)]
        writer = Writer(service.port, token(service.url), key_results)
        listening = Subscribers(service.port, cycle, tokens, Api(service.url).position())
        listening.begun.wait()
        pids = {"API": service.pid, "projector": projector.pid, "subscribers": listening.pid}
        busy = asyncio.run(_written(writer, service, pids, seconds))
        told = listening.end(max(writer.answered))
    return Outcome(writer.answered, told, service.gone, busy)


async def _written(writer: "Writer", service: "Restarted", pids: dict[str, int], seconds: float) -> dict[str, float]:
    """What each process spent of a core, until the kill."""
    spent = cpu_seconds(pids.values())
    writing = asyncio.create_task(paced("check-ins", writer.write, RATE, seconds))
    await asyncio.sleep(LEAD_SECONDS + seconds / 2)
    busy = {name: spent_since(spent, [pid]) / (LEAD_SECONDS + seconds / 2) for name, pid in pids.items()}
    await asyncio.to_thread(service.kill)
    await writing
    return busy


class Restarted:
    """An API process that is killed, and begun again on the same port."""

    def __init__(self, dsn: str, running: ExitStack) -> None:
        self.port = port_to_come_back_to()
        self.url = f"http://127.0.0.1:{self.port}"
        self.gone = (0.0, 0.0)
        self._dsn = dsn
        self._running = running
        DATABASES[self.url] = dsn
        self._begin()

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        began = time.perf_counter()
        self._process.kill()
        self._process.wait()
        self._begin()
        self.gone = began, time.perf_counter()

    def _begin(self) -> None:
        self._process = self._running.enter_context(process("api", self._dsn, OKR_PORT=str(self.port), **RAISED))
        wait_until_serving(self.url)


def port_to_come_back_to() -> int:
    """Out of those that clients are given: one that connects while nobody listens could be connected with itself."""
    while True:
        port = random.randrange(15_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Writer:
    """Writes check-ins, each once: what was not answered is sent again with its key."""

    def __init__(self, port: int, token: str, key_results: Sequence[str]) -> None:
        self._port = port
        self._token = token
        self._key_results = key_results
        self._idle: list[Opened] = []
        self.answered: dict[int, float] = {}

    async def write(self, number: int) -> None:
        key_result = {"id": self._key_results[number % len(self._key_results)]}
        said = {"keyResult": key_result, "value": str(number % 10), "idempotencyKey": str(uuid4())}
        asked = request(CHECK_IN, {"input": said}, self._token)
        while True:
            with suppress(*GONE):
                position = await self._ask(asked)
                # In one statement with the question, the clock would be read before it is asked.
                self.answered[position] = time.perf_counter()
                return
            await asyncio.sleep(RETRY_SECONDS)

    async def _ask(self, asked: bytes) -> int:
        """The position. Raises ConnectionError where it is to be asked again."""
        while self._idle and self._idle[-1][0].at_eof():
            self._idle.pop()[1].close()
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(asked)
        head = (await reader.readuntil(END_OF_HEAD)).lower()
        body = json.loads(await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0])))
        self._idle.append((reader, writer))
        if any(error["extensions"]["code"] in TRY_AGAIN for error in body.get("errors", ())):
            raise ConnectionError
        if "errors" in body or body["data"]["recordCheckIn"]["userErrors"]:
            raise RuntimeError(json.dumps(body))
        return int(body["data"]["recordCheckIn"]["position"])
