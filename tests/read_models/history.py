"""A log written by hand: commits of events, straight into the tables of the log."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import psycopg

from okr_api.domain.events import (
    CheckInRecorded,
    CycleCreated,
    Envelope,
    Event,
    FirstEvent,
    IntegrationCreated,
    KRAdded,
    KRDelegated,
    ObjectiveAligned,
    ObjectiveCreated,
    OwnerRegistered,
)
from okr_api.domain.values import Approach, Commitment, Metric, MetricKind, OwnerLevel, TargetKind, Text, Visibility
from okr_api.event_log.mapper import to_stored_event

NAMES = UUID("6f6b7200-0000-0000-0000-000000000000")
START = datetime(2026, 1, 1, 9, tzinfo=UTC)


def named(name: str) -> UUID:
    """The id of a thing in a test: the same for the same name."""
    return uuid5(NAMES, name)


ANA, YEAR, GROW, SALES, CRM = (named(name) for name in ("Ana", "2026", "Grow", "Sales", "CRM"))
PRINCIPAL = named("principal")

DEFAULTS: dict[type[Event], dict[str, Any]] = {
    OwnerRegistered: {"level": OwnerLevel.TEAM, "name": Text.typed("Ana's team")},
    CycleCreated: {
        "name": Text.typed("2026"),
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
        "approach": Approach.MIXED,
        "time_zone": "Europe/Berlin",
        "check_in_every_days": 7,
        "rules": 1,
    },
    ObjectiveCreated: {
        "cycle_id": YEAR,
        "owner_id": ANA,
        "title": Text.typed("Grow"),
        "commitment": Commitment.ASPIRATIONAL,
        "visibility": Visibility.ORGANISATION,
        "draft": False,
    },
    ObjectiveAligned: {"target_kind": TargetKind.KEY_RESULT, "contributes": True, "weight": Decimal(1)},
    KRAdded: {
        "objective_id": GROW,
        "owner_id": ANA,
        "title": Text.typed("Sell more"),
        "metric": Metric(MetricKind.INCREASE, Decimal(0), Decimal(100)),
        "weight": Decimal(1),
    },
    KRDelegated: {"retain": False},
    IntegrationCreated: {"name": Text.typed("CRM")},
    CheckInRecorded: {"key_result_id": SALES, "value": Decimal(50), "source": "api"},
}


class Said(NamedTuple):
    """An event before it has its place in a stream and in the log."""

    event_class: type[Event]
    stream: UUID
    fields: dict[str, Any]


def said(event_class: type[Event], stream: UUID, **fields: Any) -> Said:
    """What a stream says, usual where nothing else is given."""
    return Said(event_class, stream, DEFAULTS.get(event_class, {}) | fields)


class History:
    """Appends commits one after the other, one second apart."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._versions: dict[UUID, int] = {}
        self._position = 0
        self._commits = count(1)

    def close(self) -> None:
        self._connection.close()

    def commit(self, *events: Said, command_id: UUID | None = None) -> int:
        """Append what was said as one commit; its position."""
        return self.commits([events], command_id)

    def commits(self, commits: list[tuple[Said, ...]], command_id: UUID | None = None) -> int:
        """Append many commits in one transaction; the last position."""
        events: list[tuple[Any, ...]] = []
        commands: list[tuple[Any, ...]] = []
        for commit in commits:
            number = next(self._commits)
            moment = START + timedelta(seconds=number)
            envelope = Envelope(command_id or named(f"command {number}"), PRINCIPAL, "written by hand")
            first, last = self._position + 1, self._position + len(commit)
            commands.append((envelope.command_id, PRINCIPAL, "written by hand", b"", first, last, moment, "{}"))
            events += [self._row(one, envelope, last, moment) for one in commit]
        self._write("okr.events", events)
        self._write("okr.commands", commands)
        self._connection.execute("NOTIFY okr_events")
        return self._position

    def _row(self, one: Said, envelope: Envelope, last: int, moment: datetime) -> tuple[Any, ...]:
        version = self._versions[one.stream] = self._versions.get(one.stream, 0) + 1
        self._position += 1
        fields = dict(one.fields)
        if issubclass(one.event_class, FirstEvent):
            fields["originator_topic"] = "written by hand"
        event: Any = one.event_class
        event = event(
            originator_id=one.stream, originator_version=version, timestamp=moment, envelope=envelope, **fields
        )
        stored = to_stored_event(event)
        return (one.stream, version, stored.topic, stored.state, self._position, last, moment)

    def _write(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        with self._connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
