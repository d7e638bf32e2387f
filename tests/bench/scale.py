"""Ten and fifty times the organisation: the tree, a look-up, a refresh, memory and the start."""

import asyncio
import json
import os
import statistics
import time
from typing import NamedTuple

import psycopg

from bench import lookup, tree
from bench.measuring.client import one_after_another
from bench.measuring.dataset import KEY_RESULTS, Organisation, key_result_id
from bench.measuring.requests import checked_in
from bench.measuring.rounds import SECONDS, TOO_SLOW
from bench.measuring.service import NOTE, cluster, filled, served
from bench.measuring.spending import megabytes
from okr_api.event_log.log import PostgresLog
from okr_api.snapshot.loading import load
from okr_api.snapshot.looking import refresh
from projector.batches import Projection
from projector.connection import connect
from projector.facts_schema import read_pointer
from projector.rebuild import catch_up

FULL = bool(os.environ.get("OKR_BENCH_FULL"))
SCALES = (1, 10, 50) if FULL else (1, 10)
CHECK_INS = 4 if FULL else 1
"""Of a key result: writing them takes the most time."""
REFRESHES = 20
COLUMNS = ("nested tree ms", "cascade ms", "look-up ms", "refresh ms", "MB", "KB a node", "start s")


class Figures(NamedTuple):
    """Medians; times in milliseconds, the start in seconds."""

    nested: float | None
    cascade: float
    lookup: float
    refresh: float
    memory: float
    of_a_node: float
    start: float


def main() -> None:
    found: dict[int, Figures] = {}
    for scale in SCALES:
        found[scale] = at(Organisation(scale, CHECK_INS), nested=not found or (found[1].nested or 0) < TOO_SLOW * 1000)
    print(f"\n{NOTE}")
    print("Larger organisations have as many more company objectives; every tree is asked for whole, maxNodes raised.")
    print(f"| times | {' | '.join(COLUMNS)} |\n|---{'|---' * len(COLUMNS)}|")
    for scale, figures in found.items():
        shown = ("too slow to try" if figure is None else f"{figure:.2f}" for figure in figures)
        print(f"| {scale} | {' | '.join(shown)} |")
    print(f"the tree at 10 times the size may cost 11 times as much: {found[10].cascade / found[1].cascade:.2f}")
    print(json.dumps({"bench": "scale", "ratios": ratios(found)}))


def ratios(found: dict[int, Figures]) -> dict[str, float]:
    """What the plain size costs as a share of each larger one: 0.1 at ten times the size is linear."""
    told: dict[str, float] = {}
    for scale in SCALES[1:]:
        cost = {"": "cascade", "nested_": "nested", "lookup_": "lookup", "refresh_": "refresh", "memory_": "memory"}
        for name, field in cost.items():
            if getattr(found[scale], field) is not None:
                told[f"{name}x{scale}"] = round(getattr(found[1], field) / getattr(found[scale], field), 3)
    return told


def at(organisation: Organisation, nested: bool) -> Figures:
    print(f"{organisation.scale} times the organisation", flush=True)
    with cluster() as server:
        filled(server.dsn(), organisation)
        begun = time.perf_counter()
        with served(server.dsn()) as service:
            start = time.perf_counter() - begun
            questions = tree.ours(service.token(), organisation)
            questions[lookup.LOOKUP] = lookup.questions(organisation, lookup.OURS, service.token())
            if not nested:
                del questions[tree.NESTED]
            times = {question: p50(question, service.port, wanted) for question, wanted in questions.items()}
            memory = megabytes(service.pids[:1])
        refreshed = asyncio.run(refreshes(server.dsn(), organisation))
        print(f"refresh after a check-in: {refreshed:.2f} ms", flush=True)
    of_a_node = memory * 1000 / (organisation.size * (1 + KEY_RESULTS))
    return Figures(
        times.get(tree.NESTED), times[tree.CASCADE], times[lookup.LOOKUP], refreshed, memory, of_a_node, start
    )


def p50(question: str, port: int, wanted: list[bytes]) -> float:
    """Milliseconds."""
    median = statistics.median(one_after_another(port, wanted, SECONDS)) * 1000
    print(f"{question}: {median:.2f} ms", flush=True)
    return median


async def refreshes(dsn: str, organisation: Organisation) -> float:
    """Milliseconds of one after each check-in, with nothing else at work."""
    times = []
    async with (
        PostgresLog(dsn) as log,
        await psycopg.AsyncConnection.connect(dsn, autocommit=True) as reading,
        await connect(dsn) as projecting,
    ):
        projection = await Projection.live(projecting, await read_pointer(projecting))
        snapshot = await load(reading)
        for kr in organisation.measured[-REFRESHES:]:
            await log.append(checked_in(key_result_id(kr)))
            await catch_up(projection, lambda done, of: None, 1)
            begun = time.perf_counter()
            snapshot = await refresh(reading, snapshot)
            times.append((time.perf_counter() - begun) * 1000)
        assert snapshot.position == projection.position
    return statistics.median(times)
