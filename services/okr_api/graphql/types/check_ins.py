"""Check-ins: what was reported on key results, by whom, and when it was true."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry

from okr_api.graphql import viewing
from okr_api.graphql.context import Reading
from okr_api.graphql.types.fields import field
from okr_api.graphql.types.names import ACheckIn, AKeyResult, Node
from okr_api.graphql.types.owners import Actor
from okr_api.snapshot.rows import CheckInRow


@strawberry.type(description="One report on a key result.")
class CheckIn(Node):
    reading: strawberry.Private[Reading]
    row: strawberry.Private[CheckInRow]

    @field("The key result that it reports on.")
    def key_result(self) -> AKeyResult:
        return viewing.key_result(self.reading, self.reading.snapshot.key_results[self.row.key_result_id])

    @field("What was measured.")
    def value(self) -> Decimal:
        return self.row.value

    @field("0..1: how sure the author is that the target will be reached.")
    def confidence(self) -> Decimal | None:
        return self.row.confidence

    @field("What the author wrote.")
    def note(self) -> str | None:
        return self.row.note

    @field("When it was true in the business.")
    def effective_at(self) -> datetime:
        return self.row.effective_at

    @field("When the log recorded it.")
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @field("Where it was sent from.")
    def source(self) -> str:
        return self.row.source

    @field("Who reported it.")
    def author(self) -> Actor:
        return viewing.actor(self.reading, self.row.principal_id)

    @field("The check-in that this one puts right.")
    async def corrects(self) -> ACheckIn | None:
        return await self._other(self.row.corrects)

    @field("The check-in that puts this one right.")
    async def corrected_by(self) -> ACheckIn | None:
        return await self._other(self.row.corrected_by)

    @field("Whether it should never have been; it counts for nothing then.")
    def withdrawn(self) -> bool:
        return self.row.withdrawn

    async def _other(self, check_in_id: UUID | None) -> "CheckIn | None":
        return await viewing.check_in_if_seen(self.reading, check_in_id) if check_in_id else None
