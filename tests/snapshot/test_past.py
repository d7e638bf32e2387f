"""Past cuts: loaded once for all who ask, kept while there is room, and never beyond a rebuild."""

import asyncio
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from okr_api.commands.owners import ErasePerson, RegisterOwner
from okr_api.domain.values import OwnerLevel
from okr_api.snapshot import past
from okr_api.snapshot.away import Away
from okr_api.snapshot.commits import Commit
from okr_api.snapshot.partitions import roots_of
from okr_api.snapshot.past import PastCuts
from okr_api.snapshot.sizes import size_of
from okr_api.snapshot.snapshot import Snapshot
from projector.rebuild import refill
from snapshot.conftest import Organisation
from snapshot.test_refresh import told

ROOM = 64 * 1024 * 1024


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The positions that a partition was loaded of."""
    loaded: list[int] = []
    load_as_of = past.load_as_of

    async def load(connection: Any, position: int, time: datetime, roots: frozenset[UUID]) -> Snapshot:
        if roots:
            loaded.append(position)
        return await load_as_of(connection, position, time, roots)

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
    asked = await asyncio.gather(*(cuts.at(then, today, roots_of(today)) for _ in range(5)))
    assert {snapshot.position for snapshot in (*asked, await cuts.at(then, today, roots_of(today)))} == {then.position}
    assert asked[0].time == then.recorded_at
    assert loads == [then.position]


async def test_who_gives_up_leaves_the_load_to_the_others(
    organisation: Organisation, pool: AsyncConnectionPool[Any], loads: list[int]
) -> None:
    then, cuts, today = await cut(organisation), PastCuts(pool, ROOM), organisation.snapshot
    first, second = (asyncio.create_task(cuts.at(then, today, roots_of(today))) for _ in range(2))
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
        await cuts.at(then, today, roots_of(today))
    assert loads == [then.position for then in (one, two, three, two)]
    assert cuts._bytes <= size_of(today) * 2


async def test_without_room_a_cut_is_answered_and_forgotten(
    organisation: Organisation, pool: AsyncConnectionPool[Any], loads: list[int]
) -> None:
    then, cuts = await cut(organisation), PastCuts(pool, 0)
    for _ in range(2):
        assert (await cuts.at(then, organisation.snapshot, roots_of(organisation.snapshot))).position == then.position
    assert len(loads) == 2
    assert cuts._bytes == 0


async def test_a_rebuild_loads_a_kept_cut_from_the_new_facts(
    organisation: Organisation, pool: AsyncConnectionPool[Any], loads: list[int]
) -> None:
    then, cuts = await cut(organisation), PastCuts(pool, ROOM)
    before = await cuts.at(then, organisation.snapshot, roots_of(organisation.snapshot))
    await refill(organisation.dsn, lambda done, of: None)
    after = await cuts.at(then, today := await organisation.read_afresh(), roots_of(today))
    assert before.facts_schema != after.facts_schema
    assert len(loads) == 2


async def test_a_kept_cut_answers_without_the_database(organisation: Organisation) -> None:
    then, today = await cut(organisation), organisation.snapshot
    async with AsyncConnectionPool(organisation.dsn, open=False) as pool:
        cuts = PastCuts(pool, ROOM)
        kept = await cuts.at(then, today, roots_of(today))
    assert (await cuts.at(then, today, roots_of(today))).objectives is kept.objectives
    with pytest.raises(psycopg.OperationalError):
        await cuts.at(replace(then, position=1), today, roots_of(today))
    assert cuts._loading == {}


async def test_a_kept_cut_forgets_who_is_erased(organisation: Organisation, pool: AsyncConnectionPool[Any]) -> None:
    ana = await organisation.given(RegisterOwner(name="Ana", level=OwnerLevel.INDIVIDUAL, parent_id=organisation.ceo))
    then, cuts = await cut(organisation), PastCuts(pool, ROOM)
    assert (await cuts.at(then, organisation.snapshot, roots_of(organisation.snapshot))).owners[ana].name == "Ana"
    await organisation.given(ErasePerson(owner_id=ana))
    named = await cuts.at(then, await organisation.read())
    assert named.owners[ana].name is None
    await organisation.objective("Later")
    assert await cuts.at(then, await organisation.read()) is named, "names are put right when owners change only"


async def test_what_nobody_asked_for_is_not_loaded(
    organisation: Organisation, pool: AsyncConnectionPool[Any], loads: list[int]
) -> None:
    other = await organisation.cycle("2027", (date(2027, 1, 1), date(2027, 12, 31)))
    here, there = await organisation.objective("Here"), await organisation.objective("There", cycle=other)
    then, today, cuts = await cut(organisation), organisation.snapshot, PastCuts(pool, ROOM)
    with pytest.raises(Away):
        (await cuts.at(then, today)).of_cycle(other)
    assert loads == []
    one = await cuts.at(then, today, frozenset([other]))
    assert (one.away, list(one.objectives)) == ({organisation.year}, [there])
    both = await cuts.at(then, today, frozenset([organisation.year]))
    assert (both.away, set(both.objectives)) == (frozenset(), {here, there})
    assert told(both) | {"time": today.time} == told(today)
    assert len(loads) == 2


async def test_of_a_cut_those_partitions_stay_that_were_asked_for_last(
    organisation: Organisation, pool: AsyncConnectionPool[Any], loads: list[int]
) -> None:
    other = await organisation.cycle("2027", (date(2027, 1, 1), date(2027, 12, 31)))
    for cycle in (organisation.q1, other):
        for number in range(5):
            await organisation.objective(f"O{number}", cycle=cycle, krs=("KR",))
    then, today = await cut(organisation), organisation.snapshot
    year, next_year = frozenset([organisation.year]), frozenset([other])
    cuts = PastCuts(pool, size_of(today) - 1)
    for roots in (year, next_year, next_year, year, year):
        assert not roots & (await cuts.at(then, today, roots)).away
        assert cuts._bytes <= size_of(today) - 1
        assert cuts._bytes == sum(cuts._sizes.values())
    assert len(loads) == 3


async def _next(organisation: Organisation) -> Commit:
    await organisation.objective("Next")
    return await cut(organisation)
