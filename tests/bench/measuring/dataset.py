"""An organisation to measure on, written into the log in bulk: the same one for the same scale, on six tight levels."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import accumulate, count, islice
from typing import Any
from uuid import UUID, uuid5

import psycopg

from okr_api.domain.events import (
    CheckInRecorded,
    CycleCreated,
    CycleOpened,
    DelegationAccepted,
    Envelope,
    KRAdded,
    KRDelegated,
    ObjectiveCreated,
    OwnerRegistered,
)
from okr_api.domain.values import Approach, Commitment, Metric, MetricKind, OwnerLevel, Text, Visibility
from okr_api.event_log.mapper import to_stored_event
from projector.rebuild import refill

NAMES = UUID("6f6b7262-0000-0000-0000-000000000000")
START = datetime(2026, 1, 1, 9, tzinfo=UTC)
LEVELS = (4, 16, 64, 256, 1024, 636)
KEY_RESULTS, CHECK_INS, TEAMS = 4, 4, 20
"""Of an objective, of a key result that was not delegated, and of the company."""
AT_ONCE = 5000
"""Commits of one COPY."""
NEVER_STALE = 3650
"""Days between check-ins: health then depends on what was said, not on the day of the measurement."""
WORDS = "grow retain reduce launch improve ship customer revenue churn latency quality trust".split()  # noqa: SIM905
METRIC = Metric(MetricKind.INCREASE, Decimal(0), Decimal(100))
CYCLE = uuid5(NAMES, "cycle")
COMPANY = uuid5(NAMES, "company")
PRINCIPAL = uuid5(NAMES, "principal")

Commit = list[Any]
"""Events before they have their places: class, stream, version, fields."""


@dataclass(frozen=True)
class Organisation:
    """As many times 2,000 objectives and 8,000 key results as its scale says."""

    scale: int
    check_ins: int = CHECK_INS

    @cached_property
    def levels(self) -> list[range]:
        sizes = [size * self.scale for size in LEVELS]
        return [range(end - size, end) for size, end in zip(sizes, accumulate(sizes), strict=True)]

    @property
    def size(self) -> int:
        return self.levels[-1].stop

    @cached_property
    def delegated(self) -> dict[int, int]:
        """The objective that each delegated key result became."""
        found: dict[int, int] = {}
        for above, below in zip(self.levels, self.levels[1:], strict=False):
            slots = len(above) * KEY_RESULTS
            for place, objective in enumerate(below):
                found[above.start * KEY_RESULTS + place * slots // len(below)] = objective
        return found

    @cached_property
    def measured(self) -> list[int]:
        """Key results that have check-ins of their own."""
        return [kr for kr in range(self.size * KEY_RESULTS) if kr not in self.delegated]

    def owner(self, objective: int) -> UUID:
        return COMPANY if objective in self.levels[0] else team(objective % (TEAMS * self.scale))

    @property
    def teams(self) -> list[UUID]:
        return [team(number) for number in range(TEAMS * self.scale)]

    @property
    def leaves(self) -> list[int]:
        """Objectives whose key results all have check-ins."""
        return list(self.levels[-1])

    def commits(self) -> Iterator[Commit]:
        words = random.Random(7)
        yield [(OwnerRegistered, COMPANY, 1, {"level": OwnerLevel.COMPANY, "name": Text.typed("The company")})]
        for number, owner in enumerate(self.teams):
            named = {"level": OwnerLevel.TEAM, "name": Text.typed(f"Team {number}"), "parent_id": COMPANY}
            yield [(OwnerRegistered, owner, 1, named)]
        yield [(CycleCreated, CYCLE, 1, YEAR), (CycleOpened, CYCLE, 2, {})]
        above = {objective: kr for kr, objective in self.delegated.items()}
        for objective in range(self.size):
            yield self._objective(objective, above.get(objective), words)
        for number in range(self.check_ins):
            yield from ([checked_in(kr, number, words)] for kr in self.measured)

    def _objective(self, number: int, above: int | None, words: random.Random) -> Commit:
        stream, owner = objective_id(number), self.owner(number)
        made = {"cycle_id": CYCLE, "owner_id": owner, "title": title(words), **PLAIN}
        if number % 2:
            made["description"] = title(words)
        commit: Commit = [(ObjectiveCreated, stream, 1, made)]
        for kr in range(number * KEY_RESULTS, (number + 1) * KEY_RESULTS):
            fields = {"objective_id": stream, "owner_id": owner, "title": title(words), "metric": METRIC}
            commit.append((KRAdded, key_result_id(kr), 1, {**fields, "weight": Decimal(1 + kr % 3)}))
        if above is not None:
            commit.append((DelegationAccepted, stream, 2, {"key_result_id": key_result_id(above)}))
            commit.append((KRDelegated, key_result_id(above), 2, {"objective_id": stream, "retain": False}))
        return commit


YEAR = {
    "name": Text.typed("2026"),
    "starts_on": date(2026, 1, 1),
    "ends_on": date(2026, 12, 31),
    "approach": Approach.TIGHT,
    "time_zone": "UTC",
    "check_in_every_days": NEVER_STALE,
    "rules": 1,
}
PLAIN = {"commitment": Commitment.ASPIRATIONAL, "visibility": Visibility.ORGANISATION, "draft": False}
STREAMS = {OwnerRegistered: "Owner", CycleCreated: "Cycle", ObjectiveCreated: "Objective", KRAdded: "KeyResult"}


def team(number: int) -> UUID:
    return uuid5(NAMES, f"team {number}")


def objective_id(number: int) -> UUID:
    return uuid5(NAMES, f"objective {number}")


def key_result_id(number: int) -> UUID:
    return uuid5(NAMES, f"key result {number}")


def title(words: random.Random) -> Text:
    return Text.typed(" ".join(words.choices(WORDS, k=7)).capitalize())


def checked_in(kr: int, number: int, words: random.Random) -> Any:
    said = {"value": Decimal(words.randrange(1000)) / 10, "confidence": Decimal(words.randrange(3, 11)) / 10}
    fields = {"key_result_id": key_result_id(kr), "source": "api", "note": title(words), **said}
    return CheckInRecorded, uuid5(NAMES, f"check-in {kr} {number}"), 1, fields


def write(dsn: str, organisation: Organisation) -> int:
    """All of it into an empty log and its facts; the last position."""
    position, numbers = 0, count(1)
    commits = organisation.commits()
    with psycopg.connect(dsn) as connection:
        while chunk := list(islice(commits, AT_ONCE)):
            events: list[tuple[Any, ...]] = []
            commands: list[tuple[Any, ...]] = []
            for commit in chunk:
                written = rows(commit, next(numbers), position)
                commands.append(written[0])
                events += written[1:]
                position += len(commit)
            copy(connection, "okr.events", events)
            copy(connection, "okr.commands", commands)
            print(f"the log has {position} events", flush=True)
    asyncio.run(refill(dsn, lambda done, of: print(f"facts of {done} of {of} events", flush=True)))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return position


def rows(commit: Commit, number: int, position: int) -> list[tuple[Any, ...]]:
    """The row of the command, then one for each event."""
    moment = START + timedelta(seconds=number)
    envelope = Envelope(uuid5(NAMES, f"command {number}"), PRINCIPAL, "written in bulk")
    first, last = position + 1, position + len(commit)
    made: list[tuple[Any, ...]] = [(envelope.command_id, PRINCIPAL, envelope.command, b"", first, last, moment, "{}")]
    for place, (kind, stream, version, fields) in enumerate(commit, first):
        if version == 1:
            fields = {**fields, "originator_topic": STREAMS.get(kind, "CheckIn")}
        event = kind(originator_id=stream, originator_version=version, timestamp=moment, envelope=envelope, **fields)
        stored = to_stored_event(event)
        made.append((stream, version, stored.topic, stored.state, place, last, moment))
    return made


def copy(connection: psycopg.Connection[Any], table: str, lines: list[tuple[Any, ...]]) -> None:
    with connection.cursor().copy(f"COPY {table} FROM STDIN") as into:
        for line in lines:
            into.write_row(line)
