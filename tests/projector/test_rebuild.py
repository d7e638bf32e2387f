"""A rebuild: the same facts anew, and the pointer moved to them."""

import asyncio
from asyncio import to_thread
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from okr_api.domain.events import CheckInRecorded, CycleCreated, CycleOpened
from projector import facts_schema
from projector.batches import Overtaken, Poison, Projection
from projector.connection import connect
from projector.rebuild import catch_up, rebuild
from read_models.facts import dump, pointer, position, project
from read_models.history import YEAR, History, named, said
from read_models.random_history import random_history


def quietly(done: int, of: int) -> None:
    pass


def schemas(dsn: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'okr_facts%'")
        return {name for (name,) in found}


async def test_a_rebuild_makes_the_same_facts_and_drops_the_former(database: str, history: History) -> None:
    last = history.commits(list(random_history(1, events=300)))
    await project(database)
    before = dump(database, "okr_facts_1")
    told: list[tuple[int, int]] = []
    await to_thread(rebuild, database, lambda done, of: told.append((done, of)), 100)
    assert dump(database, "okr_facts_2") == before
    assert schemas(database) == {"okr_facts_2"}
    assert (pointer(database), position(database)) == (2, last)
    assert told[-1] == (last, last)
    assert told == sorted(told)


async def test_a_rebuild_that_was_interrupted_goes_on_from_there(database: str, history: History) -> None:
    last = history.commits(list(random_history(2, events=300)))
    await project(database)
    before = dump(database, "okr_facts_1")

    def interrupt(done: int, of: int) -> None:
        if done > 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await to_thread(rebuild, database, interrupt, 50)
    assert pointer(database) == 1
    told: list[int] = []
    await to_thread(rebuild, database, lambda done, of: told.append(done), 50)
    assert told[0] > 150
    assert (pointer(database), position(database)) == (2, last)
    assert dump(database, "okr_facts_2") == before


async def test_facts_that_somebody_reads_stay_until_the_next_projector_leads(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR))
    async with await connect(database) as reading, await connect(database) as leading:
        await reading.execute("SELECT okr.begin_reading(1)")
        async with leading.transaction():
            await leading.execute(facts_schema.creation("okr_facts_2"))
            await facts_schema.flip(leading, 2)
        assert await facts_schema.drop_unread(leading) == 1
        assert schemas(database) == {"okr_facts_1", "okr_facts_2"}
        await reading.execute("SELECT okr.end_reading(1)")
        assert await facts_schema.drop_unread(leading) == 0
    assert schemas(database) == {"okr_facts_2"}


async def test_a_rebuild_keeps_to_its_rate(database: str, history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    history.commits(list(random_history(3, events=100)))
    paused: list[float] = []
    monkeypatch.setattr("projector.rebuild.monotonic", lambda: sum(paused))

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    monkeypatch.setattr("projector.rebuild.asyncio.sleep", pause)
    async with await connect(database) as connection:
        projection = await Projection.of(connection, "okr_facts_1")
        await catch_up(projection, quietly, 5000, rate=50)
        assert sum(paused) == pytest.approx(projection.position / 50)


async def test_a_rebuild_replaces_what_another_version_left(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR))
    with psycopg.connect(database) as connection:
        connection.execute("CREATE SCHEMA okr_facts_2; CREATE TABLE okr_facts_2.cycles (half int)")
    await to_thread(rebuild, database, quietly)
    assert (pointer(database), position(database)) == (2, 1)


async def test_what_was_appended_at_the_last_moment_is_in_the_new_facts(
    database: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip = facts_schema.flip

    async def append_then_flip(connection: AsyncConnection[Any], number: int) -> None:
        history.commit(said(CycleOpened, YEAR))
        await flip(connection, number)

    monkeypatch.setattr(facts_schema, "flip", append_then_flip)
    history.commit(said(CycleCreated, YEAR))
    await to_thread(rebuild, database, quietly)
    assert (pointer(database), position(database)) == (2, 2)


async def test_a_batch_that_meets_a_flip_writes_nothing_into_the_former_facts(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR))
    async with await connect(database) as connection, await connect(database) as flipping:
        projection = await Projection.live(connection, await facts_schema.read_pointer(connection))
        async with flipping.transaction():
            await facts_schema.flip(flipping, 2)
            projecting = asyncio.create_task(projection.project(await projection.read(limit=1)))
            while not projecting.done() and not await is_blocked(flipping, connection.info.backend_pid):
                pass
        with pytest.raises(Overtaken):
            await projecting
    assert dump(database, "okr_facts_1")["cycles"] == b""


async def is_blocked(observer: AsyncConnection[Any], backend: int) -> bool:
    return (await observer.execute("SELECT FROM pg_locks WHERE pid = %s AND NOT granted", (backend,))).rowcount > 0


async def test_those_who_wait_for_facts_are_told_of_the_new_ones(database: str, history: History) -> None:
    last = history.commit(said(CycleCreated, YEAR))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("LISTEN okr_facts")
        await to_thread(rebuild, database, quietly)
        assert [news.payload for news in connection.notifies(timeout=10, stop_after=2)] == ["", str(last)]


async def test_a_log_that_cannot_be_projected_leaves_the_facts_that_are_read(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR))
    history.commit(said(CheckInRecorded, named("lost"), key_result_id=named("nowhere")))
    with pytest.raises(Poison, match="position 2"):
        await to_thread(rebuild, database, quietly)
    assert pointer(database) == 1
