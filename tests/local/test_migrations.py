"""Migrations: applied once, in order, and refused when database and code do not fit."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import psycopg
import pytest

from okr_api.event_log import migrations
from okr_api.event_log.migrations import Behind, check, is_empty, migrate, wait_until_migrated
from okr_api.settings import CannotStart

FIRST = "001_colours.sql"
SECOND = "002_more_colours.sql"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / FIRST).write_text("CREATE TABLE colours (name text); INSERT INTO colours VALUES ('100 % red');")
    (tmp_path / SECOND).write_text("INSERT INTO colours VALUES ('blue');")
    return tmp_path


def colours(dsn: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM colours")]


def test_files_are_applied_in_order_and_only_once(empty_database: str, folder: Path) -> None:
    assert migrate(empty_database, folder) == [FIRST, SECOND]
    assert migrate(empty_database, folder) == []
    assert colours(empty_database) == ["100 % red", "blue"]


def test_only_what_is_new_is_applied(empty_database: str, folder: Path) -> None:
    migrate(empty_database, folder)
    (folder / "003_green.sql").write_text("INSERT INTO colours VALUES ('green')")
    assert migrate(empty_database, folder) == ["003_green.sql"]


def test_eight_processes_migrating_at_once_apply_each_file_once(empty_database: str, folder: Path) -> None:
    with ProcessPoolExecutor(8, mp_context=get_context("spawn")) as pool:
        applied = list(pool.map(partial(migrate, folder=folder), [empty_database] * 8))
    assert sorted(map(len, applied)) == [0] * 7 + [2]
    assert colours(empty_database) == ["100 % red", "blue"]


def test_a_file_that_fails_leaves_nothing_and_those_before_it_stay(empty_database: str, folder: Path) -> None:
    (folder / SECOND).write_text("INSERT INTO colours VALUES ('blue'); SELECT 1 / 0;")
    with pytest.raises(CannotStart, match=f"{SECOND} failed and left nothing: division by zero"):
        migrate(empty_database, folder)
    assert colours(empty_database) == ["100 % red"]


def test_a_file_that_was_changed_after_it_was_applied_is_refused(empty_database: str, folder: Path) -> None:
    migrate(empty_database, folder)
    (folder / FIRST).write_text("CREATE TABLE colors (name text)")
    for ask in (migrate, check):
        with pytest.raises(CannotStart, match=f"{FIRST} was changed after it was applied"):
            ask(empty_database, folder)


def test_a_database_that_is_newer_than_the_code_is_refused(empty_database: str, folder: Path) -> None:
    migrate(empty_database, folder)
    (folder / SECOND).unlink()
    for ask in (migrate, check):
        with pytest.raises(CannotStart, match=f"newer than this code, it has {SECOND}"):
            ask(empty_database, folder)


def test_checking_names_what_is_missing_and_writes_nothing(empty_database: str, folder: Path) -> None:
    with pytest.raises(CannotStart, match=f"lacks {FIRST}, {SECOND}: run `okr migrate`"):
        check(empty_database, folder)
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT to_regnamespace('okr')").fetchone() == (None,)


def test_checking_a_migrated_database_finds_nothing(empty_database: str, folder: Path) -> None:
    migrate(empty_database, folder)
    check(empty_database, folder)


def test_numbers_count_up_without_gaps(empty_database: str, folder: Path) -> None:
    (folder / SECOND).rename(folder / "003_more_colours.sql")
    with pytest.raises(CannotStart, match=r"003_more_colours.sql should be number 002"):
        migrate(empty_database, folder)


def test_a_folder_without_migrations_is_an_incomplete_installation(empty_database: str, tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="installation is incomplete"):
        check(empty_database, tmp_path)


def test_an_old_postgres_is_refused(empty_database: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "OLDEST_POSTGRES", 99)
    with pytest.raises(CannotStart, match=r"PostgreSQL \d+ is too old: 99 or newer is needed"):
        migrate(empty_database, folder)


@pytest.mark.parametrize("value", ["y", "1", "True", " on "])
def test_database_functions_that_lose_events_are_refused(
    empty_database: str, folder: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", value)
    with pytest.raises(CannotStart, match="POSTGRES_ENABLE_DB_FUNCTIONS loses events"):
        migrate(empty_database, folder)


def test_the_migrations_of_this_code_make_an_empty_log(empty_database: str) -> None:
    migrate(empty_database)
    check(empty_database)
    assert is_empty(empty_database)


def test_who_waits_goes_on_once_somebody_has_migrated(empty_database: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait_until_migrated, empty_database, 60)
        migrate(empty_database)
        assert waiting.result() is None


def test_who_waited_in_vain_is_told_what_is_missing(empty_database: str) -> None:
    with pytest.raises(Behind, match="the database lacks 001_"):
        wait_until_migrated(empty_database, 0)


def test_a_database_that_is_away_is_waited_for_and_then_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "AGAIN_SECONDS", 0.01)
    with pytest.raises(psycopg.OperationalError, match="connection failed"):
        wait_until_migrated("postgresql://okr@127.0.0.1:1/okr", 0.05)


def test_nobody_waits_for_a_database_that_is_newer(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO okr.migrations (name, checksum) VALUES ('999_future.sql', '')")
    with pytest.raises(CannotStart, match="newer than this code"):
        wait_until_migrated(database, 60)
