"""Rules without a database: given commands, when a command, then events or problems, over a log in memory."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from okr_api.access.policy import DEVELOPMENT
from okr_api.application import Application, Caller, Done
from okr_api.commands.decision import Command
from okr_api.commands.transfers import TransferOwnership
from okr_api.domain.check_in import AHEAD, CheckIn
from okr_api.domain.errors import Problem, Refused
from okr_api.domain.events import Event
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import Objective
from okr_api.domain.stream import Stream
from okr_api.domain.values import ObjectiveState, Text
from okr_api.event_log.mapper import to_event
from okr_api.event_log.requests import Accepted, AppendRefused, CommandKnown, Reason, Request

S = TypeVar("S", bound=Stream)


class MemoryLog:
    """The rules of okr.append in a list."""

    def __init__(self) -> None:
        self.stored: list[StoredEvent] = []
        self.events: list[Event] = []
        self.commands: dict[UUID, Accepted] = {}
        self.requests: list[Request] = []
        self.people: dict[UUID, tuple[str | None, str | None]] = {}
        self.now: dict[UUID, Any] = {}
        self.input_hash_key = b"k" * 32

    async def append(self, request: Request) -> Accepted:
        if request.command_id in self.commands:
            raise CommandKnown(self.commands[request.command_id])
        self._refuse(request)
        recorded_at = datetime.now(UTC)
        self.requests.append(request)
        self.stored += request.events
        for stored in request.events:
            event = to_event(stored.originator_id, stored.originator_version, stored.topic, stored.state, recorded_at)
            self.events.append(event)
            self.now[event.originator_id] = event.mutate(self.now.get(event.originator_id))
        for person in request.people:
            name, subject = self.people.get(person.id, (None, None))
            kept = (name if person.name is None else person.name, subject if person.subject is None else person.subject)
            self.people[person.id] = kept[0] or None, kept[1] or None
        last = len(self.events) if request.events else None
        first = last - len(request.events) + 1 if last else None
        accepted = Accepted(first, last, recorded_at, request.input_hash, request.result)
        self.commands[request.command_id] = accepted
        return accepted

    def _refuse(self, request: Request) -> None:
        versions: dict[Any, int] = {}
        for event in request.events:
            known = versions.get(event.originator_id, self._version(event.originator_id))
            if event.originator_version <= known:
                raise AppendRefused(Reason.VERSION_TAKEN)
            versions[event.originator_id] = event.originator_version
        for stream, version in request.guards.items():
            if self._version(stream) > version:
                raise AppendRefused(Reason.GUARD_MOVED, stream)
        if request.effective_at and request.effective_at > datetime.now(UTC) + AHEAD:
            raise AppendRefused(Reason.TOO_EARLY)
        for person in request.people:
            if any(person.subject and person.subject == s and person.id != i for i, (_, s) in self.people.items()):
                raise AppendRefused(Reason.SUBJECT_TAKEN)

    def _version(self, stream: Any) -> int:
        return self.now[stream].version if stream in self.now else 0

    async def streams(self, known: Mapping[UUID, Stream | None]) -> Mapping[UUID, Stream]:
        return {stream_id: self.now[stream_id].copied() for stream_id in known if stream_id in self.now}

    async def command(self, command_id: UUID) -> Accepted | None:
        return self.commands.get(command_id)


class MemoryFacts:
    """What decisions ask of the read side, from the streams as they are now."""

    def __init__(self, log: MemoryLog) -> None:
        self._now = log.now
        self._people = log.people

    def every(self, kind: type[S]) -> list[S]:
        return [stream for stream in self._now.values() if isinstance(stream, kind)]

    def owner_of(self, login: str) -> UUID | None:
        return next((i for i, (_, subject) in self._people.items() if subject == login), None)

    async def signed_in_as(self, owner_id: UUID) -> list[UUID]:
        login = self._people[owner_id][1] if owner_id in self._people else None
        return [i for i, (_, subject) in self._people.items() if login and subject == f"{i} {login}"]

    async def key_results_of(self, objective_id: UUID) -> list[UUID]:
        return [kr.id for kr in self.every(KeyResult) if kr.objective_id == objective_id and not kr.retired]

    async def hanging_from(self, node_id: UUID) -> list[UUID]:
        above = self._now.get(node_id)
        restating = above.delegated_to if isinstance(above, KeyResult) else None
        live = [o for o in self.every(Objective) if o.state is not ObjectiveState.RETIRED]
        return [o.id for o in live if o.id == restating or node_id in {target.id for target in o.targets}]

    async def owned_in(self, owner_id: UUID, cycle_id: UUID) -> tuple[list[UUID], list[UUID]]:
        live = {o.id: o for o in self.every(Objective) if o.state is not ObjectiveState.RETIRED}
        inside = {o.id for o in live.values() if self._inside(o.cycle_id, cycle_id)}
        krs = [kr for kr in self.every(KeyResult) if kr.objective_id in inside and not kr.retired]
        return [i for i in inside if live[i].owner_id == owner_id], [kr.id for kr in krs if kr.owner_id == owner_id]

    def _inside(self, cycle_id: UUID | None, outer_id: UUID) -> bool:
        return cycle_id is not None and (cycle_id == outer_id or self._inside(self._now[cycle_id].parent_id, outer_id))

    async def current_value(self, key_result_id: UUID) -> Decimal | None:
        counting = [c for c in self.every(CheckIn) if c.key_result_id == key_result_id and not c.replaced]
        latest = max(reversed(counting), key=lambda c: c.measurement.effective_at or c.recorded_at, default=None)
        return latest.measurement.value if latest else None


class Scenario:
    """given and when run commands, when as `principal`; then and refused look at what the last one did."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.application = Application(self.log, lambda _: MemoryFacts(self.log))
        self.principal = DEVELOPMENT
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
        run = self.application.transfer if isinstance(command, TransferOwnership) else self.application.execute
        try:
            done = await run(command, Caller(self.principal, key))  # type: ignore[arg-type]
        except Refused as refused:
            self.problems = refused.problems
        self.new_events = self.log.events[before:]
        return done

    def unchanged(self) -> None:
        """Accepted, and there was nothing to write."""
        self.then()

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
