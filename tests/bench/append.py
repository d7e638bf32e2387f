"""Appends, at 1 to 256 in flight: our log, PostgreSQL's own limit, the eventsourcing library, and Emmett."""

import json
import statistics
from typing import Any

import psycopg

from bench.measuring.appending import CONNECTIONS, Appended, Emmett, Library, Ours, Pgbench
from bench.measuring.rounds import SECONDS
from bench.measuring.service import cluster
from bench.peers.packages import Missing

WIDTHS = (1, 4, 16, 64, 256)
PLAIN = 64
"""The width that stands for all."""
ROUNDS = 2
Pairs = dict[tuple[str, int], list[tuple[Appended, Appended]]]
"""By contender and width: what it did, and what pgbench did right before."""


def main() -> None:
    with cluster() as server, psycopg.connect(server.dsn(), autocommit=True) as admin:
        contenders: dict[str, Any] = {}
        for kind in (Pgbench, Ours, Library, Emmett):
            admin.execute(f"CREATE DATABASE {kind.name}".encode())
            try:
                contenders[kind.name] = kind(server.dsn(kind.name))
            except Missing as missing:
                print(f"{kind.name} is missing: {missing}", flush=True)
        pairs = measured(contenders)
        for name, each in contenders.items():
            require_stored(server.dsn(name), each.stored, pairs, name)
        contenders["library"].close()
    show(pairs)
    print(json.dumps({"bench": "append", "ratios": ratios(pairs, "pgbench" in contenders)}))


def measured(contenders: dict[str, Any]) -> Pairs:
    pairs: Pairs = {}
    limit = contenders.get("pgbench")
    for number in range(ROUNDS):
        for width in WIDTHS:
            for name in [name for name in contenders if name != "pgbench"]:
                before = limit.run(width, SECONDS) if limit else Appended(1, 1, 1)
                done = contenders[name].run(width, SECONDS)
                pairs.setdefault((name, width), []).append((done, before))
                told = f"{name} {done.per_second:.0f}/s, pgbench before it {before.per_second:.0f}/s"
                print(f"round {number + 1} of {ROUNDS}, {width} in flight: {told}", flush=True)
    return pairs


def require_stored(dsn: str, table: str, pairs: Pairs, name: str) -> None:
    """Raises RuntimeError where fewer events stand in the log than were acknowledged."""
    both = [pair for (_, _), each in pairs.items() for pair in each]
    own = [pair for (whose, _), each in pairs.items() if whose == name for pair in each]
    acknowledged = sum(pair[1].events for pair in both) if name == "pgbench" else sum(pair[0].events for pair in own)
    with psycopg.connect(dsn) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    if row is None or row[0] < acknowledged:
        raise RuntimeError(f"{name} acknowledged {acknowledged} events and stored {row}")
    print(f"{name}: {acknowledged} events acknowledged, {row[0]} stored", flush=True)


def share(pairs: Pairs, name: str, width: int) -> float:
    """Of what pgbench did right before."""
    return statistics.median(done.per_second / before.per_second for done, before in pairs[name, width])


def ratios(pairs: Pairs, with_pgbench: bool) -> dict[str, float]:
    found: dict[str, float] = {}
    for width in WIDTHS:
        after = "" if width == PLAIN else f"_{width}"
        ours = share(pairs, "okr", width)
        if with_pgbench:
            found[f"pgbench{after}"] = ours
        for name in {name for name, _ in pairs} - {"okr"}:
            found[f"{name}{after}"] = ours / share(pairs, name, width)
    return {name: round(ratio, 2) for name, ratio in found.items()}


def show(pairs: Pairs) -> None:
    print(f"\nEvents a second, one in each append, fsync on; at most {CONNECTIONS} connections, which all share.")
    print("| contender | in flight | events/s | p50 ms | pgbench right before, events/s | share of it |")
    print("|---|---|---|---|---|---|")
    for (name, width), each in sorted(pairs.items(), key=lambda item: item[0][1]):
        rate, p50 = (statistics.median(getattr(done, what) for done, _ in each) for what in ("per_second", "p50"))
        limit = statistics.median(before.per_second for _, before in each)
        print(f"| {name} | {width} | {rate:.0f} | {p50 * 1000:.2f} | {limit:.0f} | {share(pairs, name, width):.2f} |")
    print(flush=True)
