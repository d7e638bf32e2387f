"""Cycles: the periods that OKRs belong to."""

from datetime import date

import strawberry

from okr_api.graphql import viewing
from okr_api.graphql.context import Reading
from okr_api.graphql.enums import Approach, CycleState
from okr_api.graphql.types.fields import field
from okr_api.graphql.types.names import ACycle, Node
from okr_api.snapshot.possible import on_cycle
from okr_api.snapshot.rows import CycleRow
from okr_api.snapshot.snapshot import Snapshot


@strawberry.type(description="Lasts from 00:00 of startsOn to 24:00 of endsOn in its time zone.")
class Cycle(Node):
    reading: strawberry.Private[Reading]
    row: strawberry.Private[CycleRow]

    @field("Counts the events of this cycle's own stream.")
    def version(self) -> int:
        return self.row.version

    @field("What people call it.")
    def name(self) -> str:
        return self.row.name or viewing.REDACTED

    @field("Its first day.")
    def starts_on(self) -> date:
        return self.row.starts_on

    @field("Its last day.")
    def ends_on(self) -> date:
        return self.row.ends_on

    @field("How far it is.")
    def state(self) -> CycleState:
        return self.row.state

    @field("Which links it admits.")
    def approach(self) -> Approach:
        return self.row.approach

    @field("The IANA time zone in which its days begin and end.")
    def time_zone(self) -> str:
        return self.row.time_zone

    @field("How often its key results should be reported on.")
    def check_in_every_days(self) -> int:
        return self.row.check_in_every_days

    @field("The longer cycle that contains this one: a year for its quarters.")
    def parent(self) -> ACycle | None:
        return viewing.cycle(self.reading, self.row.parent_id) if self.row.parent_id else None

    @field("The cycles directly inside this one, the earliest first.")
    def children(self) -> list[ACycle]:
        inside = [row for row in in_order(self.reading.snapshot) if row.parent_id == self.row.id]
        return [viewing.cycle(self.reading, row.id) for row in inside]

    @field("Names of the mutations that this viewer may call on it now.")
    def viewer_can(self) -> list[str]:
        now = self.reading.today.cycles[self.row.id]
        return viewing.allowed(self.reading, now, on_cycle(self.reading.today, now))


def in_order(snapshot: Snapshot) -> list[CycleRow]:
    """All cycles, the earliest first."""
    return sorted(snapshot.cycles.values(), key=lambda row: (row.starts_on, row.created_position))
