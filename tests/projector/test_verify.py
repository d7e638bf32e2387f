"""Verifying: clean where all holds, and every kind of damage is named with its place."""

import asyncio
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from okr_api.domain.events import (
    CheckInRecorded,
    CycleClosed,
    CycleCreated,
    CycleOpened,
    CycleReopened,
    ExternalRefMoved,
    ExternalRefTaken,
    KRAdded,
    KRDelegated,
    KRRetired,
    KRUndelegated,
    ObjectiveAligned,
    ObjectiveCreated,
    ObjectiveUnaligned,
)
from okr_api.domain.values import TargetKind
from projector.batches import Poison
from projector.verify import Finding, facts, verify
from projector.verify.facts import SCRATCH, scratch_facts
from projector.verify.rules import check_rules
from read_models.facts import project
from read_models.history import GROW, SALES, YEAR, History, named, said

SELL, RESELL, READING = named("Sell"), named("Resell"), named("reading")

REWRITE = """
UPDATE okr.events SET state = convert_to(replace(convert_from(state, 'UTF8'), %s, %s), 'UTF8')
WHERE notification_id = %s
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "PATIENCE_SECONDS", 0.1)


@pytest.fixture
def history(history: History) -> History:
    """What each command made: 1 a cycle, 2 opened it, 3-4 an objective, 5-6 its delegate, 7 a check-in."""
    history.commit(said(CycleCreated, YEAR))
    history.commit(said(CycleOpened, YEAR))
    history.commit(said(ObjectiveCreated, GROW), said(KRAdded, SALES))
    history.commit(said(KRDelegated, SALES, objective_id=SELL), said(ObjectiveCreated, SELL))
    history.commit(said(CheckInRecorded, READING))
    return history


def told(dsn: str) -> list[str]:
    return [f"{invariant}: {message}" for invariant, message in verify(dsn, lambda done, of: None)]


def found(dsn: str) -> list[str]:
    """What verifying tells, once the facts are as far as the log can be projected."""
    with suppress(Poison):
        asyncio.run(project(dsn))
    return told(dsn)


def damage(dsn: str, statement: str, *values: Any) -> None:
    """What the log's triggers refuse to everyone who does not switch them off."""
    with psycopg.connect(dsn) as connection:
        connection.execute("ALTER TABLE okr.events DISABLE TRIGGER USER")
        assert connection.execute(statement, values).rowcount > 0
        connection.execute("ALTER TABLE okr.events ENABLE TRIGGER USER")


def test_a_sound_database_is_clean_and_left_as_it_was(database: str, history: History) -> None:
    assert found(database) == []
    with psycopg.connect(database) as connection:
        schemas = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'okr_facts%'").fetchall()
    assert schemas == [("okr_facts_1",)]


def test_further_checks_are_asked_too(database: str, history: History) -> None:
    asyncio.run(project(database))
    wrong = Finding(4, "a roll-up differs")
    assert verify(database, lambda done, of: None, [lambda dsn: [wrong]]) == [wrong]


async def test_facts_that_were_just_made_are_counted_before_they_are_asked_about(database: str) -> None:
    """Else the questions are planned for empty tables."""
    counted = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND reltuples >= 0"
    async with scratch_facts(database) as scratch:
        await check_rules(scratch.connection)
        found = await (await scratch.connection.execute(counted, [SCRATCH])).fetchall()
    assert {"cycles", "objectives", "key_results", "links", "check_ins"} == {name for (name,) in found}


# ---------------------------------------------------------------- 1: commands
def test_a_command_without_its_events_is_named(database: str, history: History) -> None:
    damage(database, "UPDATE okr.commands SET last_position = 99, first_position = 98 WHERE last_position = 7")
    assert f"1: command {named('command 5')} claims positions 98 to 99, where no such commit is" in found(database)


def test_a_commit_without_its_command_is_named(database: str, history: History) -> None:
    damage(database, "DELETE FROM okr.commands WHERE last_position = 4")
    assert found(database) == [
        f"1: the commit at positions 3 to 4 is of command {named('command 3')}, which has no row in okr.commands"
    ]


def test_a_command_that_claims_less_than_its_events_is_named(database: str, history: History) -> None:
    damage(database, "UPDATE okr.commands SET first_position = 4 WHERE last_position = 4")
    assert found(database) == [
        f"1: the commit at positions 3 to 4 is of command {named('command 3')}, which claims positions 4 to 4"
    ]


def test_a_command_that_is_in_the_log_twice_is_named(database: str, history: History) -> None:
    history.commit(said(CheckInRecorded, named("again")))
    damage(database, REWRITE, str(named("command 6")), str(named("command 5")), 8)
    assert f"1: the commit at positions 8 to 8 is of command {named('command 5')}, which claims positions 7 to 7" in (
        found(database)
    )


def test_a_position_that_two_commands_claim_is_named(database: str, history: History) -> None:
    damage(
        database,
        "INSERT INTO okr.commands SELECT %s, principal_id, name, input_hash, first_position, "
        "last_position, recorded_at, result FROM okr.commands WHERE last_position = 7",
        named("other"),
    )
    (finding,) = found(database)
    assert finding.startswith("1: position 7 is claimed by the commands ")


# ---------------------------------------------------------------- 2: the log
def test_a_lost_event_is_named_by_its_place(database: str, history: History) -> None:
    damage(database, "DELETE FROM okr.events WHERE notification_id = 2")
    assert "2: position 3 follows position 1" in found(database)


def test_a_lost_end_of_a_commit_is_named(database: str, history: History) -> None:
    damage(database, "DELETE FROM okr.events WHERE notification_id = 4")
    assert "2: position 3 is of a commit up to position 4, but the next event is of another" in found(database)


def test_a_gap_in_a_stream_is_named(database: str, history: History) -> None:
    damage(database, "UPDATE okr.events SET originator_version = 5 WHERE notification_id = 2")
    assert f"2: stream {YEAR} has version 5 at position 2, where version 2 belongs" in found(database)


def test_time_that_runs_backwards_is_named(database: str, history: History) -> None:
    damage(database, "UPDATE okr.events SET recorded_at = recorded_at - interval '1 day' WHERE notification_id = 7")
    (finding,) = [one for one in found(database) if one.startswith("2")]
    assert finding.startswith("2: position 7 was recorded at 2025-12-31")
    assert finding.endswith("before position 6")


def test_a_commit_of_two_times_is_named(database: str, history: History) -> None:
    damage(database, "UPDATE okr.events SET recorded_at = recorded_at + interval '1 ms' WHERE notification_id = 4")
    assert found(database) == ["2: positions 3 and 4 are one commit, recorded at two times"]


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("UPDATE okr.events SET topic = 'Surprise' WHERE notification_id = 7", "UnknownEvent: Surprise"),
        ("UPDATE okr.events SET state = '{\"value\": 1' WHERE notification_id = 7", "UnreadableEvent: CheckIn"),
        ("UPDATE okr.events SET state = '\\x00ff' WHERE notification_id = 7", "UnreadableEvent: CheckInRecorded"),
    ],
)
def test_an_event_that_does_not_load_is_named(database: str, history: History, statement: str, complaint: str) -> None:
    damage(database, statement)
    findings = found(database)
    assert any(one.startswith(f"2: position 7 does not load: {complaint}") for one in findings), findings
    assert "3: the facts are at position 6, the log at 7: is a projector running?" in findings


# ---------------------------------------------------------------- 3: the facts
@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("UPDATE okr_facts_1.counting SET value = 51", "value is 51, a rebuild gives 50"),
        ("UPDATE okr_facts_1.links SET valid_to = 7", "valid_to is 7, a rebuild gives \\N"),
        ("DELETE FROM okr_facts_1.check_ins", f"check_ins lacks the row check_in_id={READING} valid_from=7"),
        (
            "INSERT INTO okr_facts_1.check_ins SELECT (jsonb_populate_record(c, '{\"valid_from\": 9}')).* "
            "FROM okr_facts_1.check_ins c",
            "which a rebuild has not",
        ),
        (
            "DELETE FROM okr_facts_1.cycles WHERE valid_from = 1",
            f"cycles has the row cycle_id={YEAR} valid_from=2 where",
        ),
        ("UPDATE okr_facts_1.projected SET recorded_at = now()", "projected, row only_row=t: recorded_at is "),
        ("UPDATE okr_facts_1.projected SET position = 8", "position is 8, a rebuild gives 7"),
    ],
)
def test_facts_that_differ_from_a_rebuild_are_named(
    database: str, history: History, statement: str, complaint: str
) -> None:
    asyncio.run(project(database))
    damage(database, statement)
    assert any(complaint in one for one in told(database)), told(database)


# ---------------------------------------------------------------- 5: the rules
def test_a_loop_is_named(database: str, history: History) -> None:
    history.commit(said(ObjectiveAligned, GROW, target_kind=TargetKind.OBJECTIVE, target_id=SELL))
    (finding,) = found(database)
    assert finding.startswith("5: a loop of links: ")
    assert all(str(stream) in finding for stream in (GROW, SALES, SELL))


def test_a_key_result_that_was_delegated_twice_is_named(database: str, history: History) -> None:
    history.commit(said(ObjectiveCreated, RESELL))
    again = history.commit(said(KRDelegated, SALES, objective_id=RESELL))
    assert found(database) == [
        f"5: key result {SALES} was delegated to objective {RESELL} at position {again}, "
        f"while its delegation to {SELL} stood"
    ]


def test_a_delegation_may_be_replaced_after_the_cycle_of_its_delegate_was_closed(
    database: str, history: History
) -> None:
    quarter = named("Q1")
    history.commit(said(CycleCreated, quarter, parent_id=YEAR), said(ObjectiveCreated, RESELL, cycle_id=quarter))
    history.commit(said(KRAdded, named("Win"), objective_id=GROW))
    history.commit(said(KRDelegated, named("Win"), objective_id=RESELL))
    history.commit(said(CycleClosed, quarter))
    history.commit(said(ObjectiveCreated, named("Q2")), said(KRDelegated, named("Win"), objective_id=named("Q2")))
    assert found(database) == []


def test_an_objective_that_is_the_delegate_of_two_key_results_is_named(database: str, history: History) -> None:
    history.commit(said(KRAdded, named("Win"), objective_id=GROW))
    history.commit(said(KRDelegated, named("Win"), objective_id=SELL))
    (finding,) = found(database)
    assert finding.startswith(f"5: objective {SELL} is the delegate of several key results: ")


@pytest.mark.parametrize(
    ("what", "late"),
    [
        ("objective", said(ObjectiveCreated, RESELL)),
        ("key result", said(KRAdded, named("late"))),
        ("check-in", said(CheckInRecorded, named("late"))),
    ],
)
def test_what_was_written_in_a_closed_cycle_is_named(database: str, history: History, what: str, late: Any) -> None:
    closed = history.commit(said(CycleClosed, YEAR))
    position = history.commit(late)
    assert found(database) == [
        f"5: {what} {late.stream} was written at position {position}, "
        f"after its cycle {YEAR} was closed at position {closed}"
    ]


def test_links_that_were_ended_make_no_loop(database: str, history: History) -> None:
    upward = {"target_kind": TargetKind.OBJECTIVE, "target_id": SELL}
    history.commit(said(ObjectiveAligned, GROW, **upward))
    history.commit(said(ObjectiveUnaligned, GROW, **upward))
    history.commit(said(ObjectiveAligned, GROW, **upward), said(KRRetired, SALES))
    assert found(database) == []


def test_a_reassignment_replaces_no_standing_delegation(database: str, history: History) -> None:
    again = said(KRDelegated, SALES, objective_id=RESELL)
    history.commit(said(KRUndelegated, SALES, objective_id=SELL), again, said(ObjectiveCreated, RESELL))
    assert found(database) == []


def test_a_delegation_may_go_over_to_what_continues_its_delegate(database: str, history: History) -> None:
    carried = said(ObjectiveCreated, RESELL, continues_from=SELL)
    history.commit(carried, said(KRDelegated, SALES, objective_id=RESELL))
    assert found(database) == []


def test_what_was_written_after_a_cycle_was_reopened_is_sound(database: str, history: History) -> None:
    history.commit(said(CycleClosed, YEAR))
    history.commit(said(CycleReopened, YEAR))
    history.commit(said(CheckInRecorded, named("late")), said(ObjectiveCreated, RESELL))
    assert found(database) == []


def test_a_reference_may_leave_a_closed_cycle(database: str, history: History) -> None:
    reference, later = named("reference"), named("2027")
    history.commit(said(ExternalRefTaken, reference, kind="Objective", ref="x", holder_id=GROW))
    history.commit(said(CycleClosed, YEAR), said(CycleCreated, later))
    history.commit(
        said(ObjectiveCreated, RESELL, cycle_id=later, external_ref="x"),
        said(ExternalRefMoved, reference, holder_id=RESELL),
    )
    assert found(database) == []
