"""Context: what a request reads from, and what it may use to change something."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from strawberry import Info

from okr_api.access.policy import Principal
from okr_api.application import Application, Caller
from okr_api.graphql.crowd import Crowd
from okr_api.graphql.limits import too_complex
from okr_api.settings import Limits
from okr_api.snapshot.actors import Actors
from okr_api.snapshot.audit import AuditEvents
from okr_api.snapshot.away import Away
from okr_api.snapshot.check_ins import CheckIns
from okr_api.snapshot.commits import Commit, Commits
from okr_api.snapshot.deliveries import Deliveries
from okr_api.snapshot.histories import Histories
from okr_api.snapshot.live import Live
from okr_api.snapshot.nodes import Node
from okr_api.snapshot.past import PastCuts
from okr_api.snapshot.sight import Sight
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.steps import Steps
from okr_api.snapshot.targets import Targets
from okr_api.snapshot.whereabouts import Held, Whereabouts

T = TypeVar("T")

MOST_READINGS = 1000
"""That are kept for the next request of the same principals."""

if TYPE_CHECKING:
    from okr_api.graphql.channels import Channels


@dataclass(frozen=True)
class Reading:
    """One snapshot, one moment and one viewer: whatever is answered from a reading is of the same cut."""

    snapshot: Snapshot
    moment: datetime
    sight: Sight
    check_ins: CheckIns
    targets: Targets
    actors: Actors
    audit: AuditEvents
    histories: Histories
    deliveries: Deliveries

    def may_read(self, node: Node) -> bool:
        """The one place where the policy is asked about reading. A key result is as visible as its objective.

        In the past it is as visible as the objective that it belonged to then and as the one that it belongs to now.
        """
        objective = self.snapshot.objective_of(node)
        if self.snapshot is self.sight.today:
            return self.sight.sees_now(objective)
        return self.sight.sees(objective) and self.sight.sees_today(node)

    @property
    def may_read_all(self) -> bool:
        """Whether nothing here is hidden from the viewer."""
        seen = self.sight.same_for
        return seen == "all" or (seen == "open" and self.snapshot is self.today and self.today.not_open == 0)

    @property
    def today(self) -> Snapshot:
        """What rights are judged by, and what can be done to things."""
        return self.sight.today

    @property
    def principal(self) -> Principal:
        return self.sight.principal


@dataclass(frozen=True)
class Service:
    """What lives as long as the process.

    `webhooks_key`: what their secrets follow from. `readable_seconds`: how long a request waits for facts that it
    asked for.
    """

    application: Application
    live: Live
    check_ins: CheckIns
    targets: Targets
    actors: Actors
    audit: AuditEvents
    histories: Histories
    whereabouts: Whereabouts
    commits: Commits
    past: PastCuts
    steps: Steps
    deliveries: Deliveries
    webhooks_key: bytes
    channels: "Channels"
    crowd: Crowd
    connected: Crowd
    limits: Limits
    readable_seconds: float = 2.0

    def reading(self, principal: Principal, snapshot: Snapshot | None = None) -> Reading:
        """What there is now, or in a live snapshot. Health and advisories change on the hour."""
        snapshot, moment = snapshot or self.live.snapshot, hour(datetime.now(UTC))
        known: Reading | None = self.live.beside.get(principal.id)
        if known and known.snapshot is snapshot and known.principal is principal and known.moment == moment:
            return known
        reading = Reading(
            snapshot,
            moment,
            Sight(principal, snapshot),
            self.check_ins,
            self.targets,
            self.actors,
            self.audit,
            self.histories,
            self.deliveries,
        )
        if snapshot is self.live.snapshot and len(self.live.beside) < MOST_READINGS:
            self.live.beside[principal.id] = reading
        return reading


@dataclass
class Context:
    """One request. `reading` is what its queries read from; each mutation moves it on to what holds its events.

    A root field with asOf reads from a cut of its own.
    """

    service: Service
    reading: Reading
    request_id: str
    correlation_id: str | None = None
    """None: the request's own id."""
    operation: str | None = None
    """What metrics call it, once it is known what is asked for."""
    pending: bool = False
    """Whether a command was accepted that could not be read back in time."""
    cuts: dict[str, int] = field(default_factory=dict)
    """The position that each root field was read at."""
    signed_in: Callable[[], Awaitable[Principal]] | None = None
    """Of what goes on for long: who it is, as far as they still are. Raises Unauthenticated."""
    _past: dict[int | datetime, asyncio.Task[Reading]] = field(default_factory=dict)
    _held: Held = field(default_factory=Held)
    _made: list[Any] = field(default_factory=list)
    _place: int = 0

    async def who(self) -> Principal:
        return await self.signed_in() if self.signed_in else self.reading.principal

    def caller(self, key: str | None) -> Caller:
        return Caller(self.reading.principal, key, self.correlation_id or self.request_id)

    async def read_at_least(self, position: int) -> Reading:
        """Go on with a snapshot that holds the position. Raises NotYetReadable."""
        snapshot = await self.service.live.at_least(position, self.service.readable_seconds)
        if self._held.now:
            snapshot = await self.service.live.holding(frozenset(self._held.now))
        return self._read(snapshot)

    async def bring(self, missing: Iterable[Away]) -> None:
        """Have what was away loaded or looked up, and read on from what can tell of it. Raises psycopg.Error."""
        live, whereabouts = self.service.live, self.service.whereabouts
        for away in missing:
            self._read(await self._held.bring(live, whereabouts, away, self.reading.snapshot))

    def let_go(self) -> None:
        """What goes on for long keeps nothing in memory that it read from when it began."""
        self._read(Snapshot())

    def end(self) -> None:
        """Wait for nothing and hold nothing any more: what executes an answer in graphql-core holds itself, and with it
        this, until somebody looks for garbage in loops."""
        for reading in self._past.values():
            reading.cancel()
        vars(self).clear()

    def begin_again(self) -> None:
        """The answer is made anew; what was done for it stays done."""
        self._place = 0
        self._past.clear()
        self.cuts.clear()

    @property
    def held_then(self) -> Set[UUID]:
        """The root cycles that cuts of the past are to hold."""
        return self._held.then

    def first(self, make: Callable[[], T]) -> T:
        """What was made in this place when the request was answered for the first time: nothing is done twice."""
        if self._place == len(self._made):
            self._made.append(make())
        self._place += 1
        return self._made[self._place - 1]  # type: ignore[no-any-return]

    def _read(self, snapshot: Snapshot) -> Reading:
        snapshot = self._held.proved(snapshot)
        self.reading = replace(self.reading, snapshot=snapshot, sight=Sight(self.reading.principal, snapshot))
        return self.reading

    async def commit(self, place: int | datetime) -> Commit:
        """The last whole commit at a position or a time, once the facts hold it. Raises InFuture, NotYetReadable."""
        today = self.reading.today
        if place == today.position:
            return Commit(today.position, today.time)
        commit = await self.service.commits.at(place)
        await self.service.live.at_least(commit.position, self.service.readable_seconds)
        return commit

    async def read_as_of(self, place: int | datetime) -> Reading:
        """The same reading for the same place: all of a request is of as few cuts as it names. Raises as `commit`."""
        if place not in self._past:
            allowed = self.service.limits.max_cuts
            if len(self._past) >= allowed:
                raise too_complex("cuts", len(self._past) + 1, allowed)
            self._past[place] = asyncio.create_task(self._read_as_of(place))
        return await self._past[place]

    async def _read_as_of(self, place: int | datetime) -> Reading:
        commit = await self.commit(place)
        moment = hour(place if isinstance(place, datetime) else commit.recorded_at)
        live, sight = self.service.live.snapshot, self.reading.sight
        if commit.position > sight.today.position:
            sight = Sight(sight.principal, self._held.proved(live))
        held = (snapshot for snapshot in (sight.today, live) if snapshot.position == commit.position)
        snapshot = next(held, None) or await self.service.past.at(commit, live, frozenset(self._held.then))
        snapshot = self._held.proved(snapshot)
        return replace(self.reading, snapshot=snapshot, moment=moment, sight=sight)


def hour(moment: datetime) -> datetime:
    """What health and advisories go by."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


Asking = Info[Context, Any]
"""What a root field is told about the request."""
