"""The live snapshot: it follows the facts through a rebuild, never goes back, and knows when the database is away."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import psycopg
import pytest

from okr_api.snapshot.live import Live
from projector import facts_schema
from projector.connection import connect
from projector.rebuild import refill
from snapshot.conftest import Organisation

PATIENCE = 20.0


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def schemas(dsn: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'okr_facts%'")
        return {name for (name,) in found}


def quietly(done: int, of: int) -> None:
    pass


async def test_new_facts_are_held_before_they_are_read_and_nothing_is_shown_of_them_until_then(
    organisation: Organisation,
) -> None:
    await organisation.read()
    async with Live(organisation.dsn) as live, await connect(organisation.dsn) as connection:
        former = live.snapshot
        number = await facts_schema.begin_next(connection)
        await facts_schema.announce(connection, number)
        async with asyncio.timeout(PATIENCE):
            while await facts_schema.unprepared(connection, number):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert live.snapshot is former


async def test_a_rebuild_waits_until_nobody_reads_the_former_facts(organisation: Organisation) -> None:
    await organisation.read()
    async with Live(organisation.dsn, leaving_seconds=PATIENCE) as live:
        position = live.snapshot.position
        rebuilding = asyncio.create_task(refill(organisation.dsn, quietly))
        await until(lambda: live.snapshot.facts_schema == "okr_facts_2")
        assert live.snapshot.position == position
        assert schemas(organisation.dsn) == {"okr_facts_1", "okr_facts_2"}
        assert not rebuilding.done()
    await rebuilding
    assert schemas(organisation.dsn) == {"okr_facts_2"}


async def test_facts_of_a_newer_version_with_more_columns_are_read(
    organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await organisation.read()
    newer = copytree(facts_schema.TABLES, tmp_path / "newer")
    owners = newer / "owners.sql"
    owners.write_text(owners.read_text() + "\nALTER TABLE owners ADD COLUMN pronouns text;\n")
    async with Live(organisation.dsn) as live:
        monkeypatch.setattr(facts_schema, "TABLES", newer)
        facts_schema.fingerprint.cache_clear()
        try:
            assert facts_schema.is_stale(organisation.dsn)
            await refill(organisation.dsn, quietly)
        finally:
            facts_schema.fingerprint.cache_clear()
        await until(lambda: live.snapshot.facts_schema == "okr_facts_2")
        assert live.age is None


async def test_a_newer_version_waits_until_its_projector_has_rebuilt_the_facts(
    organisation: Organisation, caplog: pytest.LogCaptureFixture
) -> None:
    position = (await organisation.read()).position
    with psycopg.connect(organisation.dsn, autocommit=True) as connection:
        connection.execute("ALTER TABLE okr_facts_1.owners DROP COLUMN level")
    live = Live(organisation.dsn)
    beginning = asyncio.create_task(live.__aenter__())
    try:
        await until(lambda: "waiting for a projector" in caplog.text)
        await refill(organisation.dsn, quietly)
        await beginning
        assert (live.snapshot.facts_schema, live.snapshot.position) == ("okr_facts_2", position)
    finally:
        beginning.cancel()
        await live.__aexit__()


async def test_where_newer_facts_cannot_be_read_what_was_known_goes_on_and_its_age_is_told(
    organisation: Organisation,
) -> None:
    await organisation.read()
    async with Live(organisation.dsn) as live:
        former = live.snapshot
        with psycopg.connect(organisation.dsn) as connection:
            connection.execute("CREATE SCHEMA okr_facts_2")
            connection.execute("UPDATE okr.facts_pointer SET number = 2")
        await until(lambda: live.age is not None)
        assert live.snapshot is former
        assert live.silence < (live.age or 0.0), "the database answers, so writes go on"


async def test_facts_that_fell_behind_catch_up_and_the_snapshot_does_not_go_back(organisation: Organisation) -> None:
    await organisation.read()
    async with Live(organisation.dsn) as live:
        newest = live.snapshot
        with psycopg.connect(organisation.dsn) as connection:
            connection.execute("UPDATE okr_facts_1.projected SET position = position - 1")
            connection.execute("NOTIFY okr_facts")
        for _ in range(2):
            live._told.set()
            await until(lambda: not live._told.is_set())
        assert live.snapshot is newest


async def test_a_log_that_was_put_back_is_believed(
    organisation: Organisation, caplog: pytest.LogCaptureFixture
) -> None:
    await organisation.read()
    async with Live(organisation.dsn) as live:
        position = live.snapshot.position
        with psycopg.connect(organisation.dsn) as connection:
            connection.execute("ALTER TABLE okr.events DISABLE TRIGGER ALL")
            connection.execute("DELETE FROM okr.events WHERE notification_id = %s", [position])
            connection.execute("UPDATE okr_facts_1.projected SET position = position - 1")
        await until(lambda: live.snapshot.position == position - 1)
    assert "lost what was acknowledged" in caplog.text


async def test_the_age_is_told_while_the_facts_cannot_be_read(organisation: Organisation) -> None:
    await organisation.read()
    async with Live(organisation.dsn) as live:
        assert live.age is None
        with psycopg.connect(organisation.dsn, autocommit=True) as connection:
            connection.execute("ALTER SCHEMA okr_facts_1 RENAME TO elsewhere")
            await until(lambda: live.age is not None and live.age > 2)
            connection.execute("ALTER SCHEMA elsewhere RENAME TO okr_facts_1")
        await until(lambda: live.age is None)
