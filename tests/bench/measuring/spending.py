"""What processes spend: CPU to the nanosecond as the scheduler counts it, and memory."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
GONE = (FileNotFoundError, ProcessLookupError)


def cpu_seconds(pids: Iterable[int]) -> float:
    """Of all threads of these processes."""
    spent = 0
    for pid in pids:
        with suppress(*GONE):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                spent += int((thread / "schedstat").read_text().split()[0])
    return spent / 1e9


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
