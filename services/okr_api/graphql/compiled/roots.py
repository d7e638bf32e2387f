"""Roots: the fields at the top of a query, resolved by the resolvers that graphql-core would call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from inspect import isawaitable
from types import NoneType
from typing import Any, NamedTuple

from graphql import (
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    get_argument_values,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import VariableValues
from graphql.pyutils import Path

from okr_api.graphql.compiled.answer import Encode
from okr_api.graphql.compiled.encoders import DEFINITION
from okr_api.graphql.context import Context
from okr_api.graphql.schema import SCHEMA

assert SCHEMA.query_type
QUERY: GraphQLObjectType = SCHEMA.query_type
PLAIN = (str, int, NoneType, Enum)
"""Classes of arguments that Strawberry passes on as they are."""
IS_AWAITABLE: Any = isawaitable
NO_HELPERS: Any = None
"""No resolver tracks work of its own."""


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

    @property
    def name(self) -> str:
        return self.details[0].node.name.value

    def resolved(
        self,
        context: Context,
        variables: VariableValues,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> Any:
        """Its value, or what has to be waited for. Raises what the resolver does."""
        if self.name == "__typename":
            return QUERY.name
        definition, nodes = QUERY.fields[self.name], [details.node for details in self.details]
        given, path = get_argument_values(definition, nodes[0], variables), Path(None, self.key, QUERY.name)
        if all(isinstance(value, PLAIN) for value in given.values()):
            method, names = _method(definition)
            return method(None, info=Told(context, path), **{names[name]: value for name, value in given.items()})
        info = GraphQLResolveInfo(
            self.name, nodes, definition.type, QUERY, path, SCHEMA, dict(fragments), None, operation, variables,
            context, IS_AWAITABLE, None, NO_HELPERS,
        )  # fmt: skip
        assert definition.resolve
        return definition.resolve(None, info, **given)


def _method(definition: GraphQLField) -> tuple[Callable[..., Any], Mapping[str, str]]:
    """The method of Query, and what it calls its arguments."""
    field = definition.extensions[DEFINITION]
    return field.base_resolver.wrapped_func, argument_names(definition)


def argument_names(definition: GraphQLField) -> dict[str, str]:
    """What the method of a field calls its arguments, by their names in the API."""
    arguments = definition.extensions[DEFINITION].arguments
    names = [argument.python_name for argument in arguments]
    return dict(zip(definition.args, names, strict=True))
