"""Batches: several commands asked for at once, each answered for itself, in the order of asking."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar
from uuid import UUID

from okr_api.application import LONGEST_KEY, Done
from okr_api.commands.batches import UNCHANGED, AllOrNone
from okr_api.commands.decision import Command
from okr_api.domain.errors import InvalidInput, Problem, Refused, refuse_if, under
from okr_api.domain.values import text_problems
from okr_api.graphql.context import Context
from okr_api.graphql.enums import ItemStatus
from okr_api.graphql.inputs.common import value_required

C = TypeVar("C", bound=Command)


@dataclass(frozen=True)
class Item(Generic[C]):
    command: C
    key: str | None


@dataclass(frozen=True)
class Answer:
    """What became of an item, with the id of what it made, if that is to be shown.

    `position`: of an item that was done for itself.
    """

    status: ItemStatus
    made: UUID | None = None
    problems: tuple[Problem, ...] = ()
    position: int | None = None

    def again(self) -> "Answer":
        """The answer to the same item under the same key."""
        return replace(self, status=ItemStatus.DUPLICATE) if self.status is ItemStatus.ACCEPTED else self


@dataclass(frozen=True)
class Answers:
    """`problems` are those of the batch as a whole: where there are any, nothing of it is written."""

    items: Sequence[Answer] = ()
    position: int | None = None
    problems: Sequence[Problem] = field(default_factory=tuple)


class Batch(Generic[C]):
    """Items without what is wrong with their keys, or said before in the same batch: `todo` are the places of those."""

    def __init__(self, items: Sequence[Item[C]], *, most: int, key_needed: bool) -> None:
        """Raises Refused for a number of items that no batch has."""
        refuse_if(_size_problems(len(items), most))
        self.items = items
        self.todo: list[int] = []
        self.wrong: dict[int, tuple[Problem, ...]] = {}
        self._repeats: dict[int, int] = {}
        first: dict[str, int] = {}
        for place, item in enumerate(items):
            before = place if item.key is None else first.setdefault(item.key, place)
            if problems := tuple(_key_problems(item.key, key_needed)):
                self.wrong[place] = problems
            elif before == place:
                self.todo.append(place)
            elif items[before].command == item.command:
                self._repeats[place] = before
            else:
                message = "Another item of this batch has this idempotency key: use a new key for a new command."
                self.wrong[place] = (InvalidInput("IDEMPOTENCY_MISMATCH", message, ("idempotencyKey",)),)

    async def each_for_itself(self, context: Context, named: str) -> Answers:
        """Every item that can be done is done. Raises QueueFull or LogUnavailable."""
        asked = [(self.items[place].command, context.caller(self.items[place].key)) for place in self.todo]
        results = await context.service.application.execute_all(asked)
        found = {place: _answer(result, named) for place, result in zip(self.todo, results, strict=True)}
        positions = [result.position for result in results if isinstance(result, Done) and result.position]
        return Answers(self._in_order(found), max(positions, default=None))

    async def all_or_none(self, context: Context, kind: type[AllOrNone], key: str | None = None) -> Answers:
        """One command does every item that is to do, and tells of each by its place in that list."""
        if self.wrong:
            return self._none(p for place in self.wrong for p in under(("items", str(place)), self.wrong[place]))
        try:
            done = await context.service.application.execute(self._together(context, kind), context.caller(key))
        except Refused as refused:
            return self._none(map(self._placed, refused.problems))
        found = {place: _part(done, done.result[str(number)]) for number, place in enumerate(self.todo)}
        return Answers(self._in_order(found), done.position)

    def _together(self, context: Context, kind: type[AllOrNone]) -> AllOrNone:
        todo = [self.items[place] for place in self.todo]
        command_ids = tuple(context.caller(item.key).command_id() if item.key else None for item in todo)
        return kind(items=tuple(item.command for item in todo), command_ids=command_ids)

    def _in_order(self, found: Mapping[int, Answer]) -> list[Answer]:
        def answer(place: int) -> Answer:
            if place in self.wrong:
                return Answer(ItemStatus.REJECTED, problems=self.wrong[place])
            return found[self._repeats[place]].again() if place in self._repeats else found[place]

        return [answer(place) for place in range(len(self.items))]

    def _placed(self, problem: Problem) -> Problem:
        """The problem at the item that it is about, if it is about one."""
        if problem.path[:1] != ("items",):
            return replace(problem, path=("items",))
        place = self.todo[int(problem.path[1])]
        return replace(problem, path=("items", str(place), *problem.path[2:]))

    def _none(self, problems: Iterable[Problem]) -> Answers:
        told = tuple(problems)

        def own(place: int) -> tuple[Problem, ...]:
            mine = (problem for problem in told if problem.path[1:2] == (str(place),))
            return tuple(replace(problem, path=problem.path[2:]) for problem in mine)

        return Answers([Answer(ItemStatus.REJECTED, problems=own(i)) for i in range(len(self.items))], None, told)


def _size_problems(items: int, most: int) -> Iterable[Problem]:
    if not items:
        yield InvalidInput("TOO_FEW_ITEMS", "A batch has at least 1 item.", ("items",), {"fewest": 1})
    if items > most:
        yield InvalidInput("TOO_MANY_ITEMS", f"A batch has at most {most} items.", ("items",), {"most": most})


def _key_problems(key: str | None, needed: bool) -> Iterable[Problem]:
    if key is not None:
        yield from text_problems(key, "idempotencyKey", LONGEST_KEY, required=True)
    elif needed:
        yield value_required("idempotencyKey")


def _answer(result: Done | Refused, named: str) -> Answer:
    if isinstance(result, Refused):
        return Answer(ItemStatus.REJECTED, problems=result.problems)
    if named not in result.result:
        return Answer(ItemStatus.UNCHANGED)
    status = ItemStatus.DUPLICATE if result.duplicate else ItemStatus.ACCEPTED
    return Answer(status, UUID(result.result[named]), position=result.position)


def _part(done: Done, told: str) -> Answer:
    """`told`: the id of what an item made, a word before it if it was made before, or only a word if nothing was."""
    word, _, known = told.rpartition(" ")
    if not word and known == UNCHANGED:
        return Answer(ItemStatus.UNCHANGED)
    return Answer(ItemStatus.DUPLICATE if word or done.duplicate else ItemStatus.ACCEPTED, UUID(known))
