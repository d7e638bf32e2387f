"""What processes spend: CPU to the nanosecond as the scheduler counts it, and memory."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
GONE = (FileNotFoundError, ProcessLookupError)


def cpu_seconds(pids: Iterable[int]) -> dict[int, float]:
    """Of all threads of each process."""
    spent: dict[int, float] = {}
    for pid in pids:
        with suppress(*GONE):
            threads = [(thread / "schedstat").read_text() for thread in Path(f"/proc/{pid}/task").iterdir()]
            spent[pid] = sum(int(thread.split()[0]) for thread in threads) / 1e9
    return spent


def spent_since(before: dict[int, float], pids: Iterable[int]) -> float:
    """What these processes spent since then; one that ended takes its last part with it."""
    return sum(now - before.get(pid, 0.0) for pid, now in cpu_seconds(pids).items())


def children(pid: int) -> list[int]:
    """Of a PostgreSQL server: its backends and its helpers."""
    with suppress(*GONE):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def megabytes(pids: Iterable[int]) -> float:
    """Resident."""
    pages = 0
    for pid in pids:
        with suppress(*GONE):
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * PAGE / 1e6
