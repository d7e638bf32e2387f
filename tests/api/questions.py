"""Questions: a document that selects everything that the schema has below a root field, down to a depth."""

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
)

from okr_api.graphql.schema import SCHEMA

GIVEN = {"effective": '"2026-02-01T00:00:00Z"'}
"""What required arguments below the root are given."""
LEAVES = (GraphQLScalarType, GraphQLEnumType)


def selection(kind: GraphQLNamedType, depth: int) -> str:
    """Everything of a type; objects below `depth` are left out. Fields of alternatives are named after their type."""
    match kind:
        case GraphQLUnionType() | GraphQLInterfaceType():
            parts = (f"... on {one.name} {_fields(one, depth, one.name)}" for one in SCHEMA.get_possible_types(kind))
            return f"{{ __typename {' '.join(parts)} }}"
        case GraphQLObjectType():
            return _fields(kind, depth, "")
    return ""


def _fields(kind: GraphQLObjectType, depth: int, prefix: str) -> str:
    return f"{{ __typename {' '.join(_selected(kind, depth, prefix))} }}"


def _selected(kind: GraphQLObjectType, depth: int, prefix: str) -> Iterator[str]:
    for name, field in kind.fields.items():
        below = get_named_type(field.type)
        if isinstance(below, LEAVES) or depth > 0:
            alias = f"{prefix}_{name}: " if prefix else ""
            yield f"{alias}{name}{_arguments(field)} {selection(below, depth - 1)}"


def _arguments(field: GraphQLField) -> str:
    needed = [f"{name}: {GIVEN[name]}" for name, of in field.args.items() if is_required_argument(of)]
    return f"({', '.join(needed)})" if needed else ""
