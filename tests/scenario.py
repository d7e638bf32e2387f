"""Rules without a database: given commands, when a command, then events or problems, over a log in memory."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from okr_api.access.policy import DEVELOPMENT
from okr_api.application import Application, Caller, Done
from okr_api.commands.decision import Command
from okr_api.domain.check_in import AHEAD
from okr_api.domain.errors import Problem, Refused
from okr_api.domain.events import Event, KRAdded
from okr_api.domain.stream import Stream
from okr_api.domain.values import Text
from okr_api.event_log.mapper import to_event
from okr_api.event_log.reading import fold
from okr_api.event_log.requests import Accepted, AppendRefused, CommandKnown, Reason, Request


class MemoryLog:
    """The rules of okr.append in a list."""

    def __init__(self) -> None:
        self.stored: list[StoredEvent] = []
        self.events: list[Event] = []
        self.commands: dict[UUID, Accepted] = {}
        self.input_hash_key = b"k" * 32

    async def append(self, request: Request) -> Accepted:
        if request.command_id in self.commands:
            raise CommandKnown(self.commands[request.command_id])
        versions = self._versions()
        for event in request.events:
            if event.originator_version <= versions.get(event.originator_id, 0):
                raise AppendRefused(Reason.VERSION_TAKEN, event.originator_id)
            versions[event.originator_id] = event.originator_version
        before = self._versions()
        for stream, version in request.guards.items():
            if before.get(stream, 0) > version:
                raise AppendRefused(Reason.GUARD_MOVED, stream)
        if request.effective_at and request.effective_at > datetime.now(UTC) + AHEAD:
            raise AppendRefused(Reason.TOO_EARLY)
        self.stored += request.events
        self.events += [to_event(e.originator_id, e.originator_version, e.topic, e.state) for e in request.events]
        position = len(self.events)
        accepted = Accepted(
            position - len(request.events) + 1, position, datetime.now(UTC), request.input_hash, request.result
        )
        self.commands[request.command_id] = accepted
        return accepted

    def _versions(self) -> dict[Any, int]:
        return {event.originator_id: event.originator_version for event in self.events}

    async def streams(self, known: Mapping[UUID, Stream | None]) -> Mapping[UUID, Stream]:
        versions = {stream_id: stream.version if stream else 0 for stream_id, stream in known.items()}
        newer: dict[UUID, list[Event]] = {}
        for event in self.events:
            if event.originator_version > versions.get(event.originator_id, len(self.events)):
                newer.setdefault(event.originator_id, []).append(event)
        folded = {stream_id: fold(known[stream_id], newer.get(stream_id, ())) for stream_id in known}
        return {stream_id: stream for stream_id, stream in folded.items() if stream is not None}

    async def command(self, command_id: UUID) -> Accepted | None:
        return self.commands.get(command_id)

    async def key_results_of(self, objective_id: UUID, position: int) -> int:
        return sum(isinstance(e, KRAdded) and e.objective_id == objective_id for e in self.events)


class Scenario:
    """given and when run commands; then and refused look at what the last one did."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.application = Application(self.log, self.log)
        self.new_events: list[Event] = []
        self.problems: tuple[Problem, ...] = ()

    async def given(self, command: Command) -> UUID:
        """Run a command that must be accepted; returns the id of what it made, or of what it is about."""
        done = await self.application.execute(command, Caller(DEVELOPMENT))
        return UUID(next(iter(done.result.values())))

    async def when(self, command: Command, key: str | None = None) -> Done | None:
        before = len(self.log.events)
        self.problems = ()
        done = None
        try:
            done = await self.application.execute(command, Caller(DEVELOPMENT, key))
        except Refused as refused:
            self.problems = refused.problems
        self.new_events = self.log.events[before:]
        return done

    def then(self, *expected: tuple[type[Event], dict[str, Any]]) -> None:
        """These events, in this order, with at least these fields; texts compare as what was typed."""
        assert not self.problems, self.problems
        assert [type(event).__name__ for event in self.new_events] == [kind.__name__ for kind, _ in expected]
        for event, (_, values) in zip(self.new_events, expected, strict=True):
            assert {name: _plain(getattr(event, name)) for name in values} == values

    def refused(self, *codes: str) -> None:
        """Exactly these problems, each as CODE or CODE at.the.path; nothing written."""
        assert not self.new_events
        found = [problem.code for problem in self.problems]
        full = [f"{problem.code} {'.'.join(problem.path)}" for problem in self.problems]
        assert [full[i] if " " in code else found[i] for i, code in enumerate(codes[: len(found)])] == list(codes), full
        assert len(found) == len(codes), full


def _plain(value: Any) -> Any:
    return value.text if isinstance(value, Text) else value


def declared(event: Event) -> dict[str, Any]:
    """What the event says, without the library's bookkeeping."""
    hidden = {"originator_id", "originator_version", "timestamp", "originator_topic", "envelope"}
    return {f.name: _plain(getattr(event, f.name)) for f in fields(event) if f.name not in hidden}  # type: ignore[arg-type]
