"""A text can be taken out of the log, and nothing else of it; every hash stays true and every fact forgets it."""

import asyncio
import json
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.errors import RestrictViolation

from okr_api.cli import main
from okr_api.domain.events import CycleCreated, KRAdded, ObjectiveCreated, ObjectiveRetitled, OwnerRegistered
from okr_api.domain.values import Text
from okr_api.event_log.chain import BEGINNING, head, leaf
from projector.log import Stored
from projector.verify import verify
from read_models.facts import project
from read_models.history import ANA, GROW, SALES, YEAR, History, said

SECRET = "Acme buys Initech"
ROWS = """SELECT notification_id, commit_position, originator_id, originator_version, topic, state, recorded_at
          FROM okr.events ORDER BY notification_id"""
CHANGES = {
    "another text": "state = convert_to(replace(convert_from(state, 'UTF8'), 'Acme', 'Umbrella'), 'UTF8')",
    "a digest of another text": """state = convert_to(jsonb_set(convert_from(state, 'UTF8')::jsonb, '{title}',
        jsonb_build_object('digest', repeat('0', 64)))::text, 'UTF8')""",
    "another time": "recorded_at = recorded_at + interval '1 second'",
    "another place": "notification_id = notification_id + 100, commit_position = commit_position + 100",
    "another name": "topic = 'ObjectiveDescribed'",
}


@pytest.fixture
def position(history: History, monkeypatch: pytest.MonkeyPatch, database: str) -> int:
    """Of the event that holds the secret in its title."""
    monkeypatch.setenv("DATABASE_URL", database)
    history.commit(said(OwnerRegistered, ANA))
    history.commit(said(CycleCreated, YEAR))
    history.commit(said(ObjectiveCreated, GROW, title=Text.typed("Grow")), said(KRAdded, SALES))
    position = history.commit(said(ObjectiveRetitled, GROW, title=Text.typed(SECRET)))
    history.commit(said(ObjectiveRetitled, GROW, title=Text.typed("Grow again")))
    asyncio.run(project(database))
    return position


def okr(*arguments: str) -> Any:
    return CliRunner().invoke(main, arguments)


def chained(dsn: str) -> str:
    with psycopg.connect(dsn) as connection:
        return head(BEGINNING, [leaf(Stored(*row)) for row in connection.execute(ROWS)]).hex()


def everything(dsn: str) -> str:
    """All that the database holds."""
    tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname LIKE 'okr%'"
    with psycopg.connect(dsn) as connection:
        names = [name for (name,) in connection.execute(tables)]
        rows = [connection.execute(f"SELECT string_agg(t::text, '') FROM {name} t").fetchone() for name in names]  # type: ignore[call-overload]
        log = connection.execute("SELECT string_agg(convert_from(state, 'UTF8'), '') FROM okr.events").fetchone()
    return "".join(text for row in (log, *rows) if row for text in row if text)


def test_the_text_is_gone_everywhere_and_the_chain_goes_on_from_the_same_hash(position: int, database: str) -> None:
    before = chained(database)
    assert SECRET in everything(database)
    done = okr("redact", "--position", str(position), "--field", "title", "--reason", "Confidential")
    assert (done.exit_code, done.stdout) == (0, "redacted\n")
    assert SECRET not in everything(database)
    with psycopg.connect(database) as connection:
        rows = [Stored(*row) for row in connection.execute(ROWS)]
    assert head(BEGINNING, [leaf(row) for row in rows[:-1]]).hex() == before
    told = json.loads(rows[-1].state)
    assert (rows[-1].topic, told["position"], told["field"]) == ("TextRedacted", position, "title")
    assert told["entity_id"] == str(GROW)
    assert told["envelope"]["reason"]["text"] == "Confidential"
    assert verify(database, lambda done, of: None) == []


def test_redacting_again_changes_nothing(position: int, database: str) -> None:
    arguments = ("redact", "--position", str(position), "--field", "title", "--reason", "Confidential")
    okr(*arguments)
    before = chained(database)
    assert okr(*arguments).exit_code == 0
    assert chained(database) == before


def test_what_is_no_text_is_not_redacted(position: int, database: str) -> None:
    before = chained(database)
    done = okr("redact", "--position", str(position), "--field", "version", "--reason", "Why not")
    assert done.exit_code == 1
    assert f"the event at position {position} has no text 'version'" in done.output
    assert chained(database) == before


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_else_about_an_event_can_be_changed(position: int, database: str, change: str) -> None:
    with psycopg.connect(database) as connection, pytest.raises(RestrictViolation, match="only grows"):
        connection.execute(f"UPDATE okr.events SET {CHANGES[change]} WHERE notification_id = {position}")  # type: ignore[call-overload]


@pytest.mark.parametrize("change", ["DELETE FROM okr.events", "TRUNCATE okr.events"])
def test_no_event_can_be_removed(position: int, database: str, change: str) -> None:
    with psycopg.connect(database) as connection, pytest.raises(RestrictViolation, match="only grows"):
        connection.execute(change)
