"""Mutations: one per command, named after it."""

import strawberry

from okr_api.commands.cycles import CloseCycle, OpenCycle
from okr_api.graphql.context import Asking
from okr_api.graphql.inputs.check_ins import CheckInInput
from okr_api.graphql.inputs.cycles import CreateCycleInput, CycleTransitionInput
from okr_api.graphql.inputs.key_results import AddKRInput, DelegateKRInput
from okr_api.graphql.inputs.objectives import AlignObjectiveInput, CreateObjectiveInput
from okr_api.graphql.inputs.owners import RegisterOwnerInput
from okr_api.graphql.outcome import run
from okr_api.graphql.payloads import (
    CheckInPayload,
    CyclePayload,
    DelegationPayload,
    KeyResultPayload,
    ObjectivePayload,
    OwnerPayload,
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
    async def register_owner(self, info: Asking, input: Given[RegisterOwnerInput]) -> OwnerPayload:
        return OwnerPayload.of(await run(info.context, input.command(), input.idempotency_key))

    @mutation("Set up a period for OKRs; it begins as a draft.")
    async def create_cycle(self, info: Asking, input: Given[CreateCycleInput]) -> CyclePayload:
        return CyclePayload.of(await run(info.context, input.command(), input.idempotency_key))

    @mutation("Begin a cycle that was a draft.")
    async def open_cycle(self, info: Asking, input: Given[CycleTransitionInput]) -> CyclePayload:
        return CyclePayload.of(await run(info.context, input.command(OpenCycle), input.idempotency_key))

    @mutation("End a cycle, once all cycles inside it are closed: nothing in it changes any more.")
    async def close_cycle(self, info: Asking, input: Given[CycleTransitionInput]) -> CyclePayload:
        return CyclePayload.of(await run(info.context, input.command(CloseCycle), input.idempotency_key))

    @mutation("Set an objective, with its key results and what it serves.")
    async def create_objective(self, info: Asking, input: Given[CreateObjectiveInput]) -> ObjectivePayload:
        return ObjectivePayload.of(await run(info.context, input.command(), input.idempotency_key))

    @mutation("Let an objective serve another objective or a key result.")
    async def align_objective(self, info: Asking, input: Given[AlignObjectiveInput]) -> ObjectivePayload:
        return ObjectivePayload.of(await run(info.context, input.command(), input.idempotency_key))

    @mutation("Add a key result to an objective.", name="addKR")
    async def add_kr(self, info: Asking, input: Given[AddKRInput]) -> KeyResultPayload:
        return KeyResultPayload.of(await run(info.context, input.command(), input.idempotency_key))

    @mutation("Let a key result become the objective of the level below, once.", name="delegateKR")
    async def delegate_kr(self, info: Asking, input: Given[DelegateKRInput]) -> DelegationPayload:
        return DelegationPayload.of(await run(info.context, input.command(), input.idempotency_key))

    @mutation("Report on a key result.")
    async def record_check_in(self, info: Asking, input: Given[CheckInInput]) -> CheckInPayload:
        return await CheckInPayload.of(await run(info.context, input.command(), input.idempotency_key))
