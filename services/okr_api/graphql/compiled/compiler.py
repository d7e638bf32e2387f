"""Compiling: the encoders of an operation, made for what it selects."""

from collections.abc import Callable, Mapping
from operator import attrgetter
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

from okr_api.graphql.compiled.answer import Answer, Encode, Surprise
from okr_api.graphql.compiled.encoders import (
    DEFINITION,
    Field,
    Get,
    always,
    as_it_is,
    class_of,
    each,
    itself,
    kept,
    nullable,
    page_of_nodes,
    partly_kept,
    whole,
)
from okr_api.graphql.compiled.leaves import leaf
from okr_api.graphql.compiled.roots import QUERY, argument_names
from okr_api.graphql.compiled.steady import NODE, NODES, Beside, Needs, needs_of, together
from okr_api.graphql.compiled.trees import branch_by_branch
from okr_api.graphql.schema import SCHEMA


class NotPlain(Exception):
    """Only graphql-core resolves this selection."""


class Made(NamedTuple):
    """An encoder, and what it follows from besides the node; None where it is not steady.

    `selection`: under which number all that it says of a node is kept.
    """

    encode: Encode
    needs: Needs | None
    selection: int | None = None


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

    def root(self, details: FieldDetailsList) -> Made:
        """Of a root field. Raises NotPlain."""
        name = details[0].node.name.value
        if name == "__typename":
            return Made(as_it_is, None)
        definition = QUERY.fields.get(name)
        if definition is None:  # introspection
            raise NotPlain
        made = self._value(definition.type, details)
        return Made(made.encode, together((made.needs, needs_of(QUERY.name, name))))

    def _value(self, kind: GraphQLOutputType, details: FieldDetailsList) -> Made:
        if isinstance(kind, GraphQLNonNull):
            return self._present(kind.of_type, details)
        made = self._present(kind, details)
        return Made(nullable(made.encode), made.needs)

    def _present(self, kind: Any, details: FieldDetailsList) -> Made:
        """Of a value that is not null."""
        match kind:
            case GraphQLList():
                made = self._value(kind.of_type, details)
                return Made(each(made.encode), made.needs, made.selection)
            case GraphQLObjectType():
                return self._object(kind, details)
            case GraphQLInterfaceType() | GraphQLUnionType():
                return self._one_of(kind, details)
            case GraphQLScalarType() | GraphQLEnumType():
                return Made(leaf(kind), NODE)
        raise NotPlain

    def _one_of(self, kind: GraphQLInterfaceType | GraphQLUnionType, details: FieldDetailsList) -> Made:
        """By the class of the value."""
        made = {class_of(possible): self._object(possible, details) for possible in SCHEMA.get_possible_types(kind)}
        encoders = {origin: one.encode for origin, one in made.items()}

        def encode(value: Any, answer: Answer) -> Any:
            found = encoders.get(type(value))
            if found is None:
                raise Surprise(f"{type(value).__name__} where {kind.name} is")
            return found(value, answer)

        return Made(encode, together(one.needs for one in made.values()))

    def _object(self, kind: GraphQLObjectType, details: FieldDetailsList) -> Made:
        fields = self._fields(kind, details)
        needs = together(field.needs for field in fields)
        encode = whole(kind, fields)
        if kind.name not in NODES:
            return Made(encode, needs)
        if needs is not None:
            selection = self._selection(needs)
            return Made(kept(encode, selection), needs, selection)
        steady = [field for field in fields if field.needs is not None]
        selection = self._selection(together(field.needs for field in steady) or NODE)
        return Made(partly_kept(encode, fields, selection), None)

    def _selection(self, needs: Needs) -> int:
        """The number of a selection of which text is kept."""
        self.needs |= needs
        self.selections += 1
        return self.selections - 1

    def _fields(self, kind: GraphQLObjectType, details: FieldDetailsList) -> list[Field]:
        """The selected fields as they stand in the answer."""
        collected = collect_subfields(SCHEMA, self.fragments, self.variables, self.operation, kind, details)
        if collected.new_defer_usages or collected.forbidden_directive_instances:
            raise NotPlain
        return [self._field(kind, key, same) for key, same in collected.grouped_field_set.items()]

    def _field(self, kind: GraphQLObjectType, key: str, details: FieldDetailsList) -> Field:
        name = details[0].node.name.value
        if name == "__typename":
            return Field(key, always(kind.name), as_it_is, NODE)
        definition = kind.fields[name]
        if (kind.name, name) == ("Cascade", "nodes") and (nodes := self._nodes(details)):
            return Field(key, itself, nodes, None)
        made = self._value(definition.type, details)
        if made.selection is not None and name == "nodes":
            return Field(key, itself, page_of_nodes(made.encode, made.selection), made.needs)
        needs = together((made.needs, needs_of(kind.name, name)))
        return Field(key, self._getter(definition, details), made.encode, needs)

    def _nodes(self, details: FieldDetailsList) -> Encode | None:
        """Of a cascade, where every field of its nodes is steady."""
        encode, needs, _ = self._object(cast(GraphQLObjectType, SCHEMA.type_map["CascadeNode"]), details)
        if needs is None or Beside.REPORTS in needs:
            return None
        return branch_by_branch(encode, self._selection(needs))

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
        names = argument_names(definition)
        given = get_argument_values(definition, details[0].node, self.variables)
        arguments = {names[name]: value for name, value in given.items()}
        return lambda value: method(value, **arguments)
