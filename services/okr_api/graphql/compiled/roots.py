"""Roots: the fields at the top of a query, resolved by the resolvers that graphql-core would call."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from graphql import GraphQLField, GraphQLObjectType, get_argument_values
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry.types.arguments import convert_arguments

from okr_api.graphql.compiled.answer import Encode
from okr_api.graphql.compiled.encoders import DEFINITION
from okr_api.graphql.context import Context
from okr_api.graphql.schema import SCHEMA

assert SCHEMA.query_type
QUERY: GraphQLObjectType = SCHEMA.query_type
STRAWBERRY: Any = SCHEMA._strawberry_schema  # type: ignore[attr-defined]
CONVERTING = STRAWBERRY.schema_converter.scalar_registry, STRAWBERRY.config


class Told(NamedTuple):
    """All that our resolvers ask of what they are told about a request."""

    context: Context
    path: Path


@dataclass(frozen=True)
class Root:
    """What it is called in the answer, where it stands in the document, and how its value is encoded."""

    key: str
    details: FieldDetailsList
    encode: Encode

    @cached_property
    def name(self) -> str:
        return self.details[0].node.name.value

    def resolved(self, context: Context, arguments: dict[str, Any]) -> Any:
        """Its value, or what has to be waited for. Raises what the resolver does."""
        if self.name == "__typename":
            return QUERY.name
        method: Callable[..., Any] = QUERY.fields[self.name].extensions[DEFINITION].base_resolver.wrapped_func
        return method(None, info=Told(context, self.path), **arguments)

    @cached_property
    def path(self) -> Path:
        return Path(None, self.key, QUERY.name)

    def arguments(self, variables: VariableValues) -> dict[str, Any]:
        """As Strawberry converts them. Nothing changes an input, so they can be used again."""
        if self.name == "__typename":
            return {}
        definition = QUERY.fields[self.name]
        given = get_argument_values(definition, self.details[0].node, variables)
        return convert_arguments(given, definition.extensions[DEFINITION].arguments, *CONVERTING)


def argument_names(definition: GraphQLField) -> dict[str, str]:
    """What the method of a field calls its arguments, by their names in the API."""
    arguments = definition.extensions[DEFINITION].arguments
    names = [argument.python_name for argument in arguments]
    return dict(zip(definition.args, names, strict=True))
