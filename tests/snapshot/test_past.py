"""Past cuts: loaded once for all who ask, kept while there is room, and never beyond a rebuild."""

import asyncio
import gc
import tracemalloc
from dataclasses import replace
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn
from okr_api.commands.owners import ErasePerson, RegisterOwner
from okr_api.domain.values import OwnerLevel
from okr_api.snapshot import past
from okr_api.snapshot.commits import Commit
from okr_api.snapshot.past import PastCuts, size_of
from okr_api.snapshot.snapshot import Snapshot
from projector.rebuild import refill
from snapshot.conftest import Organisation

ROOM = 64 * 1024 * 1024


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The positions that were loaded."""
    loaded: list[int] = []
    load_as_of = past.load_as_of

    async def load(connection: Any, position: int, *time: Any) -> Snapshot:
        loaded.append(position)
        return await load_as_of(connection, position, *time)

    monkeypatch.setattr(past, "load_as_of", load)
    return loaded


async def cut(organisation: Organisation) -> Commit:
    snapshot = await organisation.read()
    return Commit(snapshot.position, snapshot.time)


async def test_all_who_ask_for_a_cut_wait_for_one_load(
    organisation: Organisation, pool: AsyncConnectionPool[Any], loads: list[int]
) -> None:
    then, cuts = await cut(organisation), PastCuts(pool, ROOM)
    await organisation.objective("Later")
    today = await organisation.read()
    asked = await asyncio.gather(*(cuts.at(then, today) for _ in range(5)))
    assert {snapshot.position for snapshot in (*asked, await cuts.at(then, today))} == {then.position}
    assert asked[0].time == then.recorded_at
    assert loads == [then.position]


async def test_who_gives_up_leaves_the_load_to_the_others(
    organisation: Organisation, pool: AsyncConnectionPool[Any], loads: list[int]
) -> None:
    then, cuts, today = await cut(organisation), PastCuts(pool, ROOM), organisation.snapshot
    first, second = (asyncio.create_task(cuts.at(then, today)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).position == then.position
    assert loads == [then.position]


async def test_those_asked_for_last_are_kept(
    organisation: Organisation, pool: AsyncConnectionPool[Any], loads: list[int]
) -> None:
    one, two, three = [await cut(organisation), *[await _next(organisation) for _ in range(2)]]
    today = organisation.snapshot
    cuts = PastCuts(pool, size_of(today) * 2)
    for then in (one, two, one, three, one, two):
        await cuts.at(then, today)
    assert loads == [then.position for then in (one, two, three, two)]
    assert cuts._bytes <= size_of(today) * 2


async def test_without_room_a_cut_is_answered_and_forgotten(
    organisation: Organisation, pool: AsyncConnectionPool[Any], loads: list[int]
) -> None:
    then, cuts = await cut(organisation), PastCuts(pool, 0)
    for _ in range(2):
        assert (await cuts.at(then, organisation.snapshot)).position == then.position
    assert len(loads) == 2
    assert cuts._bytes == 0


async def test_a_rebuild_loads_a_kept_cut_from_the_new_facts(
    organisation: Organisation, pool: AsyncConnectionPool[Any], loads: list[int]
) -> None:
    then, cuts = await cut(organisation), PastCuts(pool, ROOM)
    before = await cuts.at(then, organisation.snapshot)
    await refill(organisation.dsn, lambda done, of: None)
    after = await cuts.at(then, await organisation.read_afresh())
    assert before.facts_schema != after.facts_schema
    assert len(loads) == 2


async def test_a_kept_cut_answers_without_the_database(organisation: Organisation) -> None:
    then, today = await cut(organisation), organisation.snapshot
    async with AsyncConnectionPool(organisation.dsn, open=False) as pool:
        cuts = PastCuts(pool, ROOM)
        kept = await cuts.at(then, today)
    assert (await cuts.at(then, today)).objectives is kept.objectives
    with pytest.raises(psycopg.OperationalError):
        await cuts.at(replace(then, position=1), today)
    assert cuts._loading == {}


async def test_a_kept_cut_forgets_who_is_erased(organisation: Organisation, pool: AsyncConnectionPool[Any]) -> None:
    ana = await organisation.given(RegisterOwner(name="Ana", level=OwnerLevel.INDIVIDUAL, parent_id=organisation.ceo))
    then, cuts = await cut(organisation), PastCuts(pool, ROOM)
    assert (await cuts.at(then, organisation.snapshot)).owners[ana].name == "Ana"
    await organisation.given(ErasePerson(owner_id=ana))
    named = await cuts.at(then, await organisation.read())
    assert named.owners[ana].name is None
    await organisation.objective("Later")
    assert await cuts.at(then, await organisation.read()) is named, "names are put right when owners change only"


async def test_the_estimate_of_a_size_is_near_the_truth(organisation: Organisation) -> None:
    for number in range(60):
        await organisation.objective(f"Objective {number}", krs=("One", "Two", "Three"))
    for kr in list((await organisation.read()).key_results)[::2]:
        await organisation.given(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(5)))
    await organisation.read()
    gc.collect()
    tracemalloc.start()
    snapshot = await organisation.read_afresh()
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0.5 < size_of(snapshot) / taken < 2


async def _next(organisation: Organisation) -> Commit:
    await organisation.objective("Next")
    return await cut(organisation)
