"""A replay: what each commit did to a tree. All of its steps together are the tree of today."""

import random
from contextlib import suppress
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from psycopg_pool import AsyncConnectionPool

from domain.test_any_commands import LINKS, OTHERS, Chance
from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn
from okr_api.commands.cycles import BeginClosingCycle, CloseCycle
from okr_api.commands.key_results import RetargetKR, ScoreKR
from okr_api.domain.errors import Refused
from okr_api.domain.values import Approach
from okr_api.snapshot.cascade import cascade
from okr_api.snapshot.fields import stored
from okr_api.snapshot.loading import load_as_of
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.steps import Asked, Step, Steps, before_all
from snapshot.conftest import Organisation
from snapshot.test_diff import Tree, applied, plain, said
from snapshot.test_refresh import told


def tree(snapshot: Snapshot, cycle: UUID, root: UUID | None, view: Approach) -> Tree:
    """Every node with its parent and what it stores, and every link."""
    try:
        found = cascade(snapshot, cycle, root, view, 1000, 100_000)
    except Refused:
        return {}, set()
    return {p.node.id: (p.parent_id, said(stored(p.node))) for p in found.places}, set(found.edges)


def asked(
    start: Snapshot, now: Snapshot, cycle: UUID, root: UUID | None = None, view: Approach = Approach.MIXED
) -> Asked:
    return Asked(start, now.position, cycle, now.cycles[cycle].root_id, root, view)


async def walked(pool: AsyncConnectionPool[Any], wanted: Asked) -> list[Step]:
    return [step async for step in Steps(pool).walk(wanted)]


class Now:
    """What commands can be about: the streams as the log has them."""

    def __init__(self, organisation: Organisation) -> None:
        self.now: dict[UUID, Any] = {}
        for event in organisation.log.events:
            self.now[event.originator_id] = event.mutate(self.now.get(event.originator_id))
        self.log = self
        self.state = self.now.__getitem__

    target = Organisation.target


async def lived(organisation: Organisation, chance: random.Random, commands: int) -> Snapshot:
    await organisation.kr("Grow")
    await organisation.kr("Year", cycle=organisation.year)
    for make in chance.choices([*LINKS * 3, *OTHERS], k=commands):
        numbers = tuple(chance.randrange(31) for _ in range(6))
        command = make(Chance(Now(organisation), numbers))  # type: ignore[arg-type]
        if isinstance(command, BeginClosingCycle | CloseCycle):
            continue  # little would be accepted from there on
        with suppress(Refused):
            await organisation.application.execute(command, organisation.caller)
    return await organisation.read()


@pytest.mark.parametrize("_", range(2))
async def test_all_steps_together_are_the_tree_of_today(
    organisation: Organisation, pool: AsyncConnectionPool[Any], _: int
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    now = await lived(organisation, chance, 150)
    nodes = [*now.objectives, *now.key_results]
    for cycle in (organisation.year, organisation.q1):
        for view in Approach:
            for root in (None, *chance.sample(nodes, 3)):
                steps = await walked(pool, asked(before_all(now), now, cycle, root, view))
                made: Tree = ({}, set())
                for step in steps:
                    made = applied(made, step.told)
                    assert made == tree(step.after, cycle, root, view)
                assert made == tree(now, cycle, root, view)


async def test_a_cut_that_was_led_there_equals_one_that_was_loaded_there(
    organisation: Organisation, pool: AsyncConnectionPool[Any]
) -> None:
    now = await lived(organisation, random.Random(1), 120)
    steps = await walked(pool, asked(before_all(now), now, organisation.year))
    assert len(steps) > 10
    for number in range(0, len(steps), 3):
        cut = steps[number].after
        loaded = await load_as_of(organisation.reading, cut.position, cut.time)
        assert told(cut) == told(loaded)
        rest = await walked(pool, asked(loaded, now, organisation.year))
        assert [plain(step.told) for step in rest] == [plain(step.told) for step in steps[number + 1 :]]


async def test_check_ins_and_scores_are_no_steps_but_targets_are(
    organisation: Organisation, pool: AsyncConnectionPool[Any]
) -> None:
    kr = await organisation.kr("Grow")
    start = await organisation.read()
    await organisation.given(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(3)))
    await organisation.given(RetargetKR(id=kr, target=Decimal(20)))
    await organisation.given(BeginClosingCycle(id=organisation.q1))
    await organisation.given(ScoreKR(id=kr, score=Decimal("0.5")))
    (step,) = await walked(pool, asked(start, await organisation.read(), organisation.q1))
    (change,) = step.told.changes
    assert [(f.field, f.before, f.after) for f in change.fields] == [("target", Decimal(10), Decimal(20))]
    assert change.node.id == kr
    assert step.after.key_results[kr].progress.counting == Decimal("0.15")
