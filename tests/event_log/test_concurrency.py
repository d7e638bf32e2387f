"""Rules that hold exactly when many write at once, from two applications on one PostgreSQL."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from decimal import Decimal
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

import psycopg
import pytest

from examples import Q1, REVENUE
from okr_api.access.policy import DEVELOPMENT
from okr_api.application import Application, Caller, Done
from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn
from okr_api.commands.cycles import CloseCycle, CreateCycle, OpenCycle
from okr_api.commands.decision import Command
from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.commands.key_results import EditKR, NewKR
from okr_api.commands.objectives import AlignObjective, CreateObjective
from okr_api.commands.owners import RegisterOwner
from okr_api.domain.errors import Refused
from okr_api.domain.events import CheckInRecorded, KRAdded, KRDelegated, ObjectiveAligned
from okr_api.domain.objective import LinkTarget
from okr_api.domain.values import OwnerLevel, TargetKind
from okr_api.event_log.log import PostgresLog
from okr_api.event_log.mapper import to_event

LINKS = int(os.environ.get("OKR_RANDOM_LINKS", "3000"))
PATIENCE = 60.0
"""Seconds: so much at once takes a busy machine longer than who asks over HTTP would wait."""


class NoFacts:
    """Nothing is known of the read side."""

    def __init__(self, position: int) -> None:
        pass

    async def key_results_of(self, objective_id: UUID) -> list[UUID]:
        return []

    async def hanging_from(self, node_id: UUID) -> list[UUID]:
        return []

    async def owned_in(self, owner_id: UUID, cycle_id: UUID) -> tuple[list[UUID], list[UUID]]:
        return [], []

    async def current_value(self, key_result_id: UUID) -> Decimal | None:
        return None


@dataclass
class Plan:
    """Two applications that share a database, with one open quarter."""

    database: str
    logs: list[PostgresLog]
    applications: list[Application]
    owner: UUID
    cycle: UUID

    async def run(self, command: Command, application: int = 0, key: str | None = None) -> Done | Refused:
        try:
            return await self.applications[application].execute(command, Caller(DEVELOPMENT, key))
        except Refused as refused:
            return refused

    async def objectives(self, number: int, krs: int = 1) -> list[tuple[UUID, list[UUID]]]:
        """Objectives with their key results."""
        new = tuple(NewKR(title=f"KR {n}", metric=REVENUE) for n in range(krs))
        command = CreateObjective(cycle_id=self.cycle, owner_id=self.owner, title="O", key_results=new)
        await asyncio.gather(*(self.applications[0].execute(command, Caller(DEVELOPMENT)) for _ in range(number)))
        found: dict[UUID, list[UUID]] = {}
        for event in events(self.database):
            if isinstance(event, KRAdded):
                found.setdefault(event.objective_id, []).append(event.originator_id)
        return list(found.items())


def events(database: str) -> Iterable[Any]:
    with psycopg.connect(database) as connection:
        query = "SELECT originator_id, originator_version, topic, state FROM okr.events ORDER BY notification_id"
        for stream, version, topic, state in connection.execute(query):
            yield to_event(stream, version, topic, state)


def outcomes(results: Iterable[Done | Refused]) -> Counter[str]:
    return Counter(r.problems[0].code if isinstance(r, Refused) else "accepted" for r in results)


@pytest.fixture
async def plan(database: str) -> AsyncIterator[Plan]:
    async with PostgresLog(database, seconds=PATIENCE) as log, PostgresLog(database, seconds=PATIENCE) as other:
        applications = [Application(log, NoFacts), Application(other, NoFacts)]
        caller = Caller(DEVELOPMENT)
        company = await applications[0].execute(RegisterOwner(name="Company", level=OwnerLevel.COMPANY), caller)
        quarter = await applications[0].execute(CreateCycle(name="Q1", starts_on=Q1[0], ends_on=Q1[1]), caller)
        cycle = UUID(quarter.result["cycle"])
        await applications[0].execute(OpenCycle(id=cycle), caller)
        yield Plan(database, [log, other], applications, UUID(company.result["owner"]), cycle)


async def test_one_key_result_is_delegated_once_by_64_at_the_same_time(plan: Plan) -> None:
    [(_, [kr])] = await plan.objectives(1)
    delegate = DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=plan.owner))
    results = await asyncio.gather(*(plan.run(delegate, n % 2) for n in range(64)))
    assert outcomes(results) == {"accepted": 1, "ALREADY_DELEGATED": 63}
    assert sum(isinstance(event, KRDelegated) for event in events(plan.database)) == 1


async def test_64_key_results_are_delegated_at_once_in_few_transactions(plan: Plan) -> None:
    krs = [kr for _, [kr] in await plan.objectives(64)]
    before = plan.logs[1].group_commit.batches
    results = await asyncio.gather(
        *(plan.run(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=plan.owner)), application=1) for kr in krs)
    )
    assert outcomes(results) == {"accepted": 64}
    assert plan.logs[1].group_commit.batches - before <= 16


async def test_no_check_in_is_recorded_after_its_cycle_closed(plan: Plan) -> None:
    krs = [kr for _, [kr] in await plan.objectives(50)]
    results: list[Done | Refused] = []

    async def check_in(number: int) -> None:
        command = RecordCheckIn(key_result=KeyResultRef(id=krs[number % 50]), value=Decimal(number % 10))
        results.append(await plan.run(command, number % 2))
        if len(results) == 1000:
            enough.set()

    enough = asyncio.Event()

    async def close() -> None:
        await enough.wait()
        assert isinstance(await plan.run(CloseCycle(id=plan.cycle)), Done)

    gate = asyncio.Semaphore(200)

    async def gated(number: int) -> None:
        async with gate:
            await check_in(number)

    await asyncio.gather(close(), *(gated(number) for number in range(5000)))
    topics = [type(event).__name__ for event in events(plan.database)]
    assert "CheckInRecorded" not in topics[topics.index("CycleClosed") :]
    told = outcomes(results)
    assert set(told) == {"accepted", "CYCLE_CLOSED"}
    assert told["accepted"] == topics.count("CheckInRecorded")


async def test_one_key_sent_by_many_at_once_is_one_event_and_one_answer(plan: Plan) -> None:
    [(_, [kr])] = await plan.objectives(1)
    check_in = RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(3))
    results = await asyncio.gather(*(plan.run(check_in, n % 2, key="same") for n in range(50)))
    await plan.run(CloseCycle(id=plan.cycle))
    results.append(await plan.run(check_in, 1, key="same"))
    assert all(isinstance(result, Done) for result in results)
    assert len({(r.result["checkIn"], r.position) for r in results if isinstance(r, Done)}) == 1
    assert sum(isinstance(r, Done) and not r.duplicate for r in results) == 1
    assert sum(type(event).__name__ == "CheckInRecorded" for event in events(plan.database)) == 1


async def test_check_ins_that_were_asked_for_together_are_recorded_in_that_order_whatever_they_meet(plan: Plan) -> None:
    [(_, [kr])] = await plan.objectives(1)
    check_ins = [RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(n)) for n in range(600)]
    asked = [(check_in, Caller(DEVELOPMENT)) for check_in in check_ins]
    for number in range(3):
        results = asyncio.create_task(plan.applications[1].execute_all(asked))
        edits = [plan.run(EditKR(id=kr, title=f"{number} {n}")) for n in range(3)]
        await asyncio.gather(results, *edits)
    values = [event.value for event in events(plan.database) if isinstance(event, CheckInRecorded)]
    assert values == [check_in.value for check_in in check_ins] * 3


async def test_random_linking_at_once_stores_no_loop(plan: Plan) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    objectives = await plan.objectives(600, krs=2)

    def link() -> Command:
        # Among few at a time, so that most links meet others.
        few = chance.randrange(100) * 6
        (low, _), (high, krs) = (objectives[few + chance.randrange(6)] for _ in range(2))
        match chance.randrange(3):
            case 0:
                return AlignObjective(objective_id=low, to=LinkTarget(TargetKind.OBJECTIVE, high))
            case 1:
                return AlignObjective(objective_id=low, to=LinkTarget(TargetKind.KEY_RESULT, chance.choice(krs)))
        return DelegateKR(key_result_id=chance.choice(krs), to=Delegation(to_objective_id=low))

    gate = asyncio.Semaphore(32)

    async def one(number: int) -> Done | Refused:
        async with gate:
            return await plan.run(link(), number % 2)

    results = await asyncio.gather(*(one(number) for number in range(LINKS)))
    told = outcomes(results)
    assert told["WOULD_CREATE_LOOP"] > 0
    assert told["accepted"] > 0
    graph: dict[UUID, set[UUID]] = {}
    for event in events(plan.database):
        match event:
            case KRAdded():
                graph.setdefault(event.originator_id, set()).add(event.objective_id)
            case ObjectiveAligned():
                graph.setdefault(event.originator_id, set()).add(event.target_id)
            case KRDelegated():
                graph.setdefault(event.objective_id, set()).add(event.originator_id)
    assert list(TopologicalSorter(graph).static_order())
