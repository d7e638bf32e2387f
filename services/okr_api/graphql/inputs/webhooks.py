"""Inputs about webhooks."""

from datetime import UTC, datetime, timedelta

import strawberry
from strawberry import ID, UNSET

from okr_api.access.policy import Principal
from okr_api.commands.webhooks import CreateWebhook, DeleteWebhook, EditWebhook, ReplayWebhook, RotateWebhookSecret
from okr_api.domain.errors import InvalidInput, refuse_if
from okr_api.domain.webhook import LONGEST_OVERLAP_HOURS
from okr_api.graphql.ids import given_id, given_id_or_none
from okr_api.graphql.inputs.common import Reasoned, Versioned, changes
from okr_api.graphql.scalars import Position

URL = "Where messages are sent by POST, at most 2000 characters. Addresses in private networks are refused."
TYPES = "Names of events, as in history, of which at least 1; null: all."
CYCLE = "The cycle, with all cycles inside it, that it is told about; null: everything, also what is in no cycle."


@strawberry.input(description="An address that is told from now on what happens, as far as you may see it.")
class CreateWebhookInput(Reasoned):
    url: str = strawberry.field(description=URL)
    event_types: list[str] | None = strawberry.field(default=None, description=TYPES)
    cycle_id: ID | None = strawberry.field(default=None, description=CYCLE)

    def command(self, maker: Principal) -> CreateWebhook:
        return CreateWebhook(
            url=self.url,
            event_types=_given(self.event_types),
            cycle_id=given_id_or_none(self.cycle_id),
            made_by=maker.id,
            roles=frozenset(maker.roles),
            reason=self.reason,
        )


@strawberry.input(description="What changes about a webhook. An absent field keeps its value.")
class EditWebhookInput(Versioned):
    id: ID = strawberry.field(description="The webhook.")
    url: str | None = strawberry.field(default=UNSET, description=URL)
    event_types: list[str] | None = strawberry.field(default=UNSET, description=TYPES)
    cycle_id: ID | None = strawberry.field(default=UNSET, description=CYCLE)

    def command(self) -> EditWebhook:
        given = changes(self, "url", clearable=("event_types", "cycle_id"))
        if "event_types" in given:
            given["event_types"] = _given(given["event_types"])
        if "cycle_id" in given:
            given["cycle_id"] = given_id_or_none(given["cycle_id"])
        return EditWebhook(id=given_id(self.id), expected_version=self.expected_version, reason=self.reason, **given)


@strawberry.input(description="A new secret for a webhook; the former one signs along for a while.")
class RotateWebhookSecretInput(Versioned):
    id: ID = strawberry.field(description="The webhook.")
    overlap_hours: int = strawberry.field(
        default=24,
        description="How long the former secret signs along, 0 to 168: until receivers know the new one.",
    )

    def command(self) -> RotateWebhookSecret:
        if not 0 <= self.overlap_hours <= LONGEST_OVERLAP_HOURS:
            params = {"lowest": 0, "highest": LONGEST_OVERLAP_HOURS}
            message = f"overlapHours is between 0 and {LONGEST_OVERLAP_HOURS}."
            refuse_if([InvalidInput("OUT_OF_RANGE", message, ("overlapHours",), params)])
        return RotateWebhookSecret(
            id=given_id(self.id),
            overlap_hours=self.overlap_hours,
            former_until=datetime.now(UTC) + timedelta(hours=self.overlap_hours),
            expected_version=self.expected_version,
            reason=self.reason,
        )


@strawberry.input(description="What is in the log behind a position is sent again; a webhook that was stopped goes on.")
class ReplayWebhookInput(Versioned):
    id: ID = strawberry.field(description="The webhook.")
    after: Position = strawberry.field(
        description="The position behind which messages are sent again, those of before the webhook was made included."
    )

    def command(self) -> ReplayWebhook:
        return ReplayWebhook(
            id=given_id(self.id),
            after_position=int(self.after),
            expected_version=self.expected_version,
            reason=self.reason,
        )


@strawberry.input(description="A webhook that is told nothing more, for ever.")
class DeleteWebhookInput(Versioned):
    id: ID = strawberry.field(description="The webhook.")

    def command(self) -> DeleteWebhook:
        return DeleteWebhook(id=given_id(self.id), expected_version=self.expected_version, reason=self.reason)


def _given(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)
