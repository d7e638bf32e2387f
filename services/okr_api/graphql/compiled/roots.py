"""Roots: the fields at the top of a query, resolved by the resolvers that graphql-core would call."""

from collections.abc import Callable
from dataclasses import dataclass, field
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
MOST_CONVERTED = 64
"""Different arguments of one field that are remembered."""


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
    converted: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.details[0].node.name.value

    def resolved(self, context: Context, variables: VariableValues) -> Any:
        """Its value, or what has to be waited for. Raises what the resolver does."""
        if self.name == "__typename":
            return QUERY.name
        definition = QUERY.fields[self.name]
        given = get_argument_values(definition, self.details[0].node, variables)
        method: Callable[..., Any] = definition.extensions[DEFINITION].base_resolver.wrapped_func
        return method(None, info=Told(context, Path(None, self.key, QUERY.name)), **self._arguments(definition, given))

    def _arguments(self, definition: GraphQLField, given: dict[str, Any]) -> dict[str, Any]:
        """As Strawberry converts them: the same are converted once, as nothing changes an input."""
        asked = repr(given)
        if asked not in self.converted:
            if len(self.converted) >= MOST_CONVERTED:
                self.converted.clear()
            self.converted[asked] = convert_arguments(given, definition.extensions[DEFINITION].arguments, *CONVERTING)
        return self.converted[asked]


def argument_names(definition: GraphQLField) -> dict[str, str]:
    """What the method of a field calls its arguments, by their names in the API."""
    arguments = definition.extensions[DEFINITION].arguments
    names = [argument.python_name for argument in arguments]
    return dict(zip(definition.args, names, strict=True))
