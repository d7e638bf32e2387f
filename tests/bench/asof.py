"""What the past costs: the tree of 10,000 nodes as of a position gone by, beside the one of today."""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import psycopg

from okr_api.access.policy import DEVELOPMENT
from okr_api.asgi import opened
from okr_api.cli import prepare
from okr_api.domain.events import (
    CheckInRecorded,
    CycleCreated,
    KRAdded,
    ObjectiveAligned,
    ObjectiveCreated,
    OwnerRegistered,
)
from okr_api.domain.values import TargetKind, Text
from okr_api.graphql.asked import Asked
from okr_api.graphql.context import Context, Reading, Service
from okr_api.graphql.execution import executed
from okr_api.local.postgres import EmbeddedPostgres
from okr_api.settings import read_settings
from okr_api.snapshot.loading import load
from okr_api.snapshot.past import PastCuts
from okr_api.snapshot.sight import Sight
from projector.rebuild import refill
from read_models.history import ANA, YEAR, History, Said, named, said

OBJECTIVES, KEY_RESULTS = 2000, 4
BELOW = 5
"""Objectives that serve one key result."""
TREE = """query($cycle: ID!, $asOf: AsOf) { cascade(cycleId: $cycle, asOf: $asOf) { totalCount nodes {
  itemId parentId link depth childCount item {
    ... on Objective { title progress health owner { name } }
    ... on KeyResult { title progress health current confidence responsible { name } } } } } }"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "server", durable=False) as server:
        dsn = server.dsn()
        prepare(dsn)
        asyncio.run(measure(dsn, written(dsn)))


def written(dsn: str) -> int:
    """A company with a year behind it; the position at which all its objectives stood, before half of its check-ins."""
    history = History(dsn)
    history.commit(said(OwnerRegistered, ANA), said(CycleCreated, YEAR))
    history.commits([objective(number) for number in range(OBJECTIVES)])
    history.commits([checked_in(number) for number in range(OBJECTIVES * KEY_RESULTS)])
    then = history._position
    history.commits([checked_in(number) for number in range(OBJECTIVES * KEY_RESULTS, 2 * OBJECTIVES * KEY_RESULTS)])
    history.close()
    return then


def objective(number: int) -> tuple[Said, ...]:
    made = [said(ObjectiveCreated, named(f"O{number}"), title=Text.typed(f"Objective {number}"))]
    for part in range(KEY_RESULTS):
        kr = number * KEY_RESULTS + part
        title = Text.typed(f"Key result {kr}")
        made.append(said(KRAdded, named(f"KR{kr}"), objective_id=named(f"O{number}"), title=title))
    if number:
        above = {"target_kind": TargetKind.KEY_RESULT, "target_id": named(f"KR{(number - 1) // BELOW}")}
        made.append(said(ObjectiveAligned, named(f"O{number}"), **above))
    return tuple(made)


def checked_in(number: int) -> tuple[Said, ...]:
    kr = named(f"KR{number % (OBJECTIVES * KEY_RESULTS)}")
    return (said(CheckInRecorded, named(f"C{number}"), key_result_id=kr, value=Decimal(number % 97)),)


async def measure(dsn: str, then: int) -> None:
    print("writing the facts", flush=True)
    await refill(dsn, lambda done, of: None)
    settings = read_settings(database_url=dsn, environment="development")
    async with opened(settings) as service, await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:

        async def from_the_database() -> int:
            snapshot = await load(connection)
            return await asked(
                service, replace(service.reading(DEVELOPMENT), snapshot=snapshot, sight=Sight(DEVELOPMENT, snapshot))
            )

        async def cold() -> int:
            service.commits._kept.clear()
            forgetful = replace(service, past=PastCuts(service.past._pool, settings.past_cuts_bytes))
            return await asked(forgetful, forgetful.reading(DEVELOPMENT), position=str(then))

        async def warm() -> int:
            return await asked(service, service.reading(DEVELOPMENT), position=str(then))

        async def live() -> int:
            return await asked(service, service.reading(DEVELOPMENT))

        taken = await by_turns({"loading the live one": from_the_database, "as of, cold": cold}, 7)
        taken |= await by_turns({"as of, warm": warm, "live": live}, 51)
    ratios = {
        "cold": taken["loading the live one"] / taken["as of, cold"],
        "warm": taken["live"] / taken["as of, warm"],
    }
    print(json.dumps({"bench": "asof", "ratios": {name: round(ratio, 3) for name, ratio in ratios.items()}}))


async def asked(service: Service, reading: Reading, **as_of: Any) -> int:
    """How many nodes the tree has."""
    variables = {"cycle": str(YEAR), **({"asOf": as_of} if as_of else {})}
    question = Asked(TREE, variables, None, may_change=False, min_position=None)
    result = await executed(question, Context(service, reading, "request"))
    assert result.data, result.errors
    orjson.dumps(result.data)
    found: int = result.data["cascade"]["totalCount"]
    return found


async def by_turns(ways: dict[str, Callable[[], Awaitable[int]]], times: int) -> dict[str, float]:
    """Medians in seconds, after one of each that does not count."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(times + 1):
        for name, way in ways.items():
            begun = time.perf_counter()
            nodes = await way()
            if number:
                taken[name].append(time.perf_counter() - begun)
    medians = {name: statistics.median(each) for name, each in taken.items()}
    for name, median in medians.items():
        print(f"{name}: {median * 1000:.2f} ms for {nodes} nodes", flush=True)
    return medians
