"""Decision: what one command reads and decides. What it read is guarded: the log takes it only while that holds."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any, Protocol, TypeVar
from uuid import UUID, uuid5

from okr_api.domain.errors import not_found, refuse_if
from okr_api.domain.stream import Stream
from okr_api.domain.values import MAX_TEXT, text_problems

S = TypeVar("S", bound=Stream)
Load = Callable[[Iterable[UUID]], Awaitable[Mapping[UUID, Stream]]]
Result = dict[str, str]
"""Ids of what the answer shows, by name."""


def made_by(command_id: UUID, number: int = 1) -> UUID:
    """The id of the first thing that a command makes, or of a later one."""
    return uuid5(command_id, str(number))


@dataclass(frozen=True)
class Person:
    """A name that stands beside the log. `kind`: OWNER or ACTOR. None keeps what is known, "" forgets it."""

    id: UUID
    kind: str
    name: str | None
    subject: str | None = None


class Facts(Protocol):
    """What a decision asks of the read side, where no stream can say it. What it finds is guarded like all else."""

    def owner_of(self, login: str) -> UUID | None:
        """Whose login it is."""

    async def signed_in_as(self, owner_id: UUID) -> Sequence[UUID]:
        """The principals that ever changed something under an owner's login."""

    async def key_results_of(self, objective_id: UUID) -> Sequence[UUID]:
        """The live key results of an objective."""

    async def hanging_from(self, node_id: UUID) -> Sequence[UUID]:
        """The live objectives that serve an objective or a key result, or restate it, by any link."""

    async def owned_in(self, owner_id: UUID, cycle_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        """The live objectives and key results of an owner in a cycle and the cycles inside it."""

    async def current_value(self, key_result_id: UUID) -> Decimal | None:
        """The value that counts now."""


class Decision:
    """The streams that a command read, as they were, and what it changed of them.

    `load` returns copies that may be changed, keyed by id; ids that are not in the log are left out.
    """

    def __init__(self, command_id: UUID, load: Load, facts: Facts, *, again: bool = False) -> None:
        self._command_id = command_id
        self._load = load
        self.facts = facts
        self.again = again
        """Whether it is decided once more, because something that it read or wrote had moved or was taken."""
        self.duplicate = False
        """Whether what was asked for stands already, by a command of another name under the same key."""
        self._numbers = count(1)
        self._new: dict[UUID, Stream] = {}
        self._read: dict[UUID, Stream] = {}
        self._versions: dict[UUID, int] = {}
        self._guarded: set[UUID] = set()
        self.named: list[Stream] = []
        """What the input speaks of."""
        self.sees: Callable[[Stream], Awaitable[bool]] = _everything
        """Whether who decides may see it: what is not seen is not found."""
        self.people: list[Person] = []
        self.effective_at: datetime | None = None
        """The latest moment that an event tells of, to be compared with the log's clock."""
        self.in_order_of: UUID | None = None
        """A guarded stream: what is decided about it goes into the log in the order in which it was decided."""

    def new_id(self) -> UUID:
        """The same ids however often the command is decided again."""
        return made_by(self._command_id, next(self._numbers))

    @contextmanager
    def part(self, command_id: UUID | None) -> Iterator[None]:
        """Inside, one command of a batch is decided, with the ids that it would give alone if it has a command id."""
        whole = self._command_id, self._numbers, self.again
        if command_id is not None:  # it may have been accepted alone, or in another batch
            self._command_id, self._numbers, self.again = command_id, count(1), True
        try:
            yield
        finally:
            self._command_id, self._numbers, self.again = whole
            self.duplicate = False

    def tells_of(self, effective_at: datetime | None) -> None:
        """An event tells of that moment: the log refuses it if that is too far ahead of its own clock."""
        if effective_at is not None:
            self.effective_at = max(effective_at, self.effective_at or effective_at)

    def add(self, stream: Stream) -> None:
        """A stream that begins with this command."""
        self._new[stream.id] = stream

    async def get(self, kind: type[S], stream_id: UUID, *path: str, guard: bool = True) -> S:
        """A stream that must exist. `guard=False` for facts that never change, such as a thing's cycle.

        Raises Refused with NOT_FOUND at `path`.
        """
        found = await self.find(kind, stream_id, guard=guard)
        if found is None or (path and not await self.sees(found)):
            raise not_found(kind.TITLE, stream_id, *path)
        if path:
            self.named.append(found)
        return found

    async def find(self, kind: type[S], stream_id: UUID, *, guard: bool = True) -> S | None:
        found = self._new.get(stream_id) or self._read.get(stream_id)
        if found is None:
            await self.fetch([stream_id])
            found = self._read.get(stream_id)
        if guard:
            self._guarded.add(stream_id)
        return found if isinstance(found, kind) else None

    async def known(self, kind: type[S], stream_ids: Iterable[UUID | None]) -> list[S]:
        """Those of this kind that there are, read at once; not guarded before they are asked for one by one."""
        ids = dict.fromkeys(i for i in stream_ids if i is not None)
        await self.fetch(ids)
        return [found for i in ids if isinstance(found := self._new.get(i) or self._read.get(i), kind)]

    async def fetch(self, stream_ids: Iterable[UUID]) -> None:
        """Read several at once what will be asked for one by one."""
        missing = [i for i in dict.fromkeys(stream_ids) if i not in self._versions and i not in self._new]
        if not missing:
            return
        found = await self._load(missing)
        for stream_id in missing:
            stream = found.get(stream_id)
            self._versions[stream_id] = stream.version if stream else 0
            if stream is not None:
                self._read[stream_id] = stream

    async def as_it_was(self, stream_ids: Iterable[UUID]) -> list[Stream]:
        """What was in the log before this decision."""
        return list((await self._load(stream_ids)).values())

    @property
    def read_ids(self) -> frozenset[UUID]:
        return frozenset(self._versions)

    @property
    def written(self) -> list[Stream]:
        """New streams in order of creation, then changed ones: nothing in a commit speaks of what comes later in it."""
        return [*self._new.values(), *(stream for stream in self._read.values() if stream.pending_events)]

    @property
    def guards(self) -> dict[UUID, int]:
        """The version of each stream that the decision relied on and does not write itself."""
        written = {stream.id for stream in self.written}
        return {i: self._versions[i] for i in self._guarded if i in self._versions and i not in written}


async def _everything(_: Stream) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Command:
    """One thing to do. `reason` is kept with every event of it."""

    reason: str | None = None

    async def decide(self, decision: Decision) -> Result:
        """Read, check and change streams. Raises Refused; writes nothing."""
        raise NotImplementedError

    @property
    def turns(self) -> tuple[UUID, ...]:
        """Standing streams that commands go at one after another: those that it is sure to write."""
        return ()

    @property
    def latest(self) -> tuple[str, ...]:
        """Where in the input the latest moment stands that its events tell of."""
        return ("effectiveAt",)

    @property
    def inputs(self) -> dict[str, Any]:
        """What was asked for, by name: the same key with other inputs is another command."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def check_reason(self) -> None:
        if self.reason is not None:
            refuse_if(text_problems(self.reason, "reason", MAX_TEXT))
