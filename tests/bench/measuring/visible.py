"""From append to visible: how long until the live snapshot of a process holds what was appended."""

import asyncio
import time
from bisect import bisect_left
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from typing import NamedTuple
from uuid import UUID

import uvloop

from bench.measuring.dataset import Organisation, key_result_id
from bench.measuring.paced import LEAD_SECONDS
from bench.measuring.requests import checked_in
from okr_api.asgi import settle
from okr_api.event_log.group_commit import LANES
from okr_api.event_log.log import PostgresLog
from okr_api.event_log.requests import LogUnavailable, QueueFull
from okr_api.snapshot.live import Live, NotYetReadable

PATIENCE = 20.0
"""Seconds that are waited for the last ones to be seen."""


class Visible(NamedTuple):
    """Seconds, what was appended in one, and how many were refused or not seen in time."""

    p50: float
    p99: float
    per_second: float
    lost: int


async def visible(dsn: str, organisation: Organisation, rate: int, seconds: float) -> Visible:
    """With check-ins that another process appends at that rate, each timed from the moment when it was due."""
    key_results = [key_result_id(kr) for kr in organisation.measured]
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1, get_context("spawn")) as elsewhere:
        async with Live(dsn) as live:
            settle()
            seen = [(live.snapshot.position, 0.0)]
            watching = asyncio.create_task(_watch(live, seen))
            due, taken = await loop.run_in_executor(elsewhere, append, dsn, key_results, rate, seconds)
            with suppress(NotYetReadable):
                await live.at_least(max(due), PATIENCE)
            await asyncio.sleep(0)
            watching.cancel()
    return _figures(seen, due, round(rate * seconds), taken)


def append(dsn: str, key_results: list[UUID], rate: int, seconds: float) -> tuple[dict[int, float], float]:
    """When each position was due, and the seconds that all of it took. The clock is the machine's."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_append(dsn, key_results, rate, round(rate * seconds)))


async def _append(dsn: str, key_results: list[UUID], rate: int, wanted: int) -> tuple[dict[int, float], float]:
    requests = [checked_in(key_results[number % len(key_results)]) for number in range(wanted)]
    due: dict[int, float] = {}
    settle()
    async with PostgresLog(dsn) as log:
        await asyncio.gather(*(log.append(checked_in(key_results[0])) for _ in range(LANES)))  # they are connected now
        begun = time.perf_counter() + LEAD_SECONDS

        async def one(number: int) -> None:
            when = begun + number / rate
            await asyncio.sleep(when - time.perf_counter())
            with suppress(LogUnavailable, QueueFull):
                accepted = await log.append(requests[number])
                due[accepted.last_position or 0] = when

        await asyncio.gather(*(one(number) for number in range(wanted)))
        return due, time.perf_counter() - begun


async def _watch(live: Live, seen: list[tuple[int, float]]) -> None:
    """When which position was first held."""
    while True:
        with suppress(NotYetReadable):
            snapshot = await live.at_least(seen[-1][0] + 1, PATIENCE)
            seen.append((snapshot.position, time.perf_counter()))


def _figures(seen: list[tuple[int, float]], due: dict[int, float], wanted: int, taken: float) -> Visible:
    places = ((when, bisect_left(seen, (position, 0.0))) for position, when in due.items())
    times = sorted(seen[place][1] - when for when, place in places if place < len(seen))
    p50, p99 = (times[int(len(times) * share)] for share in (0.5, 0.99))
    return Visible(p50, p99, len(due) / taken, wanted - len(times))
