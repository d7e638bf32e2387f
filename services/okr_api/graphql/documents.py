"""Documents: what clients ask, parsed and validated once and then remembered by their text."""

from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    Node,
    NoFragmentCyclesRule,
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

from okr_api.graphql.compiled.plans import LONGEST, MOST_READY, Plans
from okr_api.graphql.cost import Cost, cost
from okr_api.graphql.errors import fault
from okr_api.graphql.limits import measured, refuse_large
from okr_api.graphql.schema import SCHEMA
from okr_api.settings import Limits

MOST_KEPT = 32 * 1024 * 1024
"""Bytes, about: else whoever asks something new each time would fill the memory."""
BYTES_PER_TOKEN = 600
MOST_ERRORS = 10
"""Of one document: whoever reads them mends those first."""


@dataclass(frozen=True)
class Document:
    """Without errors it is valid for the schema and within the limits that no variable changes."""

    node: DocumentNode
    errors: tuple[GraphQLError, ...] = ()
    size: int = 0
    costs: dict[str | None, Cost] = field(default_factory=dict)
    plans: dict[str | None, Plans] = field(default_factory=dict)
    admitted: dict[tuple[str | None, str], OperationDefinitionNode] = field(default_factory=dict)
    """Operations that are within the limits, by their name and the variables that were said."""

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to execute. Raises GraphQLError when the name tells of none, or of none alone."""
        operation = get_operation_ast(self.node, name)
        if operation is None:
            raise fault("BAD_REQUEST", "operationName must name one of the document's operations.")
        return operation

    def cost(self, operation: OperationDefinitionNode, variables: dict[str, Any]) -> int:
        name = operation.name.value if operation.name else None
        if name not in self.costs:
            self.costs[name] = cost(self.node, operation)
        return self.costs[name].of(variables)

    def admit(self, operation: OperationDefinitionNode, name: str | None, said: str) -> None:
        if len(said) <= LONGEST:
            if len(self.admitted) == MOST_READY:
                self.admitted.clear()
            self.admitted[name, said] = operation

    def compiled(self, operation: OperationDefinitionNode) -> Plans:
        name = operation.name.value if operation.name else None
        if name not in self.plans:
            self.plans[name] = Plans(self.node, operation)
        return self.plans[name]


class Documents:
    """The valid ones among those that were asked last; what is refused is not worth remembering."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._size = 0

    def prepared(self, text: str) -> Document:
        if text in self._kept:
            self._kept.move_to_end(text)
            return self._kept[text]
        document = _prepared(text, self._limits)
        if not document.errors:
            self._keep(text, document)
        return document

    def _keep(self, text: str, document: Document) -> None:
        self._kept[text] = document
        self._size += document.size
        while self._size > MOST_KEPT:
            _, oldest = self._kept.popitem(last=False)
            self._size -= oldest.size


@lru_cache(1)
def documents(limits: Limits) -> Documents:
    """Those of the process, which has one set of limits."""
    return Documents(limits)


def _prepared(text: str, limits: Limits) -> Document:
    """Limits go first: parsing is slow, and validation is slower than that."""
    try:
        tokens = refuse_large(text, limits)
        node = parse(text)
    except GraphQLSyntaxError as error:
        return Document(DocumentNode(), (told(error, "GRAPHQL_PARSE_FAILED"),))
    except GraphQLError as error:
        return Document(DocumentNode(), (error,))
    measure = measured(node)
    if problems := tuple(measure.problems(limits)):
        return Document(node, problems)
    rules = [NoFragmentCyclesRule] if measure.loops else [*specified_rules, TextIsStorable]
    errors = validate(SCHEMA, node, rules, MOST_ERRORS, hide_suggestions=True)
    return Document(node, tuple(_classified(error, node) for error in errors), len(text) * 4 + tokens * BYTES_PER_TOKEN)


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
