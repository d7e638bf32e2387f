"""Updates: what each viewer is told of the commits of a window, made once for all who may see all of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field as attribute
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import strawberry
from strawberry import ID

from okr_api.access.policy import ActorKind, Principal, Role
from okr_api.domain.errors import not_found
from okr_api.graphql import viewing
from okr_api.graphql.context import Reading
from okr_api.graphql.ids import NOWHERE, UUID_LENGTH, read_id
from okr_api.graphql.scalars import Position
from okr_api.graphql.types.audit import AuditEvent
from okr_api.graphql.types.fields import field
from okr_api.snapshot.audit import AuditRow
from okr_api.snapshot.feed import Window
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.touched import Touch, touched

EVERYBODY = Principal(NOWHERE, ActorKind.SYSTEM, None, frozenset({Role.AUDITOR}))
"""Sees all, as all do who are told the same; nobody's own name is told by their token then."""
MOVES = frozenset(
    {
        *("CheckInRecorded", "CheckInCorrected", "CheckInWithdrawn", "ObjectiveVisibilityChanged"),
        *("KRAdded", "KRMoved", "KRRetired", "KRRestored", "KRReweighted", "KRRetargeted", "KRScored"),
        *("KRDelegated", "KRUndelegated", "DelegationAccepted", "ObjectiveAligned", "ObjectiveUnaligned"),
        *("ObjectiveRetired", "ObjectiveRestored"),
    }
)
"""What moves the totals above it, which are shown to those as well who may not see why."""
Show = Callable[[Principal], Reading]


@strawberry.type(
    description=(
        "One or more whole commits, in the order of the log, once a question that is asked now finds them answered. A "
        "commit of which the viewer may see nothing is left out; where it moved totals that they do see, these are in "
        "changedIds, without an event."
    )
)
class CascadeUpdate:
    """`until`: everything up to there was looked at. `texts`: what it was encoded to, by what was asked."""

    reading: strawberry.Private[Reading]
    at: strawberry.Private[int]
    until: strawberry.Private[int]
    rows: strawberry.Private[list[AuditRow]]
    ids: strawberry.Private[list[UUID]]
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
        """Raises Refused."""
        if self.cycle_id not in reading.snapshot.cycles:
            raise not_found("cycle", self.cycle_id, "cycleId")
        root = None if self.root_id is None else reading.snapshot.node(self.root_id)
        if self.root_id is not None and (root is None or not reading.may_read(root)):
            raise not_found("objective or key result", self.root_id, "rootId")


class Updates:
    """Of one window, for whoever asked the same. `show`: what a principal reads from now."""

    def __init__(self, asked: Asked, window: Window, show: Show) -> None:
        self._asked = asked
        self._window = window
        self._show = show
        self._everybody = show(EVERYBODY)
        self._made: dict[Principal, CascadeUpdate | None] = {}

    def of(self, principal: Principal) -> CascadeUpdate | None:
        """What this viewer is told, if anything. Raises Refused where they may not see what they asked for."""
        if not self._commits:
            return None
        viewer = self._viewer(principal)
        if viewer not in self._made:
            self._made[viewer] = self._update(self._everybody if viewer is EVERYBODY else self._show(viewer))
        return self._made[viewer]

    def _viewer(self, principal: Principal) -> Principal:
        """Everybody, where nothing in the window is hidden from this one."""
        sees = self._show(principal).sight.same_for
        shares = sees == "all" or (sees == "open" and self._is_open)
        return EVERYBODY if shares else replace(principal, expires_at=None)

    @cached_property
    def _commits(self) -> list[list[Touch]]:
        snapshot = self._everybody.snapshot
        return touched(snapshot, self._window, self._asked.cycles(snapshot), self._asked.root_id)

    @cached_property
    def _is_open(self) -> bool:
        """Whether every member may see all that is named here."""
        snapshot = self._everybody.snapshot
        if snapshot.not_open == 0:
            return True
        named = {i for commit in self._commits for touch in commit for i in (*touch.nodes, *_named(touch.row))}
        named |= {self._asked.root_id} if self._asked.root_id else set()
        return all(_is_open(snapshot, i) for i in named)

    def _update(self, reading: Reading) -> CascadeUpdate | None:
        self._asked.refuse_unseen(reading)
        at, rows, changed = 0, list[AuditRow](), set[UUID]()
        for commit in self._commits:
            seen, moved = _told(reading, commit)
            nodes = (reading.snapshot.node(i) for touch in (*seen, *moved) for i in touch.nodes)
            ids = {node.id for node in nodes if node is not None and reading.may_read(node)}
            if seen or ids:
                at = commit[-1].row.commit_position
                rows += [touch.row for touch in seen]
                changed |= ids
        update = CascadeUpdate(reading=reading, at=at, until=self._window.until, rows=rows, ids=sorted(changed))
        return update if at else None


def _told(reading: Reading, commit: list[Touch]) -> tuple[list[Touch], list[Touch]]:
    """What is seen of a commit, if that says why it concerns the viewer; and what moved totals that they may see."""
    seen, moved = list[Touch](), list[Touch]()
    for touch in commit:
        if _sees(reading, touch.row):
            seen.append(touch)
        elif touch.concerns and touch.row.type in MOVES:
            moved.append(touch)
    return seen if any(touch.concerns for touch in seen) else [], moved


def _sees(reading: Reading, row: AuditRow) -> bool:
    """What an audit query finds."""
    today = reading.today
    if row.subject_id in today.integrations:
        return reading.sight.sees_integrations
    nodes = (today.node(i) for i in (row.subject_id, row.home_id) if i is not None)
    return all(node is None or reading.may_read(node) for node in nodes)


def _is_open(snapshot: Snapshot, named: UUID) -> bool:
    node = snapshot.node(named)
    if node is not None:
        return snapshot.objective_of(node).row.visibility == "ORGANISATION"
    return named not in snapshot.integrations


def _named(row: AuditRow) -> Iterator[UUID]:
    """Every id in an event."""
    yield from (row.subject_id, row.stream, *row.entity_ids)
    if row.home_id is not None:
        yield row.home_id
    yield from _ids_in(row.data)
    for change in row.changes:
        yield from _ids_in([change.before, change.after])


def _ids_in(value: Any) -> Iterable[UUID]:
    match value:
        case str():
            named = read_id(value) if len(value) == UUID_LENGTH else None
            return () if named is None else (named,)
        case list():
            return [i for item in value for i in _ids_in(item)]
        case dict():
            return [i for item in value.values() for i in _ids_in(item)]
    return ()
