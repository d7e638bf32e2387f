"""Mutations: one per command, named after it."""

from functools import partial

import strawberry

from okr_api.commands.cycles import BeginClosingCycle, CloseCycle, OpenCycle, ReopenCycle
from okr_api.commands.key_results import RestoreKR
from okr_api.commands.objectives import RestoreObjective
from okr_api.graphql.batch_payloads import CheckInsPayload, ObjectivesPayload
from okr_api.graphql.context import Asking
from okr_api.graphql.inputs import (
    check_ins,
    common,
    cycles,
    delegation,
    integrations,
    key_results,
    objectives,
    owners,
    webhooks,
)
from okr_api.graphql.outcome import run, several, transfer
from okr_api.graphql.payloads import (
    ApiKeyPayload,
    CheckInPayload,
    CyclePayload,
    DelegationPayload,
    IntegrationPayload,
    KeyResultPayload,
    ObjectivePayload,
    OwnerPayload,
    TransferPayload,
    WebhookPayload,
    WebhookSecretPayload,
)
from okr_api.graphql.types.fields import Given, mutation


@strawberry.type(
    description=(
        "A payload is what a query would say right after. If the facts do not hold the position in time: position is "
        "set, the entity null, userErrors empty and extensions.pending true: the command is accepted. Every answer "
        "carries extensions.position; a request may send the header OKR-Min-Position to read no older than that (waits "
        "at most 2 s, then NOT_YET_READABLE)."
    )
)
class Mutation:
    @mutation("Make known somebody who can own OKRs.")
    async def register_owner(self, info: Asking, input: Given[owners.RegisterOwnerInput]) -> OwnerPayload:
        return OwnerPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Change an owner's name, lead, login or external reference.")
    async def edit_owner(self, info: Asking, input: Given[owners.EditOwnerInput]) -> OwnerPayload:
        return OwnerPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Let an owner belong elsewhere in the organisation.")
    async def move_owner(self, info: Asking, input: Given[owners.MoveOwnerInput]) -> OwnerPayload:
        return OwnerPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Give an owner nothing more. Blocks nothing that stands.")
    async def deactivate_owner(self, info: Asking, input: Given[owners.DeactivateOwnerInput]) -> OwnerPayload:
        return OwnerPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Hand everything live that an owner has in a cycle to another.")
    async def transfer_ownership(self, info: Asking, input: Given[owners.TransferOwnershipInput]) -> TransferPayload:
        return TransferPayload.of(await transfer(info.context, input.command(), input.idempotency_key))

    @mutation("Empty a person's name and login for ever; history keeps the id.")
    async def erase_person(self, info: Asking, input: Given[owners.ErasePersonInput]) -> OwnerPayload:
        return OwnerPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Set up a period for OKRs; it begins as a draft.")
    async def create_cycle(self, info: Asking, input: Given[cycles.CreateCycleInput]) -> CyclePayload:
        return CyclePayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Change a cycle's name, dates or rhythm; its dates stay inside those of its parent.")
    async def edit_cycle(self, info: Asking, input: Given[cycles.EditCycleInput]) -> CyclePayload:
        return CyclePayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Begin a cycle that was a draft.")
    async def open_cycle(self, info: Asking, input: Given[cycles.CycleTransitionInput]) -> CyclePayload:
        return CyclePayload.of(await run(info.context, partial(input.command, OpenCycle), input.idempotency_key))

    @mutation("Finish a cycle: from here on only check-ins, corrections and scores are taken.")
    async def begin_closing_cycle(self, info: Asking, input: Given[cycles.CycleTransitionInput]) -> CyclePayload:
        return CyclePayload.of(
            await run(info.context, partial(input.command, BeginClosingCycle), input.idempotency_key)
        )

    @mutation("End a cycle, once all cycles inside it are closed: nothing in it changes any more.")
    async def close_cycle(self, info: Asking, input: Given[cycles.CycleTransitionInput]) -> CyclePayload:
        return CyclePayload.of(await run(info.context, partial(input.command, CloseCycle), input.idempotency_key))

    @mutation("Run a cycle again that was closing or closed.")
    async def reopen_cycle(self, info: Asking, input: Given[cycles.CycleTransitionInput]) -> CyclePayload:
        return CyclePayload.of(await run(info.context, partial(input.command, ReopenCycle), input.idempotency_key))

    @mutation("Set an objective, with its key results and what it serves.")
    async def create_objective(self, info: Asking, input: Given[objectives.CreateObjectiveInput]) -> ObjectivePayload:
        return ObjectivePayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Set several objectives at once.")
    async def create_objectives(
        self, info: Asking, input: Given[objectives.CreateObjectivesInput]
    ) -> ObjectivesPayload:
        return await ObjectivesPayload.of(info.context, await several(info.context, input.created))

    @mutation("Change what an objective says, who owns it or who may read it.")
    async def edit_objective(self, info: Asking, input: Given[objectives.EditObjectiveInput]) -> ObjectivePayload:
        return ObjectivePayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Pursue an objective that was a draft.")
    async def activate_objective(
        self, info: Asking, input: Given[objectives.ActivateObjectiveInput]
    ) -> ObjectivePayload:
        return ObjectivePayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("End an objective and its key results; what hangs below goes by the policy.")
    async def retire_objective(self, info: Asking, input: Given[objectives.RetireObjectiveInput]) -> ObjectivePayload:
        return ObjectivePayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Bring back an objective that was retired; its links become live again.")
    async def restore_objective(self, info: Asking, input: Given[common.RestoreInput]) -> ObjectivePayload:
        return ObjectivePayload.of(
            await run(info.context, partial(input.command, RestoreObjective), input.idempotency_key)
        )

    @mutation("Let an objective serve another objective or a key result.")
    async def align_objective(self, info: Asking, input: Given[objectives.AlignObjectiveInput]) -> ObjectivePayload:
        return ObjectivePayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Let an objective serve something no longer.")
    async def unalign_objective(self, info: Asking, input: Given[objectives.UnalignObjectiveInput]) -> ObjectivePayload:
        return ObjectivePayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation(
        "Go on with an objective in another cycle, as a new one that continues from it: once, however often asked."
    )
    async def carry_over_objective(
        self, info: Asking, input: Given[objectives.CarryOverObjectiveInput]
    ) -> ObjectivePayload:
        return ObjectivePayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Add a key result to an objective.", name="addKR")
    async def add_kr(self, info: Asking, input: Given[key_results.AddKRInput]) -> KeyResultPayload:
        return KeyResultPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation(
        "Change what a key result says, its weight, its due date, its rhythm or who answers for it.", name="editKR"
    )
    async def edit_kr(self, info: Asking, input: Given[key_results.EditKRInput]) -> KeyResultPayload:
        return KeyResultPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Give a key result new numbers; the old ones stay readable.", name="retargetKR")
    async def retarget_kr(self, info: Asking, input: Given[key_results.RetargetKRInput]) -> KeyResultPayload:
        return KeyResultPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Let a key result measure another objective; its check-ins and delegation go along.", name="moveKR")
    async def move_kr(self, info: Asking, input: Given[key_results.MoveKRInput]) -> KeyResultPayload:
        return KeyResultPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Give a key result up; what hangs below goes by the policy.", name="retireKR")
    async def retire_kr(self, info: Asking, input: Given[key_results.RetireKRInput]) -> KeyResultPayload:
        return KeyResultPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Bring back a key result that was retired.", name="restoreKR")
    async def restore_kr(self, info: Asking, input: Given[common.RestoreInput]) -> KeyResultPayload:
        return KeyResultPayload.of(await run(info.context, partial(input.command, RestoreKR), input.idempotency_key))

    @mutation("Say how well a key result was reached.", name="scoreKR")
    async def score_kr(self, info: Asking, input: Given[key_results.ScoreKRInput]) -> KeyResultPayload:
        return KeyResultPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Let a key result become the objective of the level below, once.", name="delegateKR")
    async def delegate_kr(self, info: Asking, input: Given[delegation.DelegateKRInput]) -> DelegationPayload:
        return DelegationPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation(
        "Take a delegation back; the objective that the key result became goes by the policy.", name="undelegateKR"
    )
    async def undelegate_kr(self, info: Asking, input: Given[delegation.UndelegateKRInput]) -> DelegationPayload:
        return DelegationPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("End one delegation and begin another, in one commit.", name="reassignKR")
    async def reassign_kr(self, info: Asking, input: Given[delegation.ReassignKRInput]) -> DelegationPayload:
        return DelegationPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Report on a key result.")
    async def record_check_in(self, info: Asking, input: Given[check_ins.CheckInInput]) -> CheckInPayload:
        return await CheckInPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Report on several key results at once.")
    async def record_check_ins(self, info: Asking, input: Given[check_ins.RecordCheckInsInput]) -> CheckInsPayload:
        return await CheckInsPayload.of(info.context, await several(info.context, input.recorded))

    @mutation("Put another check-in in its place, or withdraw it; the old one stays readable.")
    async def correct_check_in(self, info: Asking, input: Given[check_ins.CorrectCheckInInput]) -> CheckInPayload:
        return await CheckInPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Let another system act here under its own name. The answer holds its first key, which is shown once.")
    async def create_integration(
        self, info: Asking, input: Given[integrations.CreateIntegrationInput]
    ) -> ApiKeyPayload:
        key, secret = info.context.first(integrations.made_key)
        outcome = await run(info.context, partial(input.command, key), input.idempotency_key)
        return ApiKeyPayload.of(outcome, secret)

    @mutation("Change what an integration is called or what it is for; its keys go along.")
    async def edit_integration(
        self, info: Asking, input: Given[integrations.EditIntegrationInput]
    ) -> IntegrationPayload:
        return IntegrationPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Give an integration a key beside the one that it has, to change over to. It is shown once.")
    async def issue_api_key(self, info: Asking, input: Given[integrations.IssueApiKeyInput]) -> ApiKeyPayload:
        key, secret = info.context.first(integrations.made_key)
        outcome = await run(info.context, partial(input.command, key), input.idempotency_key)
        return ApiKeyPayload.of(outcome, secret)

    @mutation("Make a key useless at once and for ever; one that was revoked before stays so.")
    async def revoke_api_key(self, info: Asking, input: Given[integrations.RevokeApiKeyInput]) -> IntegrationPayload:
        return IntegrationPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Tell an address from now on what happens. Its secret is shown once.")
    async def create_webhook(self, info: Asking, input: Given[webhooks.CreateWebhookInput]) -> WebhookSecretPayload:
        asked = partial(input.command, info.context.reading.principal)
        outcome = await run(info.context, asked, input.idempotency_key)
        return WebhookSecretPayload.of(outcome, info.context.service.webhooks_key)

    @mutation("Change where a webhook sends or what it is told.")
    async def edit_webhook(self, info: Asking, input: Given[webhooks.EditWebhookInput]) -> WebhookPayload:
        return WebhookPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Sign with a new secret, and for a while with the former one as well. It is shown once.")
    async def rotate_webhook_secret(
        self, info: Asking, input: Given[webhooks.RotateWebhookSecretInput]
    ) -> WebhookSecretPayload:
        outcome = await run(info.context, input.command, input.idempotency_key)
        return WebhookSecretPayload.of(outcome, info.context.service.webhooks_key)

    @mutation("Send again what is in the log behind a position, and let a webhook that was stopped go on.")
    async def replay_webhook(self, info: Asking, input: Given[webhooks.ReplayWebhookInput]) -> WebhookPayload:
        return WebhookPayload.of(await run(info.context, input.command, input.idempotency_key))

    @mutation("Tell an address nothing more, for ever. What waits for it is dropped.")
    async def delete_webhook(self, info: Asking, input: Given[webhooks.DeleteWebhookInput]) -> WebhookPayload:
        return WebhookPayload.of(await run(info.context, input.command, input.idempotency_key))
