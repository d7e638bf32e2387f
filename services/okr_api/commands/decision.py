"""Decision: what one command reads and decides. What it read is guarded: the log takes it only while that holds."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TypeVar
from uuid import UUID, uuid5

from okr_api.domain.errors import not_found, refuse_if
from okr_api.domain.external_ref import ExternalRef
from okr_api.domain.stream import Stream
from okr_api.domain.values import MAX_TEXT, text_problems

S = TypeVar("S", bound=Stream)
Load = Callable[[Iterable[UUID]], Awaitable[Mapping[UUID, Stream]]]
Result = dict[str, str]
"""Ids of what the answer shows, by name."""


@dataclass(frozen=True)
class Person:
    """A name that stands beside the log. `kind`: OWNER or ACTOR."""

    id: UUID
    kind: str
    name: str
    subject: str | None = None


class Decision:
    """The streams that a command read, as they were, and what it changed of them.

    `load` returns copies that may be changed, keyed by id; ids that are not in the log are left out.
    """

    def __init__(self, command_id: UUID, load: Load, key_results_of: Callable[[UUID], Awaitable[int]]) -> None:
        self._command_id = command_id
        self._load = load
        self.key_results_of = key_results_of
        """How many live key results an objective has. No stream counts them: this is a limit, not an invariant."""
        self._numbers = count(1)
        self._new: dict[UUID, Stream] = {}
        self._read: dict[UUID, Stream] = {}
        self._versions: dict[UUID, int] = {}
        self._guarded: set[UUID] = set()
        self.people: list[Person] = []
        self.effective_at: datetime | None = None
        """The latest moment that an event tells of, to be compared with the log's clock."""

    def new_id(self) -> UUID:
        """The same ids however often the command is decided again."""
        return uuid5(self._command_id, str(next(self._numbers)))

    def add(self, stream: Stream) -> None:
        """A stream that begins with this command."""
        self._new[stream.id] = stream

    async def get(self, kind: type[S], stream_id: UUID, *path: str, guard: bool = True) -> S:
        """A stream that must exist. `guard=False` for facts that never change, such as a thing's cycle.

        Raises Refused with NOT_FOUND at `path`.
        """
        found = await self.find(kind, stream_id, guard=guard)
        if found is None:
            raise not_found(kind.TITLE, stream_id, *path)
        return found

    async def find(self, kind: type[S], stream_id: UUID, *, guard: bool = True) -> S | None:
        await self.fetch([stream_id])
        if guard:
            self._guarded.add(stream_id)
        found = self._new.get(stream_id) or self._read.get(stream_id)
        return found if isinstance(found, kind) else None

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

    async def take_reference(self, kind: type[Stream], ref: str | None, holder_id: UUID) -> None:
        """Hold an external reference for a new thing. Raises Refused with EXTERNAL_REF_TAKEN."""
        if ref is None:
            return
        held = await self.find(ExternalRef, ExternalRef.id_of(kind.__name__, ref))
        if held is not None:
            held.refuse_taken()
        self.add(ExternalRef.take(kind.__name__, ref, holder_id))

    @property
    def read_ids(self) -> frozenset[UUID]:
        return frozenset(self._versions)

    @property
    def written(self) -> list[Stream]:
        """New streams in order of creation, then changed ones: nothing in a commit speaks of what comes later in it."""
        return [*self._new.values(), *(stream for stream in self._read.values() if stream.decided)]

    @property
    def guards(self) -> dict[UUID, int]:
        """The version of each stream that the decision relied on and does not write itself."""
        written = {stream.id for stream in self.written}
        return {i: self._versions[i] for i in self._guarded if i in self._versions and i not in written}


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

    def check_reason(self) -> None:
        if self.reason is not None:
            refuse_if(text_problems(self.reason, "reason", MAX_TEXT))
