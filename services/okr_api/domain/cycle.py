"""Cycle: the period that OKRs belong to, its states, and what each state allows."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Self
from uuid import UUID
from zoneinfo import available_timezones

from okr_api.domain.errors import InvalidInput, Problem, Refused, RuleViolation, refuse_if
from okr_api.domain.events import (
    CycleClosed,
    CycleClosingBegun,
    CycleCreated,
    CycleNested,
    CycleOpened,
    CycleRenamed,
    CycleReopened,
    CycleRescheduled,
    CycleRhythmChanged,
    Event,
)
from okr_api.domain.stream import Stream
from okr_api.domain.values import (
    MAX_TITLE,
    Approach,
    CycleState,
    Link,
    Text,
    day_problems,
    rhythm_problems,
    text_problems,
)

RULES = 1
"""The version of progress, health and advisories that new cycles follow."""


class Cycle(Stream):
    TITLE = "cycle"

    # decide
    @classmethod
    def create(
        cls,
        cycle_id: UUID,
        *,
        name: str,
        starts_on: date,
        ends_on: date,
        approach: Approach,
        time_zone: str,
        check_in_every_days: int,
        parent: "Cycle | None",
    ) -> Self:
        refuse_if(_input_problems(name, starts_on, ends_on, time_zone, check_in_every_days))
        if parent is not None:
            parent.nest(cycle_id, starts_on, ends_on)
        return cls.begin(
            CycleCreated,
            cycle_id,
            name=Text.typed(name),
            starts_on=starts_on,
            ends_on=ends_on,
            approach=approach,
            time_zone=time_zone,
            check_in_every_days=check_in_every_days,
            rules=RULES,
            parent_id=parent and parent.id,
        )

    def nest(self, child_id: UUID, starts_on: date, ends_on: date) -> None:
        self.require_plan_open("parentId")
        self.require_around(starts_on, ends_on)
        self.trigger_event(CycleNested, child_id=child_id)

    def require_around(self, starts_on: date, ends_on: date) -> None:
        if not self.starts_on <= starts_on <= ends_on <= self.ends_on:
            message = f"The cycle must lie inside its parent, from {self.starts_on} to {self.ends_on}."
            params = {"startsOn": str(self.starts_on), "endsOn": str(self.ends_on)}
            raise Refused(RuleViolation("DATES_NOT_INSIDE_PARENT", message, ("startsOn",), params, (str(self.id),)))

    def rename(self, name: str) -> None:
        refuse_if(text_problems(name, "name", MAX_TITLE, required=True))
        if self.name.text != name:
            self.trigger_event(CycleRenamed, name=Text.typed(name))

    def reschedule(self, starts_on: date, ends_on: date, parent: "Cycle | None", children: Iterable["Cycle"]) -> None:
        """Inside its parent, and around every cycle inside it."""
        refuse_if(date_problems(starts_on, ends_on))
        if parent is not None:
            parent.require_around(starts_on, ends_on)
        for child in children:
            if not starts_on <= child.starts_on <= child.ends_on <= ends_on:
                message = f"A cycle inside this one lasts from {child.starts_on} to {child.ends_on}."
                ids = (str(child.id),)
                raise Refused(RuleViolation("DATES_NOT_INSIDE_PARENT", message, ("startsOn",), {}, ids))
        if (starts_on, ends_on) != (self.starts_on, self.ends_on):
            self.trigger_event(CycleRescheduled, starts_on=starts_on, ends_on=ends_on)

    def change_rhythm(self, check_in_every_days: int) -> None:
        refuse_if(rhythm_problems(check_in_every_days))
        if check_in_every_days != self.check_in_every_days:
            self.trigger_event(CycleRhythmChanged, check_in_every_days=check_in_every_days)

    def open(self, parent: "Cycle | None") -> None:
        self._require_state(CycleState.DRAFT, to=CycleState.OPEN)
        if parent is not None:
            parent.require_not_closed("id")
        self.trigger_event(CycleOpened)

    def begin_closing(self) -> None:
        self._require_state(CycleState.OPEN, to=CycleState.CLOSING)
        self.trigger_event(CycleClosingBegun)

    def reopen(self, parent: "Cycle | None") -> None:
        self._require_state(CycleState.CLOSING, CycleState.CLOSED, to=CycleState.OPEN)
        if parent is not None:
            parent.require_not_closed("id")
        self.trigger_event(CycleReopened)

    def close(self, children: Iterable["Cycle"]) -> None:
        self._require_state(CycleState.OPEN, CycleState.CLOSING, to=CycleState.CLOSED)
        standing = tuple(str(child.id) for child in children if child.state is not CycleState.CLOSED)
        if standing:
            message = f"{len(standing)} of the cycles inside this one are not closed: close them first."
            raise Refused(
                RuleViolation("CYCLES_INSIDE_NOT_CLOSED", message, ("id",), {"open": len(standing)}, standing)
            )
        self.trigger_event(CycleClosed)

    @property
    def plan_open(self) -> bool:
        """Whether objectives, key results and links may change."""
        return self.state in (CycleState.DRAFT, CycleState.OPEN)

    def require_plan_open(self, *path: str) -> None:
        """Objectives, key results and links may change."""
        self.require_not_closed(*path)
        if self.state is CycleState.CLOSING:
            message = "This cycle is closing: only check-ins, corrections and scores are taken."
            raise Refused(RuleViolation("CYCLE_CLOSING", message, path, {}, (str(self.id),)))

    def require_check_ins_open(self, *path: str) -> None:
        """Check-ins, corrections and scores may be written."""
        self.require_not_closed(*path)
        if self.state is CycleState.DRAFT:
            message = "This cycle is a draft: open it before checking in."
            raise Refused(RuleViolation("CYCLE_NOT_OPEN", message, path, {}, (str(self.id),)))

    def require_not_closed(self, *path: str) -> None:
        if self.state is CycleState.CLOSED:
            message = "This cycle is closed: nothing in it changes any more."
            raise Refused(RuleViolation("CYCLE_CLOSED", message, path, {}, (str(self.id),)))

    def require_admits(self, link: Link, *path: str) -> None:
        if not self.approach.admits(link):
            message = f"A cycle with approach {self.approach} takes no link of kind {link}."
            params = {"approach": self.approach, "link": link}
            raise Refused(RuleViolation("LINK_NOT_ADMITTED", message, path, params, (str(self.id),)))

    def _require_state(self, *states: CycleState, to: CycleState) -> None:
        if self.state not in states:
            message = f"A cycle goes to {to} from {' or '.join(states)}; this one is {self.state}."
            params = {"state": self.state, "to": to}
            raise Refused(RuleViolation("WRONG_CYCLE_STATE", message, ("id",), params, (str(self.id),)))

    # evolve
    def when(self, event: Event) -> None:
        match event:
            case CycleCreated():
                self.name = event.name
                self.starts_on, self.ends_on = event.starts_on, event.ends_on
                self.approach = event.approach
                self.check_in_every_days = event.check_in_every_days
                self.parent_id = event.parent_id
                self.children: tuple[UUID, ...] = ()
                self.state = CycleState.DRAFT
            case CycleRenamed():
                self.name = event.name
            case CycleRescheduled():
                self.starts_on, self.ends_on = event.starts_on, event.ends_on
            case CycleRhythmChanged():
                self.check_in_every_days = event.check_in_every_days
            case CycleNested():
                self.children = (*self.children, event.child_id)
            case CycleOpened() | CycleReopened():
                self.state = CycleState.OPEN
            case CycleClosingBegun():
                self.state = CycleState.CLOSING
            case CycleClosed():
                self.state = CycleState.CLOSED


def date_problems(starts_on: date, ends_on: date) -> Iterator[Problem]:
    yield from day_problems(starts_on, "startsOn")
    yield from day_problems(ends_on, "endsOn")
    if ends_on < starts_on:
        yield InvalidInput("DATES_REVERSED", "The cycle must end on or after the day it starts.", ("endsOn",))


def _input_problems(
    name: str, starts_on: date, ends_on: date, time_zone: str, check_in_every_days: int
) -> Iterator[Problem]:
    yield from text_problems(name, "name", MAX_TITLE, required=True)
    yield from date_problems(starts_on, ends_on)
    if time_zone not in available_timezones():
        message = f"{time_zone[:50]!r} is not a time zone of the IANA database, such as Europe/Berlin."
        yield InvalidInput("TIME_ZONE_UNKNOWN", message, ("timeZone",))
    yield from rhythm_problems(check_in_every_days)
