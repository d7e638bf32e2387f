"""Input objects are what Strawberry itself makes of the same values."""

import random
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_argument

from okr_api.graphql.compiled.encoders import DEFINITION
from okr_api.graphql.compiled.roots import CONVERTING
from okr_api.graphql.schema import SCHEMA

TYPES = [kind for kind in SCHEMA.type_map.values() if isinstance(kind, GraphQLInputObjectType)]
MADE = 50


def test_every_input_is_made_as_strawberry_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(7)
    origins = [kind.extensions[DEFINITION].origin for kind in TYPES]
    values = [[coerced(chance, kind) for _ in range(MADE)] for kind in TYPES]
    registry, config = CONVERTING
    assert isinstance(config, StrawberryConfig)

    def made() -> list[Any]:
        paired = zip(origins, values, strict=True)
        return [convert_argument(value, origin, registry, config) for origin, some in paired for value in some]

    ours = made()
    for origin in origins:
        monkeypatch.setattr(origin.__strawberry_definition__, "from_input", None)
    assert made() == ours
    assert len(ours) == len(TYPES) * MADE > 1000


def coerced(chance: random.Random, kind: Any) -> Any:
    """What graphql-core might read for a type: fields may be left out or null where the schema lets them."""
    match kind:
        case GraphQLNonNull():
            return coerced(chance, kind.of_type)
        case GraphQLList():
            return [coerced(chance, kind.of_type) for _ in range(chance.randrange(3))]
        case GraphQLInputObjectType():
            given = {name: field for name, field in kind.fields.items() if is_given(chance, field)}
            return {
                name: coerced(chance, field.type) if is_set(chance, field) else None for name, field in given.items()
            }
        case GraphQLEnumType():
            return chance.choice(list(kind.values.values())).value
    return chance.choice(["text", "1", ""])


def is_given(chance: random.Random, field: Any) -> bool:
    return isinstance(field.type, GraphQLNonNull) or chance.random() < 0.6


def is_set(chance: random.Random, field: Any) -> bool:
    return isinstance(field.type, GraphQLNonNull) or chance.random() < 0.8
