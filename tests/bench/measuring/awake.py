"""Keeping the machine awake: a virtual CPU that halts goes back to its host, which may take 30 ms to give it again.

So whoever waits for something would be measured by how busy the host's other guests are. A process of the kernel's idle
class on each CPU never lets it halt, and has it only while nobody else wants it.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

WAKE_UPS, SECONDS = 100, 5
"""A second, and for so long."""


@contextmanager
def awake() -> Iterator[None]:
    """Prints how late a sleeper wakes up here: nothing can be measured that is faster than that."""
    context = get_context("spawn")
    idlers: list[BaseProcess] = [context.Process(target=idle, daemon=True) for _ in range(os.cpu_count() or 1)]
    halting = asyncio.run(late())
    for idler in idlers:
        idler.start()
    try:
        print(f"a sleeper wakes up late (p50 / p99): {halting}, in what follows {asyncio.run(late())}", flush=True)
        yield
    finally:
        for idler in idlers:
            idler.terminate()
            idler.join()


def idle() -> None:
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    while True:
        pass


async def late() -> str:
    begun, times = time.perf_counter(), []

    async def one(due: float) -> None:
        await asyncio.sleep(due - time.perf_counter())
        times.append((time.perf_counter() - due) * 1000)

    await asyncio.gather(*(one(begun + number / WAKE_UPS) for number in range(WAKE_UPS * SECONDS)))
    times.sort()
    p50, p99 = (times[int(len(times) * share)] for share in (0.5, 0.99))
    return f"{p50:.1f} / {p99:.1f} ms"
