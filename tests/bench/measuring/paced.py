"""Requests at a steady rate, however long the answers take, by a client that takes next to no time itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from bench.measuring.client import END_OF_HEAD

LEAD_SECONDS = 1.0
"""In which all that is to be asked is made ready, or the first ones would be late by that."""
Opened = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def asked(port: int, wanted: Sequence[bytes], rate: float, seconds: float, name: str) -> list[float]:
    """How long each took in milliseconds. Raises RuntimeError for any answer but 200."""
    idle: list[Opened] = []

    async def ask(number: int) -> None:
        while idle and idle[-1][0].at_eof():  # the service ends what is idle for seconds
            idle.pop()[1].close()
        reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port)
        writer.write(wanted[number % len(wanted)])
        head = (await reader.readuntil(END_OF_HEAD)).lower()
        body = await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError((head + body).decode())
        idle.append((reader, writer))

    times = await paced(name, ask, rate, seconds)
    for _, writer in idle:
        writer.close()
    return times


async def paced(name: str, ask: Callable[[int], Awaitable[None]], rate: float, seconds: float) -> list[float]:
    """How long each took in milliseconds, from the moment that it was due: waiting behind others counts."""
    begun = time.perf_counter() + LEAD_SECONDS
    times: list[float] = []

    async def one(number: int) -> None:
        due = begun + number / rate
        await asyncio.sleep(due - time.perf_counter())
        await ask(number)
        times.append((time.perf_counter() - due) * 1000)
        if name and number % round(rate * 5) == 0:
            print(f"{name}: {number / rate:.0f} of {seconds:.0f} s", flush=True)

    await asyncio.gather(*(one(number) for number in range(round(rate * seconds))))
    return times


def at(times: list[float], share: float) -> float:
    return sorted(times)[int(len(times) * share)]
