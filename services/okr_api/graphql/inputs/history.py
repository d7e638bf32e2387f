"""The input of a history: which events."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import ID

from okr_api.graphql.context import Reading
from okr_api.graphql.errors import fault
from okr_api.graphql.ids import given_id, read_id
from okr_api.snapshot.audit import AuditWhere

MOST = 200


@strawberry.input(description="Which events: all that is given must hold. Lists have at most 200 items.")
class HistoryWhere:
    entity_ids: list[ID] | None = strawberry.field(default=None, description="Those that are history of any of these.")
    cycle_id: ID | None = strawberry.field(default=None, description="Those in this cycle and all inside it.")
    types: list[str] | None = strawberry.field(default=None, description="Those of any of these types.")
    actors: list[str] | None = strawberry.field(default=None, description="Those done by any of these, by their ids.")
    since: datetime | None = strawberry.field(default=None, description="Those recorded at this moment or later.")
    until: datetime | None = strawberry.field(default=None, description="Those recorded before this moment.")

    def filter(self, reading: Reading) -> AuditWhere:
        """What the viewer may not see is history of nothing: that it is named somewhere is not told."""
        for name, given in (("entityIds", self.entity_ids), ("types", self.types), ("actors", self.actors)):
            if given is not None and len(given) > MOST:
                raise fault("BAD_USER_INPUT", f"{name} must be at most {MOST}, not {len(given)}.")
        entity_ids = None if self.entity_ids is None else {given_id(text) for text in self.entity_ids}
        principal_ids = None if self.actors is None else {i for text in self.actors if (i := read_id(text))}
        return AuditWhere(
            entity_ids=None if entity_ids is None else entity_ids - reading.sight.hidden,
            cycle_ids=None if self.cycle_id is None else self._cycles(reading, given_id(self.cycle_id)),
            types=self.types,
            principal_ids=principal_ids,
            since=self.since,
            until=self.until,
        )

    def _cycles(self, reading: Reading, cycle_id: UUID) -> list[UUID]:
        snapshot = reading.snapshot
        return [cycle.id for cycle in snapshot.cycles_inside(cycle_id)] if cycle_id in snapshot.cycles else []
