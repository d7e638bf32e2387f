"""Tampering: whatever is changed behind the service's back is named; a whole new past by a head kept elsewhere."""

import asyncio
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from okr_api.domain.events import CheckInRecorded, CycleCreated, CycleOpened, KRAdded, ObjectiveCreated
from projector.rebuild import refill
from projector.verify import Head, facts, verify
from read_models.facts import project
from read_models.history import GROW, SALES, YEAR, History, named, said

PROOF = (Path(__file__).parents[2] / "README.md").read_text().split("## Proof")[1].split("\n## ")[0]
SWAP = """
WITH taken AS (DELETE FROM okr.events WHERE notification_id IN (5, 6) RETURNING *)
INSERT INTO okr.events
SELECT a.originator_id, a.originator_version, a.topic, a.state, b.notification_id, b.commit_position, b.recorded_at
FROM taken a JOIN taken b ON a.notification_id <> b.notification_id
"""
ONE_BYTE = "UPDATE okr.events SET state = overlay(state PLACING '\\x39' FROM position('\\x3530'::bytea IN state))"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "PATIENCE_SECONDS", 0.1)


@pytest.fixture
def history(database: str, history: History) -> History:
    """1 a cycle, 2 opened it, 3-4 an objective with a key result, 5-7 a check-in of 50 each."""
    history.commit(said(CycleCreated, YEAR))
    history.commit(said(CycleOpened, YEAR))
    history.commit(said(ObjectiveCreated, GROW), said(KRAdded, SALES))
    for number in range(3):
        history.commit(said(CheckInRecorded, named(f"reading {number}")))
    asyncio.run(project(database))
    return history


def tamper(dsn: str, *statements: str) -> None:
    """As the owner of the database may, who can switch the trigger off."""
    with psycopg.connect(dsn) as connection:
        connection.execute("ALTER TABLE okr.events DISABLE TRIGGER events_only_grow")
        for statement in statements:
            assert connection.execute(statement).rowcount > 0  # type: ignore[arg-type]
        connection.execute("ALTER TABLE okr.events ENABLE ALWAYS TRIGGER events_only_grow")


def told(dsn: str, kept: Head | None = None) -> list[str]:
    return [f"{finding.invariant}: {finding.message}" for finding in verify(dsn, lambda done, of: None, (), kept)]


def recomputed(dsn: str) -> str:
    """The head of the log, by the program and the query that the README gives."""
    program, query = (PROOF.split(f"```{language}\n")[1].split("```")[0] for language in ("python", "sql"))
    with psycopg.connect(dsn) as connection:
        lines = [text for (text,) in connection.execute(f"SELECT line::text FROM ({query}) log(line)")]  # type: ignore[arg-type]
    ran = subprocess.run(
        [sys.executable, "-c", program], input="\n".join(lines), capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


def head(dsn: str) -> Head:
    query = "SELECT position, hash FROM okr_facts_1.audit_events ORDER BY position DESC LIMIT 1"
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query).fetchone()
    assert row
    return Head(*row)


def test_the_head_is_the_one_that_anybody_computes_with_the_program_of_the_readme(
    database: str, history: History
) -> None:
    kept = Head.read(recomputed(database))
    assert kept == head(database)
    assert told(database, kept) == []


@pytest.mark.parametrize("position", [1, 2, 4])
def test_one_changed_byte_of_an_event_is_named(database: str, history: History, position: int) -> None:
    letter = "UPDATE okr.events SET state = convert_to(replace(convert_from(state, 'UTF8'), 'hand', 'band'), 'UTF8') "
    tamper(database, f"{letter} WHERE notification_id = {position}")
    findings = told(database)
    assert (
        f"6: at position {position} the event in the log was changed: its hash is another one than when it was written"
    ) in findings


def test_one_changed_figure_of_an_event_is_named_with_the_facts_that_it_would_have_made(
    database: str, history: History
) -> None:
    tamper(database, f"{ONE_BYTE} WHERE notification_id = 6")
    findings = told(database)
    assert any(one.startswith("6: at position 6 the event in the log was changed") for one in findings)
    assert any(one.startswith("3: check_ins, row ") and "value is 50, a rebuild gives 90" in one for one in findings)


@pytest.mark.parametrize(
    ("statement", "complaints"),
    [
        ("UPDATE okr_facts_1.counting SET value = 51", ["3: counting, row "]),
        (
            "UPDATE okr_facts_1.audit_events SET changes = '[]' WHERE position = 4",
            ["3: audit_events, row position=4 valid_from=4: changes is []"],
        ),
        (
            "UPDATE okr_facts_1.audit_events SET hash = sha256(hash) WHERE position = 4",
            ["3: audit_events, row position=4 ", "6: at position 4 the hash of the audit event was changed"],
        ),
        (
            "DELETE FROM okr_facts_1.audit_events WHERE position = 4",
            [
                "3: audit_events has the row position=5 ",
                "6: at position 4 the audit events lack the log's event",
            ],
        ),
        (
            "DELETE FROM okr.events WHERE notification_id = 6",
            ["2: position 7 follows position 5", "6: at position 6 the log has no event, the audit events have one"],
        ),
        (SWAP, ["6: at position 5 the log has the event of position 6: they were swapped"]),
    ],
)
def test_a_row_that_was_changed_removed_or_swapped_is_named(
    database: str, history: History, statement: str, complaints: list[str]
) -> None:
    tamper(database, statement)
    findings = told(database)
    for complaint in complaints:
        assert any(one.startswith(complaint) for one in findings), findings


def test_a_row_that_is_gone_from_the_log_and_from_the_audit_events_is_named(database: str, history: History) -> None:
    tamper(
        database,
        "DELETE FROM okr.events WHERE notification_id = 6",
        "DELETE FROM okr_facts_1.audit_events WHERE position = 6",
    )
    assert "6: neither the log nor the audit events have position 6" in told(database)


async def test_a_past_that_was_rewritten_with_all_that_follows_from_it_is_betrayed_by_the_head_alone(
    database: str, history: History
) -> None:
    kept = head(database)
    tamper(database, f"{ONE_BYTE} WHERE notification_id = 6")
    await refill(database, lambda done, of: None)
    assert await asyncio.to_thread(told, database) == []
    (finding,) = await asyncio.to_thread(told, database, kept)
    assert finding.startswith("6: the hash at position 7 is ")
    assert finding.endswith(f"not {kept.hash.hex()} as kept: the log was rewritten there or before")


async def test_a_log_that_lost_its_end_is_betrayed_by_the_head(database: str, history: History) -> None:
    kept = head(database)
    tamper(
        database,
        "DELETE FROM okr.events WHERE notification_id = 7",
        "DELETE FROM okr.commands WHERE last_position = 7",
    )
    await refill(database, lambda done, of: None)
    (finding,) = await asyncio.to_thread(told, database, kept)
    assert finding == "6: the log ends at position 6, before the head that was kept at 7"


def test_a_head_stays_true_while_the_log_grows(database: str, history: History) -> None:
    kept = head(database)
    history.commit(said(CheckInRecorded, named("more")))
    asyncio.run(project(database))
    assert told(database, kept) == []


@pytest.mark.parametrize("text", ["", "7", "7:", "7:00", "x:" + "00" * 32, "7:" + "0g" * 32])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"head|hexadecimal"):
        Head.read(text)
