"""Payloads: what mutations answer."""

from typing import Self

import strawberry

from okr_api.event_log.webhook_secrets import webhook_secret
from okr_api.graphql.errors import UserError
from okr_api.graphql.outcome import Outcome
from okr_api.graphql.scalars import Position
from okr_api.graphql.types.check_ins import CheckIn
from okr_api.graphql.types.cycles import Cycle
from okr_api.graphql.types.integrations import Integration
from okr_api.graphql.types.key_results import KeyResult
from okr_api.graphql.types.objectives import Objective
from okr_api.graphql.types.owners import Owner
from okr_api.graphql.types.webhooks import Webhook


@strawberry.type(description="What every mutation answers.")
class Payload:
    position: Position | None = strawberry.field(
        description="Where the log holds it: null when nothing was written. What reads from here on shows it."
    )
    user_errors: list[UserError] = strawberry.field(description="What was wrong; nothing is written then.")


@strawberry.type(description="An owner, as a query would say right after.")
class OwnerPayload(Payload):
    owner: Owner | None = strawberry.field(description="The owner; null when refused or not readable yet.")

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        return cls(owner=outcome.owner(), position=outcome.position, user_errors=outcome.user_errors)


@strawberry.type(description="A cycle, as a query would say right after.")
class CyclePayload(Payload):
    cycle: Cycle | None = strawberry.field(description="The cycle; null when refused or not readable yet.")

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        return cls(cycle=outcome.cycle(), position=outcome.position, user_errors=outcome.user_errors)


@strawberry.type(description="An objective, as a query would say right after.")
class ObjectivePayload(Payload):
    objective: Objective | None = strawberry.field(description="The objective; null when refused or not readable yet.")

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        return cls(objective=outcome.objective(), position=outcome.position, user_errors=outcome.user_errors)


@strawberry.type(description="A key result, as a query would say right after.")
class KeyResultPayload(Payload):
    key_result: KeyResult | None = strawberry.field(
        description="The key result; null when refused or not readable yet."
    )

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        return cls(key_result=outcome.key_result(), position=outcome.position, user_errors=outcome.user_errors)


@strawberry.type(description="A delegation, as a query would say right after.")
class DelegationPayload(Payload):
    key_result: KeyResult | None = strawberry.field(
        description="The key result that was delegated; null when refused or not readable yet."
    )
    objective: Objective | None = strawberry.field(
        description="The objective that it became; null when refused or not readable yet."
    )

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        return cls(
            key_result=outcome.key_result(),
            objective=outcome.objective(),
            position=outcome.position,
            user_errors=outcome.user_errors,
        )


@strawberry.type(description="What a transfer of ownership moved.")
class TransferPayload(Payload):
    transferred: int = strawberry.field(description="How many objectives and key results changed hands.")

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        return cls(transferred=outcome.count, position=outcome.position, user_errors=outcome.user_errors)


@strawberry.type(description="A check-in, as a query would say right after.")
class CheckInPayload(Payload):
    check_in: CheckIn | None = strawberry.field(description="The check-in; null when refused or not readable yet.")
    duplicate: bool = strawberry.field(description="Whether this idempotencyKey had recorded it before.")

    @classmethod
    async def of(cls, outcome: Outcome) -> Self:
        return cls(
            check_in=await outcome.check_in(),
            duplicate=outcome.duplicate,
            position=outcome.position,
            user_errors=outcome.user_errors,
        )


@strawberry.type(description="An integration, as a query would say right after.")
class IntegrationPayload(Payload):
    integration: Integration | None = strawberry.field(
        description="The integration; null when refused or not readable yet."
    )

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        return cls(integration=outcome.integration(), position=outcome.position, user_errors=outcome.user_errors)


@strawberry.type(description="An integration with a new API key.")
class ApiKeyPayload(Payload):
    integration: Integration | None = strawberry.field(
        description="The integration; null when refused or not readable yet."
    )
    secret: str | None = strawberry.field(
        description=(
            "The new key, to be sent as Authorization: Bearer: here and now, and never again. Null when refused, and "
            "when duplicate: if the first answer was lost, revoke that key and issue another."
        )
    )
    duplicate: bool = strawberry.field(description="Whether this idempotencyKey had made a key before.")

    @classmethod
    def of(cls, outcome: Outcome, secret: str) -> Self:
        issued = not outcome.user_errors and not outcome.duplicate
        return cls(
            integration=outcome.integration(),
            secret=secret if issued else None,
            duplicate=outcome.duplicate,
            position=outcome.position,
            user_errors=outcome.user_errors,
        )


@strawberry.type(description="A webhook, as a query would say right after.")
class WebhookPayload(Payload):
    webhook: Webhook | None = strawberry.field(description="The webhook; null when refused or not readable yet.")

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        return cls(webhook=outcome.webhook(), position=outcome.position, user_errors=outcome.user_errors)


@strawberry.type(description="A webhook with a new secret.")
class WebhookSecretPayload(Payload):
    webhook: Webhook | None = strawberry.field(description="The webhook; null when refused or not readable yet.")
    secret: str | None = strawberry.field(
        description=(
            "What messages are signed with, to verify them by: here and now, and never again. Null when refused, not "
            "readable yet, and when duplicate: if the first answer was lost, rotate the secret."
        )
    )
    duplicate: bool = strawberry.field(description="Whether this idempotencyKey had made a secret before.")

    @classmethod
    def of(cls, outcome: Outcome, key: bytes) -> Self:
        webhook = outcome.webhook()
        shown = webhook is not None and not outcome.duplicate
        return cls(
            webhook=webhook,
            secret=webhook_secret(key, webhook.row.id, webhook.row.secret_number) if webhook and shown else None,
            duplicate=outcome.duplicate,
            position=outcome.position,
            user_errors=outcome.user_errors,
        )
