"""Batch payloads: what mutations of several things answer, item by item."""

from dataclasses import replace
from typing import Self, TypeVar
from uuid import UUID

import strawberry

from okr_api.domain.errors import under
from okr_api.graphql import viewing
from okr_api.graphql.batches import Answer, Answers
from okr_api.graphql.context import Context, Reading
from okr_api.graphql.enums import ItemStatus
from okr_api.graphql.errors import UserError, user_errors
from okr_api.graphql.ids import NOWHERE
from okr_api.graphql.outcome import read_back, shown
from okr_api.graphql.payloads import Payload
from okr_api.graphql.types.check_ins import CheckIn
from okr_api.graphql.types.fields import field
from okr_api.graphql.types.objectives import Objective

R = TypeVar("R", bound="ItemResult")


@strawberry.type(description="What became of one item of a batch.")
class ItemResult:
    reading: strawberry.Private[Reading]
    made: strawberry.Private[UUID]
    index: int = strawberry.field(description="The place of the item in the input, from 0.")
    status: ItemStatus = strawberry.field(description="What became of it.")
    user_errors: list[UserError] = strawberry.field(description="What was wrong with it.")

    @classmethod
    def of(cls, reading: Reading, index: int, answer: Answer) -> Self:
        problems = under(("items", str(index)), answer.problems)
        return cls(
            reading=reading,
            made=answer.made or NOWHERE,
            index=index,
            status=answer.status,
            user_errors=user_errors(problems),
        )


@strawberry.type(description="What became of one check-in of a batch.")
class CheckInResult(ItemResult):
    @field("The check-in; null when none was recorded, or it is not readable yet.")
    async def check_in(self) -> CheckIn | None:
        if self.made == NOWHERE:
            return None
        return await viewing.check_in_if_seen(self.reading, self.made)


@strawberry.type(description="What became of one objective of a batch.")
class ObjectiveResult(ItemResult):
    @field("The objective; null when none was created, or it is not readable yet.")
    def objective(self) -> Objective | None:
        if self.made == NOWHERE:
            return None
        return viewing.objective_if_seen(self.reading, self.reading.snapshot.objective(self.made))


@strawberry.type(description="What became of the check-ins of a batch.")
class CheckInsPayload(Payload):
    accepted: int = strawberry.field(description="How many were recorded.")
    duplicate: int = strawberry.field(description="How many were recorded before under the same key.")
    unchanged: int = strawberry.field(description="How many were left out because their value is the current one.")
    rejected: int = strawberry.field(description="How many were refused.")
    results: list[CheckInResult] = strawberry.field(description="One for each item, in the order of the input.")

    @classmethod
    async def of(cls, context: Context, answers: Answers) -> Self:
        return cls(
            accepted=_count(answers, ItemStatus.ACCEPTED),
            duplicate=_count(answers, ItemStatus.DUPLICATE),
            unchanged=_count(answers, ItemStatus.UNCHANGED),
            rejected=_count(answers, ItemStatus.REJECTED),
            results=await _results(CheckInResult, context, answers),
            position=shown(answers.position),
            user_errors=user_errors(answers.problems),
        )


@strawberry.type(description="What became of the objectives of a batch.")
class ObjectivesPayload(Payload):
    accepted: int = strawberry.field(description="How many were created.")
    rejected: int = strawberry.field(description="How many were refused.")
    results: list[ObjectiveResult] = strawberry.field(description="One for each item, in the order of the input.")

    @classmethod
    async def of(cls, context: Context, answers: Answers) -> Self:
        return cls(
            accepted=_count(answers, ItemStatus.ACCEPTED),
            rejected=_count(answers, ItemStatus.REJECTED),
            results=await _results(ObjectiveResult, context, answers),
            position=shown(answers.position),
            user_errors=user_errors(answers.problems),
        )


def _count(answers: Answers, status: ItemStatus) -> int:
    return sum(answer.status is status for answer in answers.items)


async def _results(kind: type[R], context: Context, answers: Answers) -> list[R]:
    readable = await read_back(context, answers.position)
    items = answers.items if readable else [replace(answer, made=None) for answer in answers.items]
    return [kind.of(context.reading, index, answer) for index, answer in enumerate(items)]
