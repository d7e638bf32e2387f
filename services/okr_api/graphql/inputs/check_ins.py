"""Inputs about check-ins."""

from datetime import datetime
from decimal import Decimal

import strawberry
from strawberry import ID, UNSET

from okr_api.commands import check_ins as commands
from okr_api.graphql.batches import Answers, Batch, Item
from okr_api.graphql.context import Context
from okr_api.graphql.enums import BatchMode
from okr_api.graphql.ids import given_id, given_id_or_none
from okr_api.graphql.inputs.common import Justified, Keyed, changes


@strawberry.input(one_of=True, description="A key result by its id or by its name in another system: exactly one.")
class KeyResultRef:
    id: ID | None = strawberry.field(default=UNSET, description="Its id.")
    external_ref: str | None = strawberry.field(default=UNSET, description="Its name in another system.")

    def ref(self) -> commands.KeyResultRef:
        name = None if self.external_ref is UNSET else self.external_ref
        return commands.KeyResultRef(id=given_id_or_none(self.id), external_ref=name)


@strawberry.input(description="A report on a key result.")
class CheckInInput(Keyed):
    key_result: KeyResultRef = strawberry.field(description="The key result that it reports on.")
    value: Decimal = strawberry.field(description="What was measured; of a milestone 0..1.")
    confidence: Decimal | None = strawberry.field(
        default=None, description="0..1: how sure the author is that the target will be reached."
    )
    note: str | None = strawberry.field(default=None, description="Up to 10,000 characters.")
    effective_at: datetime | None = strawberry.field(
        default=None, description="When it was true in the business; without it, when the log records it."
    )
    source: str | None = strawberry.field(default=None, description="Where it was sent from; without it, 'api'.")

    def command(self, *, skip_unchanged: bool = False) -> commands.RecordCheckIn:
        return commands.RecordCheckIn(
            key_result=self.key_result.ref(),
            value=self.value,
            confidence=self.confidence,
            note=self.note,
            effective_at=self.effective_at,
            source="api" if self.source is None else self.source,
            skip_unchanged=skip_unchanged,
        )


@strawberry.input(
    description=(
        "1..1000 items; in each, idempotencyKey is required. skipUnchanged: an item whose value is the current one is "
        "answered UNCHANGED and not recorded."
    )
)
class RecordCheckInsInput:
    items: list[CheckInInput] = strawberry.field(description="The reports, 1 to 1000, each with its idempotencyKey.")
    mode: BatchMode = strawberry.field(
        default=BatchMode.BEST_EFFORT, description="Whether one refused item refuses all of them."
    )
    skip_unchanged: bool = strawberry.field(
        default=False, description="Whether a value that is the current one is left out."
    )

    async def recorded(self, context: Context) -> Answers:
        """Raises Refused, QueueFull or LogUnavailable."""
        items = [Item(item.command(skip_unchanged=self.skip_unchanged), item.idempotency_key) for item in self.items]
        batch = Batch(items, most=1000, key_needed=True)
        if self.mode is BatchMode.BEST_EFFORT:
            return await batch.each_for_itself(context, "checkIn")
        return await batch.all_or_none(context, commands.RecordCheckIns)


@strawberry.input(
    description=(
        "Only the newest of a chain can be corrected. withdraw: it should never have been. An absent field keeps its "
        "value."
    )
)
class CorrectCheckInInput(Justified):
    check_in_id: ID = strawberry.field(description="The check-in to put right.")
    value: Decimal | None = strawberry.field(default=UNSET, description="What was measured.")
    confidence: Decimal | None = strawberry.field(default=UNSET, description="0..1.")
    effective_at: datetime | None = strawberry.field(default=UNSET, description="When it was true in the business.")
    note: str | None = strawberry.field(default=UNSET, description="Up to 10,000 characters.")
    withdraw: bool = strawberry.field(default=False, description="Whether it should never have been.")

    def command(self) -> commands.CorrectCheckIn:
        return commands.CorrectCheckIn(
            check_in_id=given_id(self.check_in_id),
            withdraw=self.withdraw,
            reason=self.reason,
            **changes(self, "value", "confidence", "effective_at", "note"),
        )
