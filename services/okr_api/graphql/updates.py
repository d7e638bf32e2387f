"""Updates: what each viewer is told of the commits of a window, made once for all who may see all of it."""

import asyncio
from dataclasses import field as attribute
from dataclasses import replace
from functools import cached_property
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import strawberry
from strawberry import ID

from okr_api.access.policy import ActorKind, Principal, Role
from okr_api.domain.errors import not_found
from okr_api.graphql import viewing
from okr_api.graphql.context import Reading, Service
from okr_api.graphql.ids import NOWHERE
from okr_api.graphql.scalars import Position
from okr_api.graphql.telling import is_open, named, told
from okr_api.graphql.types.audit import AuditEvent
from okr_api.graphql.types.fields import field
from okr_api.snapshot.audit import AuditRow
from okr_api.snapshot.away import Away
from okr_api.snapshot.feed import Window
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.touched import Touch, touched
from okr_api.snapshot.whereabouts import Held

EVERYBODY = Principal(NOWHERE, ActorKind.SYSTEM, None, frozenset({Role.AUDITOR}))
"""Sees all, as all do who are told the same; nobody's own name is told by their token then."""
RETRY_SECONDS, PATIENCE = 0.5, 30.0
"""Between two tries to bring what is away while the database does not answer, and for how long it is tried."""


@strawberry.type(
    description=(
        "One or more whole commits, in the order of the log, once a question that is asked now finds them answered. A "
        "commit of which the viewer may see nothing is left out; where it moved totals that they do see, these are in "
        "changedIds, without an event."
    )
)
class CascadeUpdate:
    """`until`: everything up to there was looked at. `texts`: what it was encoded to, by what was asked.

    `one_of`: the Updates that it is one of.
    """

    reading: strawberry.Private[Reading]
    at: strawberry.Private[int]
    until: strawberry.Private[int]
    rows: strawberry.Private[list[AuditRow]]
    ids: strawberry.Private[list[UUID]]
    one_of: strawberry.Private[Any]
    texts: strawberry.Private[dict[Any, Any]] = attribute(default_factory=dict)

    @field("The end of the last commit in it. Give it back as `after` to go on from here, at any time.")
    def position(self) -> Position:
        return Position(self.at)

    @field("What happened, the oldest first.")
    def events(self) -> list[AuditEvent]:
        return [viewing.audit_event(self.reading, row) for row in self.rows]

    @field("Every objective and key result whose values it may have changed, with all that they serve.")
    def changed_ids(self) -> list[ID]:
        return [ID(str(i)) for i in self.ids]


class Asked(NamedTuple):
    """What a subscription is of."""

    cycle_id: UUID
    root_id: UUID | None

    def cycles(self, snapshot: Snapshot) -> frozenset[UUID]:
        inside = snapshot.cycles_inside(self.cycle_id) if self.cycle_id in snapshot.cycles else []
        return frozenset(cycle.id for cycle in inside)

    def refuse_unseen(self, reading: Reading) -> None:
        """Raises Refused and Away."""
        if self.cycle_id not in reading.snapshot.cycles:
            raise not_found("cycle", self.cycle_id, "cycleId")
        root = None if self.root_id is None else reading.snapshot.node(self.root_id)
        if self.root_id is not None and (root is None or not reading.may_read(root)):
            raise not_found("objective or key result", self.root_id, "rootId")


class Updates:
    """Of one window, for whoever asked the same, by one snapshot of today."""

    def __init__(
        self, asked: Asked, window: Window, service: Service, snapshot: Snapshot | None = None, held: Held | None = None
    ) -> None:
        """`held`: what the snapshot holds because it was away when this was asked before."""
        self.window = window
        self._asked = asked
        self._service = service
        self._held = held or Held()
        self._everybody = service.reading(EVERYBODY, snapshot)
        self._made: dict[Principal, CascadeUpdate | None] = {}
        self._next: asyncio.Task[Updates] | None = None

    def of(self, principal: Principal) -> CascadeUpdate | None:
        """What this viewer is told, if anything. Raises Refused where they may not see what they asked for, or Away."""
        if not self._commits:
            return None
        viewer = self._viewer(principal)
        if viewer not in self._made:
            self._made[viewer] = self._update(self._everybody if viewer is EVERYBODY else self._show(viewer))
        return self._made[viewer]

    async def after(self, away: Away) -> "Updates":
        """The same by a snapshot that can tell what was away; brought once for all who wait. Raises psycopg.Error.

        Whether everybody may see it is asked again: what was read meanwhile may be hidden since.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._brought(away))
            self._next.add_done_callback(self._came)
        return await asyncio.shield(self._next)

    def _came(self, task: "asyncio.Task[Updates]") -> None:
        if task.cancelled() or task.exception() is not None:
            self._next = None

    async def _brought(self, away: Away) -> "Updates":
        until, live, whereabouts = monotonic() + PATIENCE, self._service.live, self._service.whereabouts
        while True:
            try:
                snapshot = await self._held.bring(live, whereabouts, away, self._everybody.snapshot)
                break
            except (psycopg.OperationalError, OSError):
                if monotonic() > until:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
        updates = Updates(self._asked, self.window, self._service, snapshot, self._held)
        if self._asked in self.window.made:
            self.window.made[self._asked] = updates
        return updates

    def _show(self, principal: Principal) -> Reading:
        return self._service.reading(principal, self._everybody.snapshot)

    def _viewer(self, principal: Principal) -> Principal:
        """Everybody, where nothing in the window is hidden from this one."""
        sees = self._show(principal).sight.same_for
        shares = sees == "all" or (sees == "open" and self._is_open)
        return EVERYBODY if shares else replace(principal, expires_at=None)

    @cached_property
    def _commits(self) -> list[list[Touch]]:
        snapshot = self._everybody.snapshot
        return touched(snapshot, self.window, self._asked.cycles(snapshot), self._asked.root_id)

    @cached_property
    def _is_open(self) -> bool:
        """Whether every member may see all that is named here."""
        snapshot = self._everybody.snapshot
        if snapshot.not_open == 0 and not snapshot.away:
            return True
        ids = {i for commit in self._commits for touch in commit for i in (*touch.nodes, *named(touch.row))}
        ids |= {self._asked.root_id} if self._asked.root_id else set()
        snapshot.require_known(ids)
        return all(is_open(snapshot, i) for i in ids)

    def _update(self, reading: Reading) -> CascadeUpdate | None:
        self._asked.refuse_unseen(reading)
        at, rows, changed = 0, list[AuditRow](), set[UUID]()
        for commit in self._commits:
            seen, moved = told(reading, commit)
            nodes = (reading.snapshot.node(i) for touch in (*seen, *moved) for i in touch.nodes)
            ids = {node.id for node in nodes if node is not None and reading.may_read(node)}
            if seen or ids:
                at = commit[-1].row.commit_position
                rows += [touch.row for touch in seen]
                changed |= ids
        if not at:
            return None
        told_of = sorted(changed)
        return CascadeUpdate(reading=reading, at=at, until=self.window.until, rows=rows, ids=told_of, one_of=self)
