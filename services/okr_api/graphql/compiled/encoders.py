"""Encoders: functions made for a selection, each of which turns a resolved value into what orjson takes."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from types import CoroutineType
from typing import Any, NamedTuple, cast

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLUnionType,
    OperationDefinitionNode,
    get_argument_values,
    get_named_type,
    is_scalar_type,
)
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues

from okr_api.graphql.compiled.answer import Answer, Encode, Surprise, Waiting, kept
from okr_api.graphql.compiled.leaves import leaf
from okr_api.graphql.compiled.steady import NODE, NODES, Needs, needs_of, together
from okr_api.graphql.compiled.trees import branch_by_branch
from okr_api.graphql.schema import SCHEMA

DEFINITION = "strawberry-definition"


class NotPlain(Exception):
    """Only graphql-core resolves this selection."""


Get = Callable[[Any], Any]
Field = tuple[str, Get, Encode]
"""Its key in the answer, how to get its value, and how that is encoded."""


class Made(NamedTuple):
    """An encoder, and what it follows from besides the node; None where it is not steady."""

    encode: Encode
    needs: Needs | None


class Compiler:
    """Makes the encoders of one operation, with the variables that shape it."""

    def __init__(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDetails],
        variables: VariableValues,
    ) -> None:
        self.operation = operation
        self.fragments = dict(fragments)
        self.variables = variables
        self.selections = 0
        self.needs: Needs = NODE

    def root(self, details: FieldDetailsList) -> Encode:
        """Of a root field. Raises NotPlain."""
        assert SCHEMA.query_type
        name = details[0].node.name.value
        if name == "__typename":
            return _as_it_is
        definition = SCHEMA.query_type.fields.get(name)
        if definition is None:  # introspection
            raise NotPlain
        return self._value(definition.type, details).encode

    def _value(self, kind: GraphQLOutputType, details: FieldDetailsList) -> Made:
        if isinstance(kind, GraphQLNonNull):
            return self._present(kind.of_type, details)
        encode, needs = self._present(kind, details)
        return Made(_nullable(encode), needs)

    def _present(self, kind: Any, details: FieldDetailsList) -> Made:
        """Of a value that is not null."""
        match kind:
            case GraphQLList():
                encode, needs = self._value(kind.of_type, details)
                return Made(_each(encode), needs)
            case GraphQLObjectType():
                return self._object(kind, details)
            case GraphQLInterfaceType() | GraphQLUnionType():
                return self._one_of(kind, details)
            case GraphQLScalarType() | GraphQLEnumType():
                return Made(leaf(kind), NODE)
        raise NotPlain

    def _one_of(self, kind: GraphQLInterfaceType | GraphQLUnionType, details: FieldDetailsList) -> Made:
        """By the class of the value."""
        made = {_class(possible): self._object(possible, details) for possible in SCHEMA.get_possible_types(kind)}
        encoders = {origin: encode for origin, (encode, _) in made.items()}

        def encode(value: Any, answer: Answer) -> Any:
            found = encoders.get(type(value))
            if found is None:
                raise Surprise(f"{type(value).__name__} where {kind.name} is")
            return found(value, answer)

        return Made(encode, together(needs for _, needs in made.values()))

    def _object(self, kind: GraphQLObjectType, details: FieldDetailsList) -> Made:
        expected, (fields, needs) = _class(kind), self._fields(kind, details)

        def encode(value: Any, answer: Answer) -> Any:
            if type(value) is not expected and (value is None or kind.is_type_of):
                raise Surprise(f"{type(value).__name__} where {kind.name} is")
            shown: dict[str, Any] = {}
            for key, get, encoded in fields:
                found = get(value)
                if type(found) is CoroutineType:
                    shown[key] = None
                    answer.wait(Waiting(found, encoded, shown, key))
                else:
                    shown[key] = encoded(found, answer)
            return shown

        if needs is None or kind.name not in NODES:
            return Made(encode, needs)
        return Made(kept(encode, self._selection(needs)), needs)

    def _selection(self, needs: Needs) -> int:
        """The number of a selection of which text is kept."""
        self.needs |= needs
        self.selections += 1
        return self.selections - 1

    def _fields(self, kind: GraphQLObjectType, details: FieldDetailsList) -> tuple[list[Field], Needs | None]:
        """The selected fields as they stand in the answer."""
        collected = collect_subfields(SCHEMA, self.fragments, self.variables, self.operation, kind, details)
        if collected.new_defer_usages or collected.forbidden_directive_instances:
            raise NotPlain
        found: list[Field] = []
        needs: list[Needs | None] = []
        for key, same in collected.grouped_field_set.items():
            name = same[0].node.name.value
            if name == "__typename":
                found.append((key, _always(kind.name), _as_it_is))
                continue
            definition = kind.fields[name]
            made = self._value(definition.type, same)
            if (kind.name, name) == ("Cascade", "nodes") and (nodes := self._nodes(same)):
                found.append((key, _itself, nodes))
                continue
            found.append((key, self._getter(definition, same), made.encode))
            needs += (made.needs, needs_of(kind.name, name))
        return found, together(needs)

    def _nodes(self, details: FieldDetailsList) -> Encode | None:
        """Of a cascade, where every field of its nodes is steady."""
        encode, needs = self._object(cast(GraphQLObjectType, SCHEMA.type_map["CascadeNode"]), details)
        return None if needs is None else branch_by_branch(encode, self._selection(needs))

    def _getter(self, definition: GraphQLField, details: FieldDetailsList) -> Get:
        """The method of Strawberry's type, with the arguments that the document gives."""
        field = definition.extensions[DEFINITION]
        if field.extensions or field.permission_classes:
            raise NotPlain
        if field.is_basic_field:
            return attrgetter(field.python_name)
        resolver = field.base_resolver
        if resolver.info_parameter or resolver.parent_parameter or resolver.root_parameter:
            raise NotPlain
        method: Callable[..., Any] = resolver.wrapped_func
        if not definition.args:
            return method
        if not all(is_scalar_type(get_named_type(argument.type)) for argument in definition.args.values()):
            raise NotPlain
        names = {argument.graphql_name or argument.python_name: argument.python_name for argument in field.arguments}
        given = get_argument_values(definition, details[0].node, self.variables)
        arguments = {names.get(name, name): value for name, value in given.items()}
        return lambda value: method(value, **arguments)


def _class(kind: GraphQLObjectType) -> type:
    definition = kind.extensions[DEFINITION]
    origin: type = definition.origin
    return origin


def _nullable(encode: Encode) -> Encode:
    return lambda value, answer: None if value is None else encode(value, answer)


def _each(encode: Encode) -> Encode:
    def encode_all(values: Any, answer: Answer) -> Any:
        if type(values) is not list and type(values) is not tuple:
            raise Surprise(f"{type(values).__name__} where a list is")
        return [encode(value, answer) for value in values]

    return encode_all


def _always(value: Any) -> Get:
    return lambda _: value


def _itself(value: Any) -> Any:
    return value


def _as_it_is(value: Any, _: Answer) -> Any:
    return value
