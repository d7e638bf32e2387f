"""Limits: how much a document may ask for, measured in one walk that takes each fragment once, before it is validated.

The library's own limiters follow every spread again, so a fragment that is spread twice by one that is spread twice
doubles their work with each line; here totals are added up instead, and they saturate.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
)

from okr_api.graphql.errors import fault
from okr_api.settings import Limits

MOST = 1_000_000
"""Where totals saturate."""
TOKEN = re.compile(r'#[^\n\r]*+|"""(?:\\"""|[^"]|"(?!""))*+"""|"(?:\\.|[^"\\\n\r])*+"|\w++|\.\.\.|[^\s,\ufeff]')
"""What the parser will see, and comments, which it keeps as well. Nothing is tried twice where it does not end."""
STEPS = {"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}
NESTED = 3
"""How often a selection nests brackets at most, with its arguments: so many times deeper is too deep to be one."""


def too_complex(limit: str, found: int, allowed: int, **extensions: Any) -> GraphQLError:
    message = f"The request is too complex: {limit} is {found}, and at most {allowed} is answered."
    return fault("QUERY_TOO_COMPLEX", message, limit=limit, found=found, allowed=allowed, **extensions)


def refuse_large(text: str, limits: Limits) -> int:
    """How many tokens there are, counted far faster than they are parsed. Raises GraphQLError.

    A text without end is told here too: the parser takes each of its characters first.
    """
    if len(text) > limits.max_characters:
        raise too_complex("characters", len(text), limits.max_characters)
    tokens = nested = 0
    for tokens, token in enumerate(TOKEN.finditer(text), 1):
        nested += STEPS.get(token[0], 0)
        if token[0] == '"':
            raise GraphQLSyntaxError(Source(text), token.start(), "Unterminated string.")
        if tokens > limits.max_tokens:
            raise too_complex("tokens", tokens, limits.max_tokens)
        if nested > NESTED * limits.max_depth:
            raise too_complex("depth", nested, limits.max_depth)
    return tokens


@dataclass(frozen=True)
class Size:
    """Of a selection set with all that is spread into it. `fields` counts the spreads too: following them is work."""

    depth: int = 0
    top: int = 0
    fields: int = 0
    aliases: int = 0

    def beside(self, other: "Size") -> "Size":
        return Size(
            max(self.depth, other.depth),
            min(MOST, self.top + other.top),
            min(MOST, self.fields + other.fields),
            min(MOST, self.aliases + other.aliases),
        )


@dataclass
class Measure:
    """What a document is made of; `loops` where a fragment spreads itself, which has no size."""

    operations: list[Size] = field(default_factory=list)
    keys: Counter[str] = field(default_factory=Counter)
    directives: int = 0
    definitions: int = 0
    loops: bool = False

    def problems(self, limits: Limits) -> Iterator[GraphQLError]:
        found = {
            "depth": max((size.depth for size in self.operations), default=0),
            "root_fields": max((size.top for size in self.operations), default=0),
            "fields": sum(size.fields for size in self.operations),
            "aliases": sum(size.aliases for size in self.operations),
            "directives": self.directives,
            "definitions": self.definitions,
            "comparisons": self.comparisons,
        }
        for limit, number in found.items():
            allowed = getattr(limits, f"max_{limit}")
            if number > allowed:
                yield too_complex(limit, min(number, MOST), allowed)

    @property
    def comparisons(self) -> int:
        """Pairs that answer under the same name: validation looks at each of them."""
        return sum(count * (count - 1) // 2 for count in self.keys.values())


def measured(document: DocumentNode) -> Measure:
    walk = _Walk(document)
    walk.measure.definitions = len(document.definitions)
    for definition in document.definitions:
        walk.measure.directives += len(getattr(definition, "directives", None) or ())
        if isinstance(definition, OperationDefinitionNode):
            walk.measure.definitions += len(definition.variable_definitions or ())
            for variable in definition.variable_definitions or ():
                walk.measure.directives += len(variable.directives or ())
            walk.measure.operations.append(walk.size(definition.selection_set))
        elif isinstance(definition, FragmentDefinitionNode):
            walk.fragment(definition.name.value)  # also one that nobody spreads: it is validated like the others
    return walk.measure


class _Walk:
    def __init__(self, document: DocumentNode) -> None:
        fragments = (each for each in document.definitions if isinstance(each, FragmentDefinitionNode))
        self._fragments = {fragment.name.value: fragment for fragment in fragments}
        self._sizes: dict[str, Size] = {}
        self._under_way: set[str] = set()
        self.measure = Measure()

    def size(self, selected: SelectionSetNode | None) -> Size:
        total = Size()
        for part in self._parts(selected):
            total = total.beside(part)
        return total

    def fragment(self, name: str) -> Size:
        if name in self._under_way:
            self.measure.loops = True
            return Size()
        if name in self._fragments and name not in self._sizes:
            self._under_way.add(name)
            self._sizes[name] = self.size(self._fragments[name].selection_set)
            self._under_way.remove(name)
        return self._sizes.get(name, Size())

    def _parts(self, selected: SelectionSetNode | None) -> Iterable[Size]:
        for node in selected.selections if selected else ():
            self.measure.directives += len(node.directives or ())
            match node:
                case FieldNode():
                    below = self.size(node.selection_set)
                    key = node.alias or node.name
                    self.measure.keys[key.value] += 1
                    aliased = below.aliases + (node.alias is not None)
                    yield Size(below.depth + 1, 1, below.fields + 1, aliased)
                case FragmentSpreadNode():
                    self.measure.keys["..."] += 1
                    yield self.fragment(node.name.value).beside(Size(fields=1))
                case InlineFragmentNode():
                    yield self.size(node.selection_set).beside(Size(fields=1))
