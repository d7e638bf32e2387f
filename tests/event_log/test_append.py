"""What the log takes and what it refuses, on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from okr_api.event_log.group_commit import Lane
from okr_api.event_log.log import PostgresLog
from okr_api.event_log.requests import AppendRefused, CommandKnown, PersonRow, QueueFull, Reason, Request


@pytest.fixture
async def log(database: str) -> AsyncIterator[PostgresLog]:
    async with PostgresLog(database) as log:
        yield log


def event(stream: UUID, version: int, state: bytes = b"{}") -> StoredEvent:
    return StoredEvent(stream, version, "Test", state)


def request(*events: StoredEvent, **given: Any) -> Request:
    return Request(uuid4(), uuid4(), "Test", b"hash", events, **given)


async def refused(log: PostgresLog, wanted: Request) -> AppendRefused:
    with pytest.raises(AppendRefused) as caught:
        await log.append(wanted)
    return caught.value


def rows(database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


async def test_positions_count_on_and_every_event_of_a_commit_carries_its_last_one(
    log: PostgresLog, database: str
) -> None:
    stream, other = uuid4(), uuid4()
    first = await log.append(request(event(stream, 1), event(stream, 2), event(other, 1)))
    second = await log.append(request(event(other, 2)))
    assert (first.first_position, first.last_position) == (1, 3)
    assert (second.first_position, second.last_position) == (4, 4)
    stored = rows(database, "SELECT notification_id, commit_position, recorded_at FROM okr.events ORDER BY 1")
    assert [row[:2] for row in stored] == [(1, 3), (2, 3), (3, 3), (4, 4)]
    assert len({row[2] for row in stored[:3]}) == 1


async def test_a_version_that_is_taken_is_refused_with_its_stream(log: PostgresLog) -> None:
    stream = uuid4()
    await log.append(request(event(stream, 1)))
    refusal = await refused(log, request(event(stream, 1)))
    assert (refusal.reason, refusal.stream) == (Reason.VERSION_TAKEN, stream)


@pytest.mark.parametrize("versions", [(2,), (1, 3), (2, 3)])
async def test_a_version_whose_predecessor_is_missing_is_refused(log: PostgresLog, versions: tuple[int, ...]) -> None:
    stream = uuid4()
    refusal = await refused(log, request(*(event(stream, version) for version in versions)))
    assert (refusal.reason, refusal.stream) == (Reason.PREDECESSOR_MISSING, stream)


async def test_a_guard_that_moved_refuses_the_whole_request(log: PostgresLog, database: str) -> None:
    guarded, written = uuid4(), uuid4()
    await log.append(request(event(guarded, 1)))
    await log.append(request(event(guarded, 2)))
    refusal = await refused(log, request(event(written, 1), guards={guarded: 1}))
    assert (refusal.reason, refusal.stream) == (Reason.GUARD_MOVED, guarded)
    assert rows(database, f"SELECT FROM okr.events WHERE originator_id = '{written}'") == []
    await log.append(request(event(written, 1), guards={guarded: 2}))


async def test_a_guard_of_version_0_holds_while_the_stream_does_not_exist(log: PostgresLog) -> None:
    absent = uuid4()
    await log.append(request(event(uuid4(), 1), guards={absent: 0}))
    await log.append(request(event(absent, 1)))
    assert (await refused(log, request(event(uuid4(), 1), guards={absent: 0}))).reason is Reason.GUARD_MOVED


async def test_a_known_command_answers_with_its_first_result_before_anything_else_is_looked_at(
    log: PostgresLog,
) -> None:
    stream = uuid4()
    first = request(event(stream, 1), result={"objective": "1"})
    accepted = await log.append(first)
    again = replace(first, guards={stream: 0}, result={"objective": "2"})
    with pytest.raises(CommandKnown) as known:
        await log.append(again)
    assert known.value.accepted == accepted
    assert await log.command(first.command_id) == accepted


async def test_one_command_sent_twice_at_once_is_written_once(log: PostgresLog, database: str) -> None:
    wanted = request(event(uuid4(), 1))
    outcomes = await asyncio.gather(*(log.append(wanted) for _ in range(20)), return_exceptions=True)
    assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, CommandKnown) for outcome in outcomes) == 19
    assert rows(database, "SELECT count(*) FROM okr.events") == [(1,)]


async def test_a_request_that_cannot_be_stored_fails_alone(log: PostgresLog, database: str) -> None:
    broken = request(StoredEvent(uuid4(), 1, "NUL \0 in a topic", b"{}"))
    good = [request(event(uuid4(), 1)) for _ in range(10)]
    outcomes = await asyncio.gather(*(log.append(r) for r in (*good, broken)), return_exceptions=True)
    assert isinstance(outcomes[-1], psycopg.Error)
    assert not any(isinstance(outcome, Exception) for outcome in outcomes[:-1])
    assert rows(database, "SELECT count(*) FROM okr.events") == [(10,)]


async def test_what_waits_together_shares_transactions(log: PostgresLog) -> None:
    await asyncio.gather(*(log.append(request(event(uuid4(), 1))) for _ in range(500)))
    assert log.group_commit.batches <= 6


async def test_what_is_in_order_of_one_stream_does_not_overtake_on_the_other_lane(
    log: PostgresLog, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for lane in log.group_commit.lanes:
        await lane.connect()
    under_way, go_on = asyncio.Event(), asyncio.Event()
    sent, send = [], Lane.send

    async def held(lane: Lane, arguments: Any) -> Any:
        sent.append(len(sent))
        under_way.set()
        if len(sent) == 1:
            await go_on.wait()
        return await send(lane, arguments)

    monkeypatch.setattr(Lane, "send", held)
    about, streams = uuid4(), [uuid4() for _ in range(8)]
    first = asyncio.create_task(log.append(request(event(streams[0], 1), guards={about: 0}, in_order_of=about)))
    await under_way.wait()
    later = [log.append(request(event(stream, 1), guards={about: 0}, in_order_of=about)) for stream in streams[1:]]
    other = asyncio.create_task(log.append(request(event(uuid4(), 1))))  # is not held up
    waiting = asyncio.gather(first, *later)
    await other
    go_on.set()
    await waiting
    assert [row[0] for row in rows(database, "SELECT originator_id FROM okr.events ORDER BY notification_id")][1:] == (
        streams
    )


async def test_a_request_whose_caller_left_before_it_was_sent_is_not_written(log: PostgresLog, database: str) -> None:
    first = asyncio.create_task(log.append(request(event(uuid4(), 1))))
    second = asyncio.create_task(log.append(request(event(uuid4(), 1))))
    await asyncio.sleep(0)
    second.cancel()
    await first
    await log.append(request(event(uuid4(), 1)))
    assert second.cancelled()
    assert rows(database, "SELECT count(*) FROM okr.events") == [(2,)]


async def test_the_checks_see_what_was_committed_while_they_waited_whatever_the_database_is_set_to(
    database: str,
) -> None:
    taken = uuid4()
    with psycopg.connect(database, autocommit=True) as other:
        name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
        other.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
        async with PostgresLog(database) as log:
            with other.transaction():
                other.execute("SELECT pg_advisory_xact_lock(hashtext('okr.append'))")
                other.execute("INSERT INTO okr.events VALUES (%s, 1, 'Test', '{}', 1, 1, now())", [taken])
                waiting = asyncio.create_task(log.append(request(event(taken, 1))))
                await asyncio.sleep(0.3)
            with pytest.raises(AppendRefused) as caught:
                await waiting
    assert caught.value.reason is Reason.VERSION_TAKEN


async def test_a_check_in_from_the_future_is_refused_by_the_clock_of_the_log(log: PostgresLog) -> None:
    soon, later = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (4, 6))
    await log.append(request(event(uuid4(), 1), effective_at=soon))
    assert (await refused(log, request(event(uuid4(), 1), effective_at=later))).reason is Reason.TOO_EARLY


async def test_a_name_is_written_beside_the_log_and_a_login_belongs_to_one_owner(
    log: PostgresLog, database: str
) -> None:
    ana, bob = uuid4(), uuid4()
    await log.append(request(event(ana, 1), people=(PersonRow(ana, "OWNER", "Ana", "ana@example.org"),)))
    refusal = await refused(log, request(event(bob, 1), people=(PersonRow(bob, "OWNER", "Bob", "ana@example.org"),)))
    assert refusal.reason is Reason.SUBJECT_TAKEN
    assert rows(database, "SELECT id, name FROM okr.people") == [(ana, "Ana")]


async def test_recorded_time_never_goes_back_when_the_clock_does(log: PostgresLog, database: str) -> None:
    await log.append(request(event(uuid4(), 1)))
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE okr.events DISABLE TRIGGER USER")
        connection.execute("UPDATE okr.events SET recorded_at = recorded_at + interval '1 hour'")
    ahead = rows(database, "SELECT recorded_at FROM okr.events")[0][0]
    assert (await log.append(request(event(uuid4(), 1)))).recorded_at == ahead


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE okr.events SET topic = 'other'",
        "DELETE FROM okr.events",
        "TRUNCATE okr.events",
        "SET session_replication_role = replica; DELETE FROM okr.events",
        "SET session_replication_role = replica; UPDATE okr.events SET topic = 'other'",
    ],
)
async def test_the_log_only_grows(log: PostgresLog, database: str, statement: str) -> None:
    await log.append(request(event(uuid4(), 1)))
    with psycopg.connect(database) as connection, pytest.raises(psycopg.errors.RestrictViolation, match="only grows"):
        connection.execute(statement)  # type: ignore[arg-type]


async def test_a_full_queue_is_told_at_once(database: str) -> None:
    async with PostgresLog(database, queue_limit=5) as log:
        outcomes = await asyncio.gather(
            *(log.append(request(event(uuid4(), 1))) for _ in range(20)), return_exceptions=True
        )
    assert sum(isinstance(outcome, QueueFull) for outcome in outcomes) == 15


async def test_events_read_as_json_in_sql(log: PostgresLog, database: str) -> None:
    await log.append(request(event(uuid4(), 1, b'{"envelope":{"command":"X"},"title":{"text":"caf\xc3\xa9"}}')))
    found = rows(database, "SELECT data->'title'->>'text', envelope->>'command' FROM okr.readable_events")
    assert found == [("café", "X")]


async def test_an_answer_lost_at_commit_is_looked_up_and_not_a_conflict(log: PostgresLog, database: str) -> None:
    wanted = request(event(uuid4(), 1))
    await log.append(request(event(uuid4(), 1)))
    lost: list[Lane] = []

    def losing(lane: Lane) -> Any:
        send = lane.send

        async def lose_the_answer(arguments: Any) -> Any:
            rows = await send(arguments)
            if not lost:
                lost.append(lane)
                await lane.close()
                raise psycopg.OperationalError("server closed the connection unexpectedly")
            return rows

        return lose_the_answer

    for lane in log.group_commit.lanes:
        lane.send = losing(lane)  # type: ignore[method-assign]
    accepted = await log.append(wanted)
    assert (accepted.last_position, len(lost)) == (2, 1)
    assert rows(database, "SELECT count(*) FROM okr.events") == [(2,)]
