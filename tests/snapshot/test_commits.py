"""Which commit a position or a time falls on, in a log written by hand: two commits, a second apart."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from okr_api.domain.events import CycleCreated, ObjectiveCreated, OwnerRegistered, OwnerRenamed
from okr_api.domain.values import Text
from okr_api.snapshot.commits import NOTHING, Commit, Commits, InFuture
from read_models.history import ANA, GROW, START, YEAR, History, said

FIRST, SECOND = (Commit(position, START + timedelta(seconds=s)) for position, s in ((1, 1), (3, 2)))
DATABASE = "SELECT oid FROM pg_database WHERE datname = current_database()"


@pytest.fixture
def history(database: str) -> Iterator[History]:
    history = History(database)
    history.commit(said(OwnerRegistered, ANA))
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW))
    yield history
    history.close()


@pytest.fixture
def commits(history: History, pool: AsyncConnectionPool[Any]) -> Commits:
    return Commits(pool)


@pytest.mark.parametrize(("seconds", "found"), [(0, NOTHING), (1, FIRST), (1.5, FIRST), (2, SECOND), (60, SECOND)])
async def test_a_time_is_the_last_commit_recorded_by_then(commits: Commits, seconds: float, found: Commit) -> None:
    assert await commits.at(START + timedelta(seconds=seconds)) == found


@pytest.mark.parametrize(("position", "found"), [(0, NOTHING), (1, FIRST), (2, FIRST), (3, SECOND)])
async def test_a_position_inside_a_commit_is_the_commit_before(commits: Commits, position: int, found: Commit) -> None:
    assert await commits.at(position) == found


async def test_what_the_log_has_not_come_to_is_in_the_future(commits: Commits) -> None:
    with pytest.raises(InFuture, match="position 4"):
        await commits.at(4)
    with pytest.raises(InFuture):
        await commits.at(datetime.now(UTC) + timedelta(minutes=6))
    assert await commits.at(datetime.now(UTC) + timedelta(minutes=4)) == SECOND, "clocks differ a little"


async def test_a_time_that_has_not_passed_may_still_get_a_commit(history: History, commits: Commits) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=4)
    assert await commits.at(soon) == SECOND
    assert (await commits.at(history.commit(said(OwnerRenamed, ANA, name=Text.typed("Ann"))))).position == 4
    assert (await commits.at(soon)).position == 4


async def test_a_time_that_has_just_passed_waits_for_who_appends(
    history: History, commits: Commits, database: str
) -> None:
    async with await AsyncConnection.connect(database, autocommit=True) as appending:
        await appending.execute("SELECT pg_advisory_lock(hashtext('okr.append'))")
        asked = asyncio.create_task(commits.at(datetime.now(UTC)))
        waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (%s)"
        (known,) = await (await appending.execute(DATABASE)).fetchone() or ()
        while not (await appending.execute(waiting, [known])).rowcount:
            pass
        position = history.commit(said(OwnerRenamed, ANA, name=Text.typed("Ann")))
        await appending.execute("SELECT pg_advisory_unlock(hashtext('okr.append'))")
    assert (await asked).position == position
