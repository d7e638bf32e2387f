"""Documents: what clients ask, parsed and validated once and then remembered by their text."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLError,
    Node,
    ObjectFieldNode,
    OperationDefinitionNode,
    StringValueNode,
    ValidationRule,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
    visit,
)

from okr_api.graphql.errors import fault
from okr_api.graphql.schema import SCHEMA

KEPT = 1000
LONGEST_KEPT = 20_000
"""Characters. Longer documents are rare, and a thousand of them would fill the memory."""


@dataclass(frozen=True)
class Document:
    """Without errors it is valid for the schema."""

    node: DocumentNode
    errors: tuple[GraphQLError, ...] = ()

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to execute. Raises GraphQLError when the name tells of none, or of none alone."""
        operation = get_operation_ast(self.node, name)
        if operation is None:
            raise fault("BAD_REQUEST", "operationName must name one of the document's operations.")
        return operation


def prepared(text: str) -> Document:
    return _prepared(text) if len(text) <= LONGEST_KEPT else _prepared.__wrapped__(text)


@lru_cache(KEPT)
def _prepared(text: str) -> Document:
    try:
        node = parse(text)
    except GraphQLError as error:
        return Document(DocumentNode(), (told(error, "GRAPHQL_PARSE_FAILED"),))
    errors = validate(SCHEMA, node, [*specified_rules, TextIsStorable], hide_suggestions=True)
    return Document(node, tuple(_classified(error, node) for error in errors))


class TextIsStorable(ValidationRule):
    """Half of a surrogate pair is a syntax error already."""

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        if "\0" in node.value:
            self.report_error(GraphQLError("A text cannot hold the character NUL.", node))


def _classified(error: GraphQLError, document: DocumentNode) -> GraphQLError:
    """A bad value is told by the name of its argument, or of the variable that has it as default."""
    place = error.nodes[0] if error.nodes else None
    if isinstance(place, ValueNode | ObjectFieldNode) and not isinstance(place, VariableNode):
        return told(error, "BAD_USER_INPUT", variable=_giver(place, document))
    return told(error, "GRAPHQL_VALIDATION_FAILED")


def told(error: GraphQLError, code: str, **extensions: Any) -> GraphQLError:
    """The error with a code."""
    extensions = {"code": code, **extensions}
    return GraphQLError(error.message, error.nodes, error.source, error.positions, extensions=extensions)


def _giver(value: Node, document: DocumentNode) -> str | None:
    search = _Giver(value)
    visit(document, search)
    return search.name


class _Giver(Visitor):
    """Finds what gives a value: the argument or variable definition that encloses it."""

    name: str | None = None

    def __init__(self, value: Node) -> None:
        super().__init__()
        self._value = value

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        if self._encloses(node):
            self.name = node.name.value

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        if self._encloses(node):
            self.name = node.variable.name.value

    def _encloses(self, node: Node) -> bool:
        outer, inner = node.loc, self._value.loc
        return bool(outer and inner and outer.start <= inner.start and inner.end <= outer.end)
