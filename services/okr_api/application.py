"""The application: execute(command) -> events -> position. Boring on purpose: rules stand in the domain."""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from uuid import UUID, uuid4, uuid5

import msgspec

from okr_api.access.policy import ActorKind, Principal
from okr_api.commands.decision import Command, Decision, Facts, Person, Result
from okr_api.commands.rights import Rights
from okr_api.commands.transfers import TransferOwnership
from okr_api.domain.check_in import CheckIn, in_the_future
from okr_api.domain.errors import Problem, Refused, RuleViolation, key_of_another, refuse_if
from okr_api.domain.events import Envelope
from okr_api.domain.values import Text, text_problems
from okr_api.event_log.cache import Cache
from okr_api.event_log.log import EventLog
from okr_api.event_log.mapper import to_stored_event
from okr_api.event_log.requests import Accepted, AppendRefused, CommandKnown, PersonRow, Reason, Request
from okr_api.event_log.turns import Rounds, Turns, pause
from okr_api.operations import tracing
from okr_api.operations.instruments import counted

ATTEMPTS = 10
LONGEST_KEY = 200
AT_ONCE = 128
"""Commands that are decided together, about as many as share a transaction; then others have their turn."""
MOVED = frozenset({Reason.VERSION_TAKEN, Reason.GUARD_MOVED, Reason.PREDECESSOR_MISSING})
Again = Callable[[int], Awaitable[None]]
"""Awaited before a command is decided again, with how often it lost to others before."""


@dataclass(frozen=True)
class Caller:
    """Who asks for a command, with the key that makes its retry safe and the id that follows it through the logs."""

    principal: Principal
    idempotency_key: str | None = None
    correlation_id: str | None = None

    def command_id(self) -> UUID:
        """The same for the same key; without one each time another. Raises Refused for a key that cannot be one."""
        if self.idempotency_key is None:
            return uuid4()
        refuse_if(text_problems(self.idempotency_key, "idempotencyKey", LONGEST_KEY, required=True))
        return uuid5(self.principal.id, self.idempotency_key)


@dataclass(frozen=True)
class Done:
    """An accepted command. `duplicate`: it was in the log before. The position is None where nothing was written."""

    result: Result
    position: int | None
    duplicate: bool = False


class Application:
    """Takes commands, one at a time for each stream that they are sure to write."""

    def __init__(self, log: EventLog, facts: Callable[[int], Facts]) -> None:
        """`facts` are those of a position or later: a decision sees at least what this process has acknowledged."""
        self._log = log
        self._facts = facts
        self._acknowledged = 0
        self._cache = Cache(log.streams)
        self._turns = Turns()
        self._names: dict[UUID, tuple[str | None, str | None]] = {}

    async def execute(self, command: Command, caller: Caller, again: Again = pause) -> Done:
        """Run one command. Raises Refused (nothing is written), QueueFull or LogUnavailable.

        A refusal is only ever given on what was read after the command arrived, and after a look whether the same
        command was accepted before: a retry answers with the first result even when its cycle has closed since.
        """
        name, command_id = type(command).__name__, caller.command_id()
        with counted(name) as running, tracing.tracer.command(name, command_id, caller.correlation_id):
            done = await self._execute(command, caller, command_id, again)
            running.duplicate = done.duplicate
        return done

    async def _execute(self, command: Command, caller: Caller, command_id: UUID, again: Again) -> Done:
        arrived = monotonic()
        newest = 0.0
        async with self._turns.of(command.turns):
            for attempt in range(ATTEMPTS):
                try:
                    return await self._try(command, caller, command_id, newest, again=attempt > 0)
                except CommandKnown as known:
                    return _same(known.accepted, self._input_hash(command))
                except AppendRefused as refused:
                    if refused.reason not in MOVED:
                        raise Refused(_problem(refused, command)) from refused
                    await again(attempt + 1)
                    newest = monotonic()
                except Refused:
                    if newest < arrived:
                        newest = arrived  # decided on what was in memory: look again before refusing
                        await again(0)
                        continue
                    before = await self._log.command(command_id) if caller.idempotency_key is not None else None
                    if before is None:
                        raise
                    return _same(before, self._input_hash(command))
        message = "Others changed the same things at the same moment: nothing is written, try again."
        raise Refused(RuleViolation("CONFLICT", message, (), {"retryable": True}))

    async def execute_all(self, commands: Sequence[tuple[Command, Caller]]) -> list[Done | Refused]:
        """Run several that take no turns, each for itself; they share transactions.

        What is said of one thing goes into the log in the order of the commands. Raises QueueFull or LogUnavailable.
        """
        outcomes: list[Done | Refused] = []
        for first in range(0, len(commands), AT_ONCE):
            outcomes += await self._together(commands[first : first + AT_ONCE])
        return outcomes

    async def _together(self, commands: Sequence[tuple[Command, Caller]]) -> list[Done | Refused]:
        rounds = Rounds(len(commands))

        async def one(place: int, command: Command, caller: Caller) -> Done | Refused:
            try:
                return await self.execute(command, caller, partial(rounds.next, place))
            except Refused as refused:
                return refused
            finally:
                rounds.leave()

        return await asyncio.gather(*(one(place, *command) for place, command in enumerate(commands)))

    async def transfer(self, command: TransferOwnership, caller: Caller) -> Done:
        """Hand over part by part, then take down the whole. Raises Refused: the parts before that stay done."""
        if caller.idempotency_key is not None:
            before = await self._log.command(caller.command_id())
            if before is not None:
                return _same(before, self._input_hash(command))
        facts = self._facts(self._acknowledged)
        objectives, key_results = await facts.owned_in(command.from_owner_id, command.cycle_id)
        by_itself = replace(caller, idempotency_key=None)
        parts = [await self.execute(part, by_itself) for part in command.parts(tuple(objectives), tuple(key_results))]
        transferred = sum(int(part.result["transferred"]) for part in parts)
        position = max((part.position for part in parts if part.position), default=None)
        return await self.execute(replace(command, transferred=transferred, position=position), caller)

    async def _try(self, command: Command, caller: Caller, command_id: UUID, newest: float, *, again: bool) -> Done:
        """Decide on streams that were known to be current at `newest` or later, and append."""
        load = partial(self._cache.streams, since=newest)
        decision = Decision(command_id, load, self._facts(self._acknowledged), again=again)
        rights = Rights(caller.principal, self._owner_of(caller.principal), decision)
        decision.sees = rights.sees
        try:
            command.check_reason()
            result = await command.decide(decision)
            await rights.refuse_unless_may(type(command).__name__, command.turns)
        except Refused as refused:
            raise Refused(*await rights.shown(refused.problems)) from refused
        finally:
            del decision.sees  # two that hold each other stay until somebody looks for garbage in loops
        request = self._request(command, caller, command_id, decision, result)
        asked_at = monotonic()
        try:
            accepted = await self._log.append(request)
        except Exception:
            self._names.pop(caller.principal.id, None)  # it may not have been written
            raise
        for stream in decision.written:
            stream.collect_events()
            if not isinstance(stream, CheckIn):  # only the log knows when a check-in was recorded
                self._cache.hold(stream, asked_at)
        self._acknowledged = max(self._acknowledged, accepted.last_position or 0)
        return Done(result, accepted.last_position, decision.duplicate)

    def _owner_of(self, principal: Principal) -> UUID | None:
        return self._facts(0).owner_of(principal.subject) if principal.subject else None

    def _request(
        self, command: Command, caller: Caller, command_id: UUID, decision: Decision, result: Result
    ) -> Request:
        name = type(command).__name__
        reason = Text.maybe(command.reason)
        envelope = Envelope(command_id, caller.principal.id, name, reason, caller.correlation_id)
        events = [event for stream in decision.written for event in stream.decided]
        return Request(
            command_id,
            caller.principal.id,
            name,
            self._input_hash(command),
            tuple(to_stored_event(event.under(envelope)) for event in events),
            decision.guards,
            result,
            decision.effective_at,
            tuple(PersonRow(p.id, p.kind, p.name, p.subject) for p in (*decision.people, *self._new_name(caller))),
            decision.in_order_of,
        )

    def _new_name(self, caller: Caller) -> Iterator[Person]:
        """The name that a principal goes by, once for each process and change."""
        principal = caller.principal
        known = principal.name, principal.subject
        if principal.kind is ActorKind.PERSON and self._names.get(principal.id) != known:
            self._names[principal.id] = known
            login = f"{principal.id} {principal.subject}" if principal.subject else None
            yield Person(principal.id, "ACTOR", principal.name, login)

    def _input_hash(self, command: Command) -> bytes:
        """A keyed digest of what was asked for: no text can be guessed from it."""
        inputs = msgspec.to_builtins(command.inputs, str_keys=True)
        text = msgspec.json.encode([type(command).__name__, inputs], order="sorted")
        return hmac.digest(self._log.input_hash_key, text, hashlib.sha256)


def _same(accepted: Accepted, input_hash: bytes) -> Done:
    if not hmac.compare_digest(accepted.input_hash, input_hash):
        raise Refused(key_of_another("command"))
    return Done(dict(accepted.result), accepted.last_position, duplicate=True)


def _problem(refused: AppendRefused, command: Command) -> Problem:
    match refused.reason:
        case Reason.TOO_EARLY:
            return in_the_future(command.latest)
        case Reason.SUBJECT_TAKEN:
            return RuleViolation("SUBJECT_TAKEN", "This login belongs to another owner.", ("subject",))
    raise AssertionError(refused.reason)
