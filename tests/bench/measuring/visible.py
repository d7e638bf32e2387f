"""From append to visible: how long until the live snapshot of a process holds what was appended."""

import asyncio
import time
from typing import NamedTuple

from bench.measuring.dataset import Organisation, key_result_id
from bench.measuring.requests import checked_in
from okr_api.event_log.log import PostgresLog
from okr_api.snapshot.live import Live

PATIENCE = 60.0


class Visible(NamedTuple):
    """Seconds, and what was appended in one."""

    p50: float
    p99: float
    per_second: float


async def visible(dsn: str, organisation: Organisation, rate: int, seconds: float) -> Visible:
    """With check-ins at that rate, each timed from the moment when it was due."""
    key_results = organisation.measured
    requests = [checked_in(key_result_id(kr)) for kr in (key_results * 2)[: round(rate * seconds)]]
    due: dict[int, float] = {}
    async with PostgresLog(dsn) as log, Live(dsn) as live:
        begun = time.perf_counter()

        async def one(number: int) -> None:
            when = begun + number / rate
            await asyncio.sleep(when - time.perf_counter())
            accepted = await log.append(requests[number])
            assert accepted.last_position is not None
            due[accepted.last_position] = when

        appending = asyncio.gather(*(one(number) for number in range(len(requests))))
        times = await _seen(live, due, len(requests))
        await appending
        taken = time.perf_counter() - begun
    times.sort()
    return Visible(times[len(times) // 2], times[int(len(times) * 0.99)], len(times) / taken)


async def _seen(live: Live, due: dict[int, float], wanted: int) -> list[float]:
    """The times of all, as one snapshot after the other comes to hold them."""
    times: list[float] = []
    while len(times) < wanted:
        snapshot = await live.at_least(live.snapshot.position + 1, PATIENCE)
        now = time.perf_counter()
        await asyncio.sleep(0)
        held = [position for position in due if position <= snapshot.position]
        times += [now - due.pop(position) for position in held]
        if len(times) + len(due) == wanted and due and max(due) <= live.snapshot.position:
            times += [time.perf_counter() - due.pop(position) for position in list(due)]
    return times
