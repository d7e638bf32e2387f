"""What a case came to: the log compared with what was sent and acknowledged, and what okr verify says."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import psycopg

from faults.load import Load

COMMANDS = "SELECT command_id, principal_id, last_position FROM okr.commands"
COMMITS = """
SELECT convert_from(state, 'UTF8')::jsonb #>> '{envelope,command_id}', commit_position, topic,
       convert_from(state, 'UTF8')::jsonb ->> 'value'
FROM okr.events
"""


@dataclass(frozen=True)
class Outcome:
    """`lost`, `doubled`, `unsent`, `wrong`, `findings`: all must be empty."""

    acknowledged: int
    lost: list[str]
    doubled: list[str]
    unsent: list[str]
    wrong: list[str]
    findings: list[Any]
    reads: int
    unanswered: dict[str, int]
    recoveries: list[float]

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.unsent or self.wrong or self.findings)


def outcome(load: Load, dsn: str, recoveries: list[float], expected: Sequence[Any] = ()) -> Outcome:
    """`expected`: what okr verify must find, and nothing else."""
    with psycopg.connect(dsn) as connection:
        commands = connection.execute(COMMANDS).fetchall()
        events = connection.execute(COMMITS).fetchall()
    (principal,) = {row[1] for row in commands}
    ids: dict[Any, str] = {uuid5(principal, key): key for key in load.sent}
    places = {ids[row[0]]: row[2] for row in commands if row[0] in ids}
    commits: set[tuple[str, int]] = {(ids.get(UUID(event[0])) or event[0], event[1]) for event in events}
    times = Counter(key for key, _ in commits)
    values = {ids.get(UUID(event[0])): event[3] for event in events if event[2] == "CheckInRecorded"}
    lost = [
        key
        for key, position in load.acknowledged.items()
        if places.get(key) != position
        or (key, position) not in commits
        or (key in load.values and values.get(key) != load.values[key])
    ]
    return Outcome(
        acknowledged=len(load.acknowledged),
        lost=lost,
        doubled=[key for key, number in times.items() if number > 1],
        unsent=[str(row[0]) for row in commands if row[0] not in ids] + [key for key in times if key not in load.sent],
        wrong=[*load.wrong, *load.refused],
        findings=_findings(load, expected),
        reads=load.reads,
        unanswered=dict(load.unanswered),
        recoveries=recoveries,
    )


def _findings(load: Load, expected: Sequence[Any]) -> list[Any]:
    """What okr verify found and should not have, or should have and did not."""
    verified = load.service.okr("verify", "--json")
    try:
        findings: list[Any] = json.loads(verified.stdout.splitlines()[-1])["findings"]
    except (IndexError, ValueError, KeyError):
        return [verified.stdout + verified.stderr]
    unlike = [finding for finding in findings if finding not in expected]
    return unlike + [f"not found: {finding}" for finding in expected if finding not in findings]
