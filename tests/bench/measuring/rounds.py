"""Contenders that take turns on the same questions, and the table that comes of it."""

import os
import statistics
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from bench.measuring.client import one_after_another, side_by_side
from bench.measuring.spending import children, cpu_seconds, megabytes, spent_since
from bench.measuring.writing import Writer

SECONDS = float(os.environ.get("OKR_BENCH_SECONDS", "1"))
"""Of one contender's turn on one connection, and again on several."""
ROUNDS = 3
CONNECTIONS = 8
TOO_SLOW = 1.0
"""Seconds of one answer from which on there is one round only, on one connection."""


@dataclass
class Contender:
    """A server that answers GraphQL, and who writes into its database."""

    name: str
    port: int
    pids: list[int]
    postgres: int
    questions: dict[str, list[bytes]] = field(default_factory=dict)
    writer: Writer | None = None


@dataclass
class Figures:
    """What the turns of one contender came to."""

    times: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    postgres_cpu: list[float] = field(default_factory=list)
    memory: float = 0

    @property
    def p50(self) -> float:
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        return sorted(self.times)[int(len(self.times) * 0.95)]


def measured(contenders: Sequence[Contender], question: str, *, writes: bool = False) -> dict[str, Figures]:
    """Every other round in the other order, so that nobody always follows the same one."""
    found = {contender.name: Figures() for contender in contenders}
    label = f"{question}{' while 50 commits a second are written' if writes else ''}"
    for number in range(ROUNDS):
        for contender in contenders if number % 2 == 0 else list(reversed(contenders)):
            with contender.writer.writing() if writes and contender.writer else nullcontext():
                turn(contender, question, found[contender.name])
            p50 = found[contender.name].p50 * 1000
            print(f"{label}: round {number + 1} of {ROUNDS}, {contender.name}, p50 {p50:.2f} ms", flush=True)
        if max(figures.p50 for figures in found.values()) > TOO_SLOW:
            break
    show(label, found)
    return found


def turn(contender: Contender, question: str, figures: Figures) -> None:
    wanted = contender.questions[question]
    server, database = cpu_seconds(contender.pids), cpu_seconds(children(contender.postgres))
    times = one_after_another(contender.port, wanted, SECONDS)
    figures.times += times
    figures.cpu.append(spent_since(server, contender.pids) / (len(times) + 1))
    figures.postgres_cpu.append(spent_since(database, children(contender.postgres)) / (len(times) + 1))
    if statistics.median(times) < TOO_SLOW:
        figures.per_second.append(side_by_side(contender.port, wanted, CONNECTIONS, SECONDS))
    figures.memory = megabytes(contender.pids)


def show(title: str, found: dict[str, Figures]) -> None:
    print(f"\n{title} (CPU of PostgreSQL: of all its processes, the writer's among them)")
    print(f"| contender | p50 ms | p95 ms | requests/s, {CONNECTIONS} connections | CPU ms, server + PostgreSQL | MB |")
    print("|---|---|---|---|---|---|")
    for name, each in found.items():
        cpu = " + ".join(f"{statistics.median(part) * 1000:.2f}" for part in (each.cpu, each.postgres_cpu))
        per_second = f"{statistics.median(each.per_second):.1f}" if each.per_second else "too slow to try"
        speed = f"{each.p50 * 1000:.2f} | {each.p95 * 1000:.2f} | {per_second}"
        print(f"| {name} | {speed} | {cpu} | {each.memory:.0f} |")
    print(flush=True)


def ratios(found: dict[str, Figures], suffix: str = "") -> dict[str, float]:
    """How many times faster ours is by p50 than each, and than the faster PostGraphile."""
    ours = found["okr"].p50
    each = {name: figures.p50 / ours for name, figures in found.items() if name != "okr"}
    peers = [ratio for name, ratio in each.items() if name.startswith("postgraphile")]
    faster: dict[str, Any] = {"postgraphile": min(peers)} if peers else {}
    return {f"{name}{suffix}": round(ratio, 2) for name, ratio in (faster | each).items()}
