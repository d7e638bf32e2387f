"""What became of an organisation of 10,000 nodes by 500 changes, beside the answer of its live tree."""

import asyncio
import json
import statistics
import tempfile
import time
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from api.serving import PATIENCE, process
from examples import REVENUE, YEAR
from okr_api.access.policy import DEVELOPMENT
from okr_api.application import Caller
from okr_api.asgi import opened
from okr_api.cli import prepare
from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn
from okr_api.commands.cycles import CreateCycle, OpenCycle
from okr_api.commands.decision import Command
from okr_api.commands.key_results import EditKR, NewKR
from okr_api.commands.objectives import AlignObjective, CreateObjective, EditObjective, UnalignObjective
from okr_api.commands.owners import RegisterOwner
from okr_api.domain.objective import LinkTarget
from okr_api.domain.values import OwnerLevel, TargetKind
from okr_api.graphql.asked import Asked
from okr_api.graphql.context import Context, Service
from okr_api.graphql.execution import executed
from okr_api.local.postgres import EmbeddedPostgres
from okr_api.settings import read_settings

OBJECTIVES, KEY_RESULTS, BRANCHES = 2000, 4, 10
CHANGES = 500
WARM = 5
OF_ITEMS = "item { ... on Objective { id title } ... on KeyResult { id title } }"
TREE = f"query($cycle: ID!) {{ cascade(cycleId: $cycle) {{ nodes {{ itemId parentId link depth {OF_ITEMS} }} }} }}"
DIFF = f"""query($cycle: ID!, $from: AsOf!, $to: AsOf) {{ cascadeDiff(cycleId: $cycle, from: $from, to: $to) {{
    added removed moved changed
    changes {{ totalCount nodes {{ kind {OF_ITEMS} parentBefore parentAfter fields {{ field before after }} }} }}
    linksAdded {{ parentId childId link }} linksRemoved {{ parentId childId link }}
}} }}"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        dsn = running.enter_context(EmbeddedPostgres(Path(folder) / "server", durable=False)).dsn()
        prepare(dsn)
        running.enter_context(process("projector", dsn))
        asyncio.run(compare(dsn))


async def compare(dsn: str) -> None:
    async with opened(read_settings(database_url=dsn, environment="development")) as service:
        cycle, begin, end = await grown(service)
        # Somebody goes on working, so that neither cut is the live one.
        await do(service, CreateCycle(name="Next", starts_on=YEAR[0], ends_on=YEAR[1]))
        await service.live.at_least(service.application._acknowledged, PATIENCE)
        given = {"cycle": str(cycle), "from": {"position": begin}, "to": {"position": end}}
        cold = await took(service, DIFF, given)
        warm = statistics.median([await took(service, DIFF, given) for _ in range(WARM)])
        tree = statistics.median([await took(service, TREE, given) for _ in range(WARM)])
    print(f"live tree {tree:.0f} ms, diff cold {cold:.0f} ms, warm {warm:.0f} ms")
    print(json.dumps({"bench": "diff", "ratios": {"cold": round(tree / cold, 3), "warm": round(tree / warm, 3)}}))


async def took(service: Service, question: str, given: dict[str, Any]) -> float:
    """Milliseconds until the answer is bytes."""
    begun = time.perf_counter()
    context = Context(service, service.reading(DEVELOPMENT), "bench")
    result = await executed(Asked(question, given, None, may_change=False, min_position=None), context)
    assert not result.errors, result.errors
    orjson.dumps(result.data)
    return (time.perf_counter() - begun) * 1000


async def grown(service: Service) -> tuple[UUID, int, int]:
    """The cycle, and the cuts before and after the changes."""
    run = partial(do, service)
    owner = await run(RegisterOwner(name="CEO", level=OwnerLevel.COMPANY))
    cycle = await run(CreateCycle(name="Year", starts_on=YEAR[0], ends_on=YEAR[1]))
    await run(OpenCycle(id=cycle))
    new = tuple(NewKR(title="Key result", metric=REVENUE) for _ in range(KEY_RESULTS))
    objectives: list[UUID] = []
    while len(objectives) < OBJECTIVES:
        above = objectives[: max(1, (len(objectives) + BRANCHES) // BRANCHES)]
        made = [
            run(CreateObjective(cycle_id=cycle, owner_id=owner, title="O", key_results=new, align_to=_to(above, n)))
            for n in range(min(100, OBJECTIVES - len(objectives)))
        ]
        objectives += await asyncio.gather(*made)
        print(f"{len(objectives)} of {OBJECTIVES} objectives", flush=True)
    begin = service.application._acknowledged
    snapshot = await service.live.at_least(begin, PATIENCE)
    for number, objective in enumerate(objectives[-CHANGES:]):
        node = snapshot.objectives[objective]
        for command in change(number, objective, node.key_results[0].id, node.serves[0].target_id, objectives[1]):
            await run(command)
    return cycle, begin, service.application._acknowledged


def change(number: int, objective: UUID, key_result: UUID, above: UUID, other: UUID) -> list[Command]:
    """One of four that take turns: a text, a weight, a check-in, another parent."""
    match number % 4:
        case 0:
            return [EditObjective(id=objective, title="Another title")]
        case 1:
            return [EditKR(id=key_result, weight=Decimal(2))]
        case 2:
            return [RecordCheckIn(key_result=KeyResultRef(id=key_result), value=Decimal(5))]
    former, new = (LinkTarget(TargetKind.OBJECTIVE, i) for i in (above, other))
    return [UnalignObjective(objective_id=objective, from_=former), AlignObjective(objective_id=objective, to=new)]


def _to(above: list[UUID], number: int) -> tuple[LinkTarget, ...]:
    return (LinkTarget(TargetKind.OBJECTIVE, above[number % len(above)]),) if above else ()


async def do(service: Service, command: Command) -> UUID:
    done = await service.application.execute(command, Caller(DEVELOPMENT))
    return UUID(next(iter(done.result.values())))
