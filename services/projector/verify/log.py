"""Invariants 1 and 2: the log holds every command exactly once, and is whole and readable."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection

from okr_api.event_log.mapper import UnknownEvent, UnreadableEvent, to_event
from projector.log import Stored, commits, read_commits, read_head
from projector.rebuild import Progress
from projector.verify.finding import MOST, Finding, ask

BATCH_EVENTS = 5000
PLACES = """
WITH placed AS (
    SELECT notification_id AS position, commit_position, recorded_at,
           lag(notification_id, 1, 0::bigint) OVER log AS previous,
           lag(commit_position) OVER log AS previous_commit,
           lag(recorded_at) OVER log AS previously,
           lead(commit_position) OVER log AS next_commit
    FROM okr.events WINDOW log AS (ORDER BY notification_id)
)
"""
LOG_QUESTIONS = (
    f"""{PLACES}
    SELECT format('position %s follows position %s', position, previous)
    FROM placed WHERE position <> previous + 1 ORDER BY position
    """,
    f"""{PLACES}
    SELECT format('position %s was recorded at %s, before position %s', position, recorded_at, previous)
    FROM placed WHERE recorded_at < previously ORDER BY position
    """,
    f"""{PLACES}
    SELECT format('positions %s and %s are one commit, recorded at two times', previous, position)
    FROM placed WHERE commit_position = previous_commit AND recorded_at > previously ORDER BY position
    """,
    f"""{PLACES}
    SELECT format('position %s is of a commit up to position %s, but the next event is of another',
                  position, commit_position)
    FROM placed WHERE position < commit_position AND next_commit IS DISTINCT FROM commit_position ORDER BY position
    """,
    """
    SELECT DISTINCT ON (originator_id)
           format('stream %s has version %s at position %s, where version %s belongs',
                  originator_id, originator_version, notification_id, expected)
    FROM (SELECT *, row_number() OVER (PARTITION BY originator_id ORDER BY notification_id) AS expected
          FROM okr.events) AS e
    WHERE originator_version <> expected ORDER BY originator_id, expected
    """,
)
COMMAND_QUESTIONS = (
    """
    SELECT format('command %s claims positions %s to %s, where no such commit is',
                  command_id, first_position, last_position)
    FROM okr.commands k
    WHERE (first_position IS NOT NULL OR last_position IS NOT NULL) AND NOT EXISTS (
        SELECT FROM okr.events e WHERE e.notification_id = k.first_position AND e.commit_position = k.last_position)
    ORDER BY last_position
    """,
    """
    SELECT format('position %s is claimed by the commands %s', last_position, string_agg(command_id::text, ' and '))
    FROM okr.commands WHERE last_position IS NOT NULL GROUP BY last_position HAVING count(*) > 1
    """,
)
CLAIMS = "SELECT command_id, first_position, last_position FROM okr.commands WHERE command_id = ANY(%s)"


class Commit(NamedTuple):
    """Where a commit stands, and the commands that its events name."""

    first: int
    last: int
    commands: set[UUID | None]


async def check_log(connection: AsyncConnection[Any], progress: Progress) -> list[Finding]:
    """What is wrong with the log by itself, and with what it says of commands."""
    async with connection.transaction():
        # One look at the log and its commands, while others append.
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        findings = await ask(connection, 1, COMMAND_QUESTIONS) + await ask(connection, 2, LOG_QUESTIONS)
        head, position = await read_head(connection), 0
        unread: list[Finding] = []
        while batch := await read_commits(connection, position, BATCH_EVENTS):
            position = batch[-1].position
            unread += await _check_batch(connection, batch)
            progress(position, head)
    return findings + unread[:MOST]


async def _check_batch(connection: AsyncConnection[Any], batch: Sequence[Stored]) -> list[Finding]:
    findings: list[Finding] = []
    found = [_read(commit, findings) for commit in commits(batch)]
    ids = [command for commit in found for command in commit.commands if command]
    claims = {row[0]: row[1:] for row in await (await connection.execute(CLAIMS, (ids,))).fetchall()}
    return findings + [Finding(1, message) for commit in found for message in _complaints(commit, claims)]


def _read(commit: Sequence[Stored], findings: list[Finding]) -> Commit:
    commands: set[UUID | None] = set()
    for row in commit:
        try:
            envelope = to_event(row.stream, row.version, row.topic, row.state).envelope
            commands.add(envelope.command_id if envelope else None)
        except (UnknownEvent, UnreadableEvent) as error:
            findings.append(Finding(2, f"position {row.position} does not load: {type(error).__name__}: {error}"))
    return Commit(commit[0].position, commit[-1].position, commands)


def _complaints(commit: Commit, claims: dict[UUID, tuple[int, int]]) -> Iterator[str]:
    where = f"the commit at positions {commit.first} to {commit.last}"
    if len(commit.commands) > 1:
        yield f"{where} names several commands: {', '.join(sorted(map(str, commit.commands)))}"
    for command in commit.commands:
        if command not in claims:
            yield f"{where} is of command {command}, which has no row in okr.commands"
        elif claims[command] != (commit.first, commit.last):
            first, last = claims[command]
            yield f"{where} is of command {command}, which claims positions {first} to {last}"
