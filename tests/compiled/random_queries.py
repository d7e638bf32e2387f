"""Random queries that are valid for the schema: aliases, fragments, directives, variables, unions and wrong values."""

import random
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLUnionType,
    get_named_type,
)

from okr_api.graphql.schema import SCHEMA

VARIABLES = {"yes": "Boolean!", "no": "Boolean = false", "n": "Int", "cycle": "ID!", "asOf": "AsOf", "ids": "[ID!]!"}
ROOTS = {
    "cycles": ["", '(at: "2025-02-01")'],
    "owners": ["(first: 3)", "(levels: [TEAM, INDIVIDUAL])", "(first: $n)"],
    "objectives": [
        "(first: 200)",
        "(first: 3, orderBy: {field: PROGRESS, direction: DESC})",
        "(where: {cycleId: $cycle}, asOf: $asOf)",
        '(where: {hasAdvisory: "OWNER_LEFT", unaligned: true})',
    ],
    "keyResults": ["(first: 200)", "(first: $n, where: {checkInOverdue: true})"],
    "cascade": [
        "(cycleId: $cycle)",
        "(cycleId: $cycle, view: TIGHT, asOf: $asOf)",
        "(cycleId: $cycle, view: LOOSE, maxDepth: 2)",
        "(cycleId: $cycle, maxNodes: 7)",
        '(cycleId: "00000000-0000-0000-0000-000000000000")',
    ],
    "alignmentHealth": ["(cycleId: $cycle)"],
    "node": ["(id: $cycle)", '(id: "no id")'],
    "nodes": ["(ids: $ids)", "(ids: $ids, asOf: $asOf)"],
    "history": ["(first: 5)"],
    "logHead": [""],
    "viewer": [""],
}
WAYS: dict[str, list[str]] = {
    "first": ["", "(first: 1)", "(first: $n)", "(first: 0)"],
    "effective": ['(effective: "2025-01-15T00:00:00Z")'],
}


class Queries:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def query(self) -> str:
        """With every variable declared that it uses."""
        self._numbers = count()
        self._fragments: list[str] = []
        assert SCHEMA.query_type
        names = self._chance.sample(list(ROOTS), self._chance.choice([1, 1, 2]))
        roots = []
        for name in names:
            below = self._selection(get_named_type(SCHEMA.query_type.fields[name].type), self._chance.randint(1, 4))
            roots.append(f"{self._alias()}{name}{self._chance.choice(ROOTS[name])}{self._directive()} {below}")
        roots += self._chance.choice([[], [f"{self._alias()}__typename"]])
        body = "\n".join(["{ " + " ".join(roots) + " }", *self._fragments])
        declared = [f"${name}: {kind}" for name, kind in VARIABLES.items() if re.search(rf"\${name}\b", body)]
        return f"query{'(' + ', '.join(declared) + ')' if declared else ''} {body}"

    def _alias(self) -> str:
        return f"a{next(self._numbers)}: " if self._chance.random() < 0.3 else ""

    def _directive(self) -> str:
        if self._chance.random() > 0.1:
            return ""
        return self._chance.choice(
            [" @skip(if: $yes)", " @skip(if: $no)", " @include(if: $yes)", " @include(if: true)"]
        )

    def _selection(self, kind: Any, depth: int) -> str:
        match kind:
            case GraphQLUnionType() | GraphQLInterfaceType():
                possible = SCHEMA.get_possible_types(kind)
                some = self._chance.sample(possible, self._chance.randint(1, len(possible)))
                parts = (f"... on {one.name} {self._of(one, depth, one.name)}" for one in some)
                return f"{{ __typename {' '.join(parts)} }}"
            case GraphQLObjectType():
                return self._of(kind, depth, "")
        return ""

    def _of(self, kind: GraphQLObjectType, depth: int, prefix: str) -> str:
        fields = list(kind.fields.items())
        some = self._chance.sample(fields, min(len(fields), self._chance.randint(1, 8)))
        chosen = [shown for name, field in some for shown in self._field(name, field, depth, prefix)]
        selected = f"{{ {' '.join(['__typename', *chosen])} }}"
        match self._chance.random():
            case low if low < 0.1:
                return f"{{ ... on {kind.name}{self._directive()} {selected} __typename }}"
            case low if low < 0.2:
                name = f"F{next(self._numbers)}"
                self._fragments.append(f"fragment {name} on {kind.name} {selected}")
                return f"{{ ...{name}{self._directive()} __typename }}"
        return selected

    def _field(self, name: str, field: GraphQLField, depth: int, prefix: str) -> Iterator[str]:
        below = get_named_type(field.type)
        leaf = isinstance(below, GraphQLScalarType | GraphQLEnumType)
        if not leaf and (depth == 0 or self._chance.random() < 0.5):
            return
        ways = next((ways for argument, ways in WAYS.items() if argument in field.args), [""])
        # What has arguments or another class beside it goes by a name of its own, so that no two are in conflict.
        alias = f"{prefix}{name}{next(self._numbers)}: " if prefix or field.args else self._alias()
        yield f"{alias}{name}{self._chance.choice(ways)}{self._directive()} {self._selection(below, depth - 1)}"


def values(chance: random.Random, a: Callable[[str], str], position: int) -> dict[str, Any]:
    """For the variables; some are left out, some are null, some are wrong."""
    places = [str(chance.randint(0, position)), str(chance.randint(0, position)), str(position), str(position + 9)]
    given: dict[str, Any] = {
        "yes": chance.random() < 0.5,
        "no": chance.random() < 0.5,
        "n": chance.choice([1, 3, 200, None, 0]),
        "cycle": a("cycle"),
        "ids": [a(kind) for kind in ("owner", "cycle", "objective", "keyResult", "checkIn")],
        "asOf": {"position": chance.choice(places)},
    }
    for name in ("no", "n", "asOf"):
        if chance.random() < 0.4:
            del given[name]
    return given
