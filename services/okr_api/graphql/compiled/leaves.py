"""Leaves: scalars and enumerations as they are served; what is not of the usual class goes the way of graphql-core."""

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLScalarType,
    GraphQLString,
)

LARGEST_INT = 2**31


def leaf(kind: GraphQLScalarType | GraphQLEnumType) -> Callable[[Any, Any], Any]:
    """Of a value that is not null."""
    if kind in (GraphQLString, GraphQLID):
        return _usual(str, kind)
    if kind is GraphQLBoolean:
        return _usual(bool, kind)
    if kind is GraphQLInt:
        return _int
    if isinstance(kind, GraphQLEnumType):
        return _enum(kind)
    return lambda value, _: _serialized(kind, value)


def _usual(expected: type, kind: GraphQLScalarType) -> Callable[[Any, Any], Any]:
    return lambda value, _: value if type(value) is expected else _serialized(kind, value)


def _int(value: Any, _: Any) -> Any:
    return value if type(value) is int and -LARGEST_INT <= value < LARGEST_INT else _serialized(GraphQLInt, value)


def _enum(kind: GraphQLEnumType) -> Callable[[Any, Any], Any]:
    members = kind.wrapped_cls if hasattr(kind, "wrapped_cls") else ()
    names = {member: kind.serialize(member) for member in members}
    return lambda value, _: names[value]


def _serialized(kind: GraphQLScalarType, value: Any) -> Any:
    """Raises ValueError for null, which no leaf is by now."""
    served = kind.serialize(value) if value is not None else None
    if served is None:
        raise ValueError("a leaf is null")
    return served
