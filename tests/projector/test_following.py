"""The process at work: it follows the log through kills, poison, rebuilds and a database that goes away."""

import asyncio
import logging
import os
import subprocess
import sys
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress

import psycopg
import pytest

from okr_api.domain.events import EVENTS, CycleCreated, CycleOpened, ObjectiveCreated
from projector import batches, main, storing
from projector.rebuild import rebuild
from read_models.facts import dump, pointer, position, project, rows, wait_for
from read_models.history import GROW, YEAR, History, said
from read_models.random_history import random_history

RUN = "from okr_api.settings import read_settings; from projector.main import run; run(read_settings())"
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = database
WHERE locktype = 'advisory' AND datname = current_database()
"""
PATIENCE = 30.0


@asynccontextmanager
async def following(dsn: str) -> AsyncIterator[None]:
    """A projector at work in this process."""
    task = asyncio.create_task(main.follow(dsn, batch_events=100))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Heard(logging.Handler):
    """Waits for a line of the projector's log that holds some words."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words
        self._heard = asyncio.Event()
        main.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if self._words in record.getMessage():
            self._heard.set()

    async def wait(self) -> None:
        await asyncio.wait_for(self._heard.wait(), PATIENCE)
        main.logger.removeHandler(self)


@pytest.fixture
def start(database: str) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts projectors as processes of their own."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        environment = {**os.environ, "DATABASE_URL": database, "OKR_PROJECTOR_BATCH_EVENTS": "20"}
        started.append(subprocess.Popen([sys.executable, "-c", RUN], env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


async def test_what_is_appended_becomes_facts(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR))
    async with following(database):
        await to_thread(wait_for, database, 1)
        await to_thread(wait_for, database, history.commit(said(CycleOpened, YEAR)))
    assert [cycle["state"] for cycle in await rows(database, "cycles")] == ["DRAFT", "OPEN"]


def test_a_killed_projector_is_resumed_where_it_was(
    database: str, history: History, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    last = history.commits(list(random_history(2, events=2000)))
    killed = start()
    wait_for(database, 100)
    killed.kill()
    killed.wait()
    start()
    wait_for(database, last)
    asyncio.run(project(database, schema="anew"))
    assert dump(database, "okr_facts_1") == dump(database, "anew")


def test_a_standby_takes_over_when_the_leader_is_killed(
    database: str, history: History, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    leader = start()
    wait_for(database, history.commit(said(CycleCreated, YEAR)))
    start()
    leader.kill()
    wait_for(database, history.commit(said(CycleOpened, YEAR)))


async def test_a_leader_that_hangs_in_a_batch_holds_nothing_once_its_session_is_ended(
    database: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = asyncio.Event()

    async def hang(*_: object) -> None:
        monkeypatch.undo()
        hangs.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(storing, "FEW", 0)  # so that it is in the middle of a transaction
    monkeypatch.setattr(batches, "copy", hang)
    last = history.commit(said(CycleCreated, YEAR))
    async with following(database):
        await asyncio.wait_for(hangs.wait(), PATIENCE)
        async with following(database):
            with psycopg.connect(database) as admin:
                assert admin.execute(CUT).fetchall()
            await to_thread(wait_for, database, last)


def test_a_projector_that_is_told_to_stop_ends_in_good_order(
    database: str, history: History, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    process = start()
    wait_for(database, history.commit(said(CycleCreated, YEAR)))
    process.terminate()
    assert process.wait(timeout=5) == 0


async def test_an_unknown_event_parks_the_projector_until_it_is_known(
    database: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "PARKED_SECONDS", 0.1)
    monkeypatch.delitem(EVENTS, "CycleOpened")
    before = history.commit(said(CycleCreated, YEAR))
    poisoned = history.commit(said(CycleOpened, YEAR))
    last = history.commit(said(ObjectiveCreated, GROW))
    parked = Heard(f"PARKED, nothing after this is projected: position {poisoned} cannot be projected: UnknownEvent")
    async with following(database):
        await parked.wait()
        assert position(database) == before
        monkeypatch.undo()
        await to_thread(wait_for, database, last)
    assert [cycle["state"] for cycle in await rows(database, "cycles")] == ["DRAFT", "OPEN"]


async def test_a_projector_goes_on_after_its_connections_were_cut(database: str, history: History) -> None:
    async with following(database):
        await to_thread(wait_for, database, history.commit(said(CycleCreated, YEAR)))
        begins_again = Heard("begins again")
        with psycopg.connect(database) as admin:
            assert admin.execute(CUT).fetchall()
        await begins_again.wait()
        await to_thread(wait_for, database, history.commit(said(CycleOpened, YEAR)))


async def test_a_rebuild_under_a_projector_at_work_loses_nothing(database: str, history: History) -> None:
    commits = list(random_history(3, events=3000))
    history.commits(commits[:100])

    def append_the_rest() -> int:
        return [history.commit(*commit) for commit in commits[100:]][-1]

    async with following(database):
        appending = asyncio.create_task(to_thread(append_the_rest))
        for _ in range(3):
            await to_thread(rebuild, database, lambda done, of: None, 50)
        last = await appending
        await to_thread(wait_for, database, last)
    assert pointer(database) == 4
    await project(database, schema="anew")
    assert dump(database, "okr_facts_4") == dump(database, "anew")


async def test_a_projector_follows_a_rebuild_that_came_while_nothing_was_appended(
    database: str, history: History
) -> None:
    async with following(database):
        await to_thread(wait_for, database, history.commit(said(CycleCreated, YEAR)))
        await to_thread(rebuild, database, lambda done, of: None)
        await to_thread(wait_for, database, history.commit(said(CycleOpened, YEAR)))
    assert pointer(database) == 2


async def test_facts_of_older_table_definitions_are_rebuilt_first(database: str, history: History) -> None:
    last = history.commit(said(CycleCreated, YEAR))
    with psycopg.connect(database) as admin:
        admin.execute("UPDATE okr.facts_pointer SET fingerprint = 'older'")
        admin.execute("ALTER TABLE okr_facts_1.cycles DROP COLUMN rules")
    async with following(database):
        await to_thread(wait_for, database, last)
    assert pointer(database) == 2


async def test_facts_that_a_newer_version_made_are_left_alone(database: str, history: History) -> None:
    async with following(database):
        await to_thread(wait_for, database, history.commit(said(CycleCreated, YEAR)))
        parked = Heard("PARKED: a rebuild by another version made okr_facts_2")
        with psycopg.connect(database) as admin:
            admin.execute("ALTER SCHEMA okr_facts_1 RENAME TO okr_facts_2")
            admin.execute("UPDATE okr.facts_pointer SET number = 2, fingerprint = 'newer'")
        history.commit(said(CycleOpened, YEAR))
        await parked.wait()
    assert position(database) == 1
