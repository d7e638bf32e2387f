"""Spending: what a process has used so far, as the kernel counts it."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Spending:
    def __init__(self, pid: int) -> None:
        self._process = Path(f"/proc/{pid}")

    def cpu_seconds(self) -> float:
        fields = (self._process / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> int:
        """Bytes that are resident."""
        return int((self._process / "statm").read_text().split()[1]) * PAGE

    def alive(self) -> bool:
        return self._process.exists()
