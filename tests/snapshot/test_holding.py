"""Holding: the live snapshot keeps to its budget, and loads what is away when somebody asks."""

import asyncio
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from access.people import member
from examples import REVENUE
from okr_api.commands.carry_over import CarryOverObjective
from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn
from okr_api.commands.cycles import BeginClosingCycle, CloseCycle
from okr_api.commands.key_results import MoveKR, NewKR
from okr_api.commands.objectives import AlignObjective, CreateObjective, RestoreObjective, RetireObjective
from okr_api.domain.objective import Contribution, LinkTarget
from okr_api.domain.values import TargetKind, Visibility
from okr_api.snapshot import holding
from okr_api.snapshot.actors import Actors
from okr_api.snapshot.away import Away, Holder, Outlines, Where
from okr_api.snapshot.facts import LiveFacts
from okr_api.snapshot.live import Live
from okr_api.snapshot.partitions import Partition, roots_of, without
from okr_api.snapshot.sight import Sight
from okr_api.snapshot.sizes import size_of
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.whereabouts import Held, Whereabouts, found
from projector.rebuild import refill
from snapshot.conftest import Organisation
from snapshot.test_live import until
from snapshot.test_refresh import told

YEARS = range(2027, 2030)


@pytest.fixture
async def years(organisation: Organisation) -> list[UUID]:
    """Root cycles, each with an objective that has a key result, besides the one that there is."""
    found = []
    for year in YEARS:
        found.append(await organisation.cycle(str(year), (date(year, 1, 1), date(year, 12, 31))))
        await organisation.objective(f"Grow in {year}", cycle=found[-1], krs=("KR",))
    await organisation.objective("Grow now", krs=("KR",))
    await organisation.read()
    return found


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[UUID]]:
    """What was loaded."""
    loaded: list[frozenset[UUID]] = []
    load_partition = holding.load_partition

    async def load(connection: Any, roots: frozenset[UUID]) -> Partition:
        loaded.append(roots)
        return await load_partition(connection, roots)

    monkeypatch.setattr(holding, "load_partition", load)
    return loaded


def held(snapshot: Snapshot) -> frozenset[UUID]:
    return roots_of(snapshot) - snapshot.away


def _is_held(live: Live, roots: set[UUID]) -> bool:
    return held(live.snapshot) == roots


def whole(snapshot: Snapshot) -> dict[str, Any]:
    return told(snapshot) | {"time": None}


async def settled(live: Live, position: int) -> Snapshot:
    return await live.at_least(position, 20)


async def test_it_begins_with_the_newest_that_there_is_room_for(organisation: Organisation, years: list[UUID]) -> None:
    for change in (BeginClosingCycle, CloseCycle):
        await organisation.given(change(id=years[-1]))
    await organisation.read()
    room = size_of(without(organisation.snapshot, [years[0], years[2], organisation.year]))
    async with Live(organisation.dsn, most_bytes=room) as live:
        assert held(live.snapshot) == {years[1]}, "what is closed comes last"
    async with Live(organisation.dsn) as live:
        assert not live.snapshot.away


async def test_all_who_ask_wait_for_one_load_and_get_all_that_they_asked_for(
    organisation: Organisation, years: list[UUID], loads: list[frozenset[UUID]]
) -> None:
    every = frozenset([*years, organisation.year])
    async with Live(organisation.dsn, most_bytes=0) as live:
        assert held(live.snapshot) == {years[-1]}, "one is held, however large it is"
        found = await asyncio.gather(*(live.holding(every) for _ in range(5)))
        assert loads == [every - {years[-1]}]
        assert all(not snapshot.away for snapshot in found)
        assert whole(found[0]) == whole(organisation.snapshot)
        # Nor is the last one let go of that was asked for.
        await until(lambda: len(held(live.snapshot)) == 1)


async def test_who_gives_up_waiting_finds_it_when_they_ask_again(
    organisation: Organisation, years: list[UUID], loads: list[frozenset[UUID]]
) -> None:
    asked = frozenset([years[0]])
    async with Live(organisation.dsn, most_bytes=0) as live:
        waiting = asyncio.create_task(live.holding(asked))
        await until(lambda: loads == [asked])
        waiting.cancel()
        await until(partial(_is_held, live, set(asked)))
        assert years[0] not in (await live.holding(asked)).away
        assert loads == [asked]


async def test_those_asked_for_longest_ago_go_first(organisation: Organisation, years: list[UUID]) -> None:
    await organisation.read()
    room = size_of(without(organisation.snapshot, [years[2], organisation.year])) + 300
    async with Live(organisation.dsn, most_bytes=room) as live:
        assert held(live.snapshot) == {years[1], years[2]}
        for asked, stay in ((years[1], {years[1], years[2]}), (years[0], {years[1], years[0]})):
            (await live.holding(frozenset([asked]))).of_cycle(asked)
            await settled(live, organisation.snapshot.position)
            await until(partial(_is_held, live, stay))
            assert size_of(live.snapshot) <= room


async def test_what_is_away_follows_the_log_all_the_same(organisation: Organisation, years: list[UUID]) -> None:
    kr = await organisation.kr("KR", cycle=years[0])
    await organisation.read()
    async with Live(organisation.dsn, most_bytes=0) as live:
        before = await live.holding(frozenset([years[0]]))
        await live.holding(frozenset([years[1]]))
        await organisation.given(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(5)))
        more = await organisation.objective("More", cycle=years[0])
        position = (await organisation.read()).position
        assert years[0] in (await settled(live, position)).away
        after = await live.holding(frozenset([years[0]]))
        assert before.objectives[before.key_results[kr].row.objective_id].progress is None
        assert after.objectives[after.key_results[kr].row.objective_id].progress == Decimal("0.5")
        assert more in after.of_cycle(years[0])
        assert whole(await live.holding(frozenset([*years, organisation.year]))) == whole(organisation.snapshot)


async def test_a_root_cycle_that_is_new_is_held(organisation: Organisation, years: list[UUID]) -> None:
    async with Live(organisation.dsn, most_bytes=0) as live:
        new = await organisation.cycle("2031", (date(2031, 1, 1), date(2031, 12, 31)))
        objective = await organisation.objective("New", cycle=new)
        snapshot = await settled(live, (await organisation.read()).position)
        assert snapshot.away >= set(years)
        assert (await live.holding(frozenset([new]))).of_cycle(new) == (objective,)


async def test_facts_are_rebuilt_while_partitions_are_away(organisation: Organisation, years: list[UUID]) -> None:
    async with Live(organisation.dsn, most_bytes=0) as live:
        held_before = await live.holding(frozenset([years[0]]))
        rebuilding = asyncio.create_task(refill(organisation.dsn, lambda done, of: None))
        asked = [years[1], organisation.year, years[2], years[0]]
        number = 0
        while not rebuilding.done() or number < 8:
            roots = frozenset([asked[number % 4]])
            assert not roots & (await live.holding(roots)).away
            number += 1
        await rebuilding
        await until(lambda: live.snapshot.facts_schema == "okr_facts_2")
        every = await live.holding(frozenset([*years, organisation.year]))
        assert every.facts_schema == "okr_facts_2"
        assert whole(every) == whole(organisation.snapshot)
        assert held_before.of_cycle(years[0]), "who holds the former one reads on"


async def test_where_nothing_can_be_loaded_whoever_asks_is_told_so(
    organisation: Organisation, years: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_partition = holding.load_partition

    async def fail(*_: Any) -> Partition:
        raise psycopg.OperationalError("gone")

    async with Live(organisation.dsn, most_bytes=0) as live:
        monkeypatch.setattr(holding, "load_partition", fail)
        with pytest.raises(psycopg.OperationalError):
            await live.holding(frozenset([years[0]]))
        monkeypatch.setattr(holding, "load_partition", load_partition)
        assert (await live.holding(frozenset([years[0]]))).of_cycle(years[0])


async def test_a_key_result_that_moves_to_another_year_is_where_it_is_now(
    organisation: Organisation, years: list[UUID]
) -> None:
    """What supported it was retired before, names it still, and counts again once it is restored."""
    o = organisation
    kr = await o.kr("KR", cycle=years[0])
    below = await o.objective("Below", cycle=years[0], krs=("Measured",))
    there = await o.objective("There", cycle=years[1])
    measured = (await o.read()).objectives[below].key_results[0].id
    to, contribution = LinkTarget(TargetKind.KEY_RESULT, kr), Contribution(True, Decimal(1))
    await o.given(AlignObjective(objective_id=below, to=to, contribution=contribution))
    await o.given(RecordCheckIn(key_result=KeyResultRef(id=measured), value=Decimal(5)))
    await o.given(RetireObjective(id=below))
    await o.read()
    room = size_of(without(o.snapshot, [years[0], years[2], o.year])) + 300
    async with Live(o.dsn, most_bytes=room) as live:
        await live.holding(frozenset([years[1]]))
        assert years[0] in live.snapshot.away
        await o.given(MoveKR(id=kr, to_objective_id=there))
        await o.given(RestoreObjective(id=below))
        await settled(live, (await o.read()).position)
        found = await live.holding(frozenset([years[1]]))
        assert not found.away & {years[0], years[1]}, "they are tied"
        assert found.objectives[there].progress == o.snapshot.objectives[there].progress == Decimal("0.5")
        assert whole(await live.holding(frozenset([*years, o.year]))) == whole(o.snapshot)


async def test_a_miss_is_neither_yes_nor_no(
    organisation: Organisation, years: list[UUID], pool: AsyncConnectionPool[Any]
) -> None:
    old = await organisation.given(
        CreateObjective(cycle_id=years[0], owner_id=organisation.ceo, title="O", external_ref="x")
    )
    new = await organisation.given(CarryOverObjective(id=old, to_cycle_id=years[1]))
    await organisation.read()
    nowhere, whereabouts = uuid4(), Whereabouts(pool)
    async with Live(organisation.dsn, most_bytes=0) as live:
        snapshot = live.snapshot
        for asked, lookups in (
            (lambda s: s.objective(new), {Where(new)}),
            (lambda s: s.key_result(nowhere), {Where(nowhere)}),
            (lambda s: s.node(nowhere), {Where(nowhere)}),
            (lambda s: s.holder("Objective", "x"), {Holder("Objective", "x")}),
            (lambda s: s.outlines(closed=True), {Outlines(True, snapshot.away)}),
        ):
            with pytest.raises(Away) as away:
                asked(snapshot)
            assert away.value.lookups == lookups
        for asked in (lambda s: s.of_cycle(years[1]), lambda s: s.require(years[1])):
            with pytest.raises(Away) as away:
                asked(snapshot)
            assert away.value.roots == {years[1]}
        assert (await found(live, whereabouts, live.snapshot, lambda s: s.node(nowhere))) is None
        assert (await found(live, whereabouts, live.snapshot, lambda s: s.holder("Objective", "x"))) == new
        node = await found(live, whereabouts, live.snapshot, lambda s: s.objective(new))
        assert node is not None
        assert node.row.continues_from == old
        proven = await Held().bring(live, whereabouts, Away(snapshot, lookups=[Where(nowhere)]), snapshot)
        await organisation.objective("Later")
        await settled(live, (await organisation.read()).position)
        assert not live.snapshot.proven, "what was true at a cut is not said of another one"
        assert proven.proven


async def test_what_is_hidden_is_hidden_though_it_is_away(
    organisation: Organisation, years: list[UUID], pool: AsyncConnectionPool[Any]
) -> None:
    new = CreateObjective(
        cycle_id=years[0],
        owner_id=organisation.vp,
        title="Hidden",
        visibility=Visibility.LINE,
        key_results=(NewKR(title="KR", metric=REVENUE),),
    )
    hidden = await organisation.given(new)
    shown = await organisation.objective("Shown", cycle=years[0])
    full = await organisation.read()
    key_result = full.objectives[hidden].key_results[0]
    whereabouts, nobody = Whereabouts(pool), member("nobody")
    async with Live(organisation.dsn, most_bytes=0) as live:
        nothing = live.snapshot
        for ask in (
            lambda s: Sight(nobody, s).sees(full.objectives[hidden]),
            lambda s: Sight(nobody, s).sees(full.objectives[shown]),
            lambda s: Sight(nobody, s).sees_today(key_result),
            lambda s: Sight(nobody, s).hidden,
        ):
            with pytest.raises(Away):
                ask(nothing)
            assert await found(live, whereabouts, live.snapshot, ask) == ask(full)
        assert Sight(nobody, full).hidden == {hidden, key_result.id}


async def test_an_outline_of_fewer_partitions_is_no_outline_of_more(
    organisation: Organisation, years: list[UUID], pool: AsyncConnectionPool[Any]
) -> None:
    async with Live(organisation.dsn, most_bytes=0) as live:
        less = await live.holding(frozenset(years))
        assert less.away == {organisation.year}
        proven = await Held().bring(live, Whereabouts(pool), Away(less, lookups=[Outlines(True, less.away)]), less)
        assert proven.outlines(closed=True) == []
        with pytest.raises(Away):
            without(proven, years).outlines(closed=True)


async def test_decisions_find_what_is_away(
    organisation: Organisation, years: list[UUID], pool: AsyncConnectionPool[Any]
) -> None:
    kr = await organisation.kr("KR", cycle=years[0])
    await organisation.given(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(5)))
    full = await organisation.read()
    objective = full.key_results[kr].row.objective_id
    async with Live(organisation.dsn, most_bytes=0) as live:
        facts = LiveFacts(live, Actors(pool), Whereabouts(pool), full.position)
        assert await facts.key_results_of(objective) == [kr]
        assert await facts.hanging_from(kr) == []
        assert await facts.current_value(kr) == Decimal(5)
        assert await facts.key_results_of(uuid4()) == []
        objectives, key_results = await facts.owned_in(organisation.ceo, years[0])
        assert (objective in objectives, kr in key_results) == (True, True)
