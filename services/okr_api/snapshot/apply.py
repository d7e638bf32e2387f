"""Apply: the next snapshot from the last one and what changed in the facts."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from okr_api.snapshot.away import Crossed
from okr_api.snapshot.changes import Changes
from okr_api.snapshot.making import Making
from okr_api.snapshot.partitions import only_held, without
from okr_api.snapshot.snapshot import MOST_STEPS, NOTHING, Mark, Snapshot
from okr_api.snapshot.taking import Taking

TOUCHES = {
    "owners": ("owners", "references", "logins"),
    "cycles": ("cycles",),
    "objectives": ("by_cycle", "by_owner", "references"),
    "key_results": ("key_results_of", "references"),
    "links": ("links_up", "links_down"),
    "ended_links": ("links_up", "links_down"),
    "counting": ("counting",),
    "ended_counting": ("counting",),
    "integrations": ("integrations",),
    "api_keys": ("api_keys", "api_keys_of"),
    "webhooks": ("webhooks",),
}
"""The maps that changes are written to; nodes are made again by whatever they are made of."""
MOST_TOLD = 1000
"""Of how many nodes a step tells that they were made again."""


def apply(snapshot: Snapshot, changes: Changes, position: int, time: datetime) -> Snapshot:
    """The next snapshot. Its cost goes with what changed and what stands above that, not with the organisation.

    Rows that it holds already may come again. Raises Crossed.
    """
    if snapshot.away:
        changes = only_held(snapshot, changes)
    taken = Taking(snapshot)
    taken.take_rows(changes)
    Making(taken).rebuild()
    return _finished(taken, changes, position, time)


def forward(snapshot: Snapshot, changes: Changes, position: int, time: datetime) -> Snapshot:
    """The next snapshot, of whatever is held: partitions are let go of which now would tell only half of it."""
    while True:
        try:
            return apply(snapshot, changes, position, time)
        except Crossed as crossed:
            snapshot = without(snapshot, crossed.held)


def _finished(taken: Taking, changes: Changes, position: int, time: datetime) -> Snapshot:
    # A map is another one only if something in it is: others tell by it what they have to look at again.
    before = taken.before
    touched = {name for field, names in TOUCHES.items() if getattr(changes, field) for name in names}
    touched |= {"objectives", "key_results"} if taken.dirty else set()
    maps: dict[str, Any] = {name: getattr(taken, name).finish() for name in touched}
    if changes.reported is None:
        maps["check_ins_since"] = None
    elif changes.reported:
        maps["reported"] = before.reported.update(changes.reported)
    maps |= {"steps": _steps(before, taken.dirty), "not_open": taken.not_open, "proven": NOTHING}
    return replace(before, position=position, time=time, **maps)


def _steps(before: Snapshot, made: set[UUID]) -> tuple[tuple[Mark, frozenset[UUID]], ...]:
    if not made:
        return before.steps
    if len(made) > MOST_TOLD:
        return ((Mark(), frozenset()),)
    return (*before.steps, (Mark(), frozenset(made)))[-MOST_STEPS:]
