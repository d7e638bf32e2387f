"""Plans: queries compiled into functions that turn what the resolvers return into JSON, field by field.

1. The plan of an operation is compiled once for all requests whose variables shape it alike; where something is not
   plain (introspection, a field with an input object below the root), there is none.
2. A plan resolves its root fields with the resolvers that graphql-core would call, and gives each value to an encoder.
3. An encoder (compiler.py makes it of what encoders.py has) calls the methods of Strawberry's types for the selected
   fields and returns what orjson takes. What has to be waited for is collected and filled in afterwards.
4. What follows from a node of the snapshot alone is encoded once and kept for as long as the node lives (kept.py).
5. An answer in which everything follows from nodes is kept whole, while none of those changes (answers.py).
6. Whatever surprises, an exception, null where none may be, a value of another type, gives the plan up: graphql-core
   answers the whole operation instead, so every error is its own. Only Away goes through: it is no answer yet.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    get_variable_values,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields
from graphql.execution.values import VariableValues

from okr_api.graphql.compiled.answer import Answer
from okr_api.graphql.compiled.answers import ANSWERS
from okr_api.graphql.compiled.compiler import Compiler, NotPlain
from okr_api.graphql.compiled.kept import ROOM, Kept
from okr_api.graphql.compiled.roots import QUERY, Root
from okr_api.graphql.compiled.shaping import shaping_variables
from okr_api.graphql.compiled.steady import together
from okr_api.graphql.context import Context
from okr_api.graphql.schema import SCHEMA
from okr_api.operations.instruments import FALLBACKS
from okr_api.snapshot.away import Away

log = logging.getLogger(__name__)

SHAPES = 8
"""Plans of one operation that are remembered."""
MOST_READY = 64
"""Different variables of one operation that are remembered, those asked for last."""
LONGEST = 1000
"""Characters of variables that are remembered."""


@dataclass(frozen=True, eq=False)
class Plan:
    """`steady`: whether all that it shows follows from the nodes, and from what stands beside them."""

    roots: tuple[Root, ...]
    kept: Kept
    steady: bool

    def ready(self, variables: VariableValues) -> "Ready":
        arguments = tuple(root.arguments(variables) for root in self.roots)
        past = any(each.get("as_of") is not None for each in arguments)
        return Ready(self, arguments, self.steady and not past)


@dataclass(frozen=True, eq=False)
class Ready:
    """A plan and what its roots are asked for. `steady`: whether its whole answer can be kept."""

    plan: Plan
    arguments: tuple[dict[str, Any], ...]
    steady: bool

    async def run(self, context: Context, said: str) -> dict[str, Any]:
        """The data of the answer; `said` are the variables as they came. Raises whatever surprises."""
        reading = context.reading
        # Answers that are given without looking would not tell which partitions are asked for.
        if not self.steady or reading.snapshot.away or not reading.may_read_all:
            return (await self._made(context))[0]
        asked = self.plan, said
        data = ANSWERS.find(asked, reading)
        if data is not None:
            context.cuts.update(dict.fromkeys(data, reading.snapshot.position))
            return data
        data, values = await self._made(context)
        ANSWERS.keep(asked, reading, data, values)
        return data

    async def _made(self, context: Context) -> tuple[dict[str, Any], list[Any]]:
        """The data, and what the roots resolved to."""
        roots, answer = self.plan.roots, Answer(self.plan.kept)
        resolved = [root.resolved(context, given) for root, given in zip(roots, self.arguments, strict=True)]
        values = await _all(resolved)
        try:
            data = {root.key: root.encode(value, answer) for root, value in zip(roots, values, strict=True)}
            await answer.settle()
        finally:
            answer.give_up()
            if answer.kept_more:
                ROOM.tidy(self.plan.kept)
        return data, values


async def _all(found: list[Any]) -> list[Any]:
    waiting = [place for place, value in enumerate(found) if isawaitable(value)]
    if len(waiting) == 1:
        found[waiting[0]] = await found[waiting[0]]
    elif waiting:
        for place, value in zip(waiting, await asyncio.gather(*(found[i] for i in waiting)), strict=True):
            found[place] = value
    return found


@dataclass
class Plans:
    """Of one operation. `fallbacks` counts the answers that were left to graphql-core."""

    document: DocumentNode
    operation: OperationDefinitionNode
    fallbacks: int = 0
    _shaping: frozenset[str] = field(init=False)
    _kept: OrderedDict[Hashable, Plan | None] = field(default_factory=OrderedDict, init=False)
    _ready: OrderedDict[str, Ready] = field(default_factory=OrderedDict, init=False)

    def __post_init__(self) -> None:
        self._shaping = shaping_variables(self.document, self.operation)

    async def answer(self, context: Context, given: dict[str, Any], said: str) -> dict[str, Any] | None:
        """The data, or None where graphql-core has to answer. `said`: what is given, as a text. Raises Away."""
        if self.operation.operation is not OperationType.QUERY:
            return None
        try:
            ready = self._ready.get(said) or self._made_ready(given, said)
            return None if ready is None else await ready.run(context, said)
        except Away:
            raise
        except Exception as error:
            log.debug("left to graphql-core: %r", error)
            self.fallbacks += 1
            FALLBACKS.inc()
            return None

    def _made_ready(self, given: dict[str, Any], said: str) -> Ready | None:
        definitions = self.operation.variable_definitions or ()
        variables = get_variable_values(SCHEMA, definitions, given, hide_suggestions=True)
        if isinstance(variables, list) or (plan := self._plan(variables)) is None:
            return None
        ready = plan.ready(variables)
        if len(said) <= LONGEST:
            self._ready[said] = ready
            if len(self._ready) > MOST_READY:
                self._ready.popitem(last=False)
        return ready

    def _plan(self, variables: VariableValues) -> Plan | None:
        shape = tuple((name, variables.coerced[name]) for name in self._shaping if name in variables.coerced)
        try:
            if shape in self._kept:
                self._kept.move_to_end(shape)
                return self._kept[shape]
        except TypeError:  # shaped by a list or an input object
            return None
        self._kept[shape] = plan = _compiled(self.document, self.operation, variables)
        if len(self._kept) > SHAPES:
            self._kept.popitem(last=False)
        return plan


def _compiled(document: DocumentNode, operation: OperationDefinitionNode, variables: VariableValues) -> Plan | None:
    definitions = (each for each in document.definitions if isinstance(each, FragmentDefinitionNode))
    fragments = {each.name.value: each for each in definitions}
    compiler = Compiler(operation, {name: FragmentDetails(each) for name, each in fragments.items()}, variables)
    try:
        collected = collect_fields(SCHEMA, compiler.fragments, variables, QUERY, operation)
        made = {key: compiler.root(details) for key, details in collected.grouped_field_set.items()}
    except (NotPlain, GraphQLError):
        return None
    roots = tuple(Root(key, collected.grouped_field_set[key], one.encode) for key, one in made.items())
    steady = together(one.needs for one in made.values()) is not None
    return Plan(roots, Kept(compiler.selections, compiler.needs, ROOM), steady)
