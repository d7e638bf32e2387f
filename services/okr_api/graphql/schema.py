"""The schema: all types put together. Run as a program, it prints what schema/okr.graphql must hold."""

from collections.abc import Iterator

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    print_schema,
)
from strawberry.schema.config import StrawberryConfig

from okr_api.graphql import errors
from okr_api.graphql.inputs.converting import converted_by_plan
from okr_api.graphql.mutations import Mutation
from okr_api.graphql.queries import Query
from okr_api.graphql.scalars import SCALARS
from okr_api.graphql.subscriptions import Subscription

ERRORS = [errors.InvalidInput, errors.RuleViolation, errors.VersionConflict]


def build() -> GraphQLSchema:
    config = StrawberryConfig(scalar_map=SCALARS)
    schema: GraphQLSchema = strawberry.Schema(Query, Mutation, Subscription, types=ERRORS, config=config)._schema
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            _leave_one_of_to_graphql(kind)
            converted_by_plan(kind.extensions["strawberry-definition"], config)
        for given in _what_is_given(kind):
            if given.default_value is None:
                given.default_value = Undefined  # `= null` says nothing that leaving it out does not
    return schema


def _leave_one_of_to_graphql(kind: GraphQLInputObjectType) -> None:
    # Strawberry's own check of @oneOf does not tell in which variable the mistake is.
    if kind.extensions["strawberry-definition"].is_one_of:
        kind.is_one_of = True
        kind.out_type = lambda value: value  # type: ignore[method-assign]


def _what_is_given(kind: object) -> Iterator[GraphQLArgument | GraphQLInputField]:
    if isinstance(kind, GraphQLInputObjectType):
        yield from kind.fields.values()
    elif isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
        for field in kind.fields.values():
            yield from field.args.values()


SCHEMA = build()


def exported() -> str:
    return print_schema(SCHEMA) + "\n"


if __name__ == "__main__":
    print(exported(), end="")
