"""Cost: how many fields an operation may have to resolve, known before it runs.

A page costs its fields as often as it has items. Sizes that are given by variables stay open: the cost of an operation
is a sum of products, worked out once for its document and then with the variables of each request.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    value_from_ast_untyped,
)

from okr_api.graphql.schema import SCHEMA
from okr_api.snapshot.pages import LARGEST_PAGE

PER_FIELD = {
    "cascade": 1000,
    "cascadeDiff": 3000,
    "replay": 5000,
    "ReplayConnection.totalCount": 10_000,
    "alignmentHealth": 1000,
    "Objective.history": 10,
    "KeyResult.history": 10,
    "__schema": 10_000,
}
"""These walk over a whole cycle, once or commit by commit, or over the whole schema,
whatever is shown of it; a history is looked up in the log."""
PER_LIST = {
    "Cascade.nodes": 100,
    "Cascade.edges": 100,
    "CascadeDiff.linksAdded": 100,
    "CascadeDiff.linksRemoved": 100,
    "ReplayStep.changes": 3,
    "__Schema.types": 100,
    "__Type.fields": 3,
    **{f"{name}.userErrors": 1 for name in SCHEMA.type_map if name.endswith(("Payload", "Result"))},
}
ELSEWHERE = 5
"""Items that a list without pages is taken to have."""
OF_THE_SCHEMA = 1
"""The same inside introspection, where most other lists are empty."""
SIZED_BY = ("first", "ids", "input")


@dataclass(frozen=True)
class Given:
    """A size that a variable gives; `default` where the request leaves it out."""

    variable: str
    default: int


Size = int | Given
Terms = Counter[tuple[Given, ...]]
"""A sum of products of open sizes, each with its factor."""


@dataclass(frozen=True)
class Cost:
    terms: Terms
    defaults: dict[str, Any]

    def of(self, variables: dict[str, Any]) -> int:
        given = self.defaults | variables
        total = 0
        for sizes, factor in self.terms.items():
            for size in sizes:
                factor *= _size_of(given.get(size.variable), size.default)
            total += factor
        return total


def cost(document: DocumentNode, operation: OperationDefinitionNode) -> Cost:
    """Of an operation in a valid document."""
    root = SCHEMA.get_root_type(operation.operation)
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    defaults = {
        each.variable.name.value: value_from_ast_untyped(each.default_value)
        for each in operation.variable_definitions or ()
        if each.default_value
    }
    return Cost(_Weighing(fragments).terms(operation.selection_set, root, None), defaults)


class _Weighing:
    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._spread = cache(self._fragment)

    def terms(self, selected: SelectionSetNode | None, parent: Any, page: Size | None) -> Terms:
        """`page`: how many items the lists of this selection set have, where the field above says so."""
        found: Terms = Counter()
        for node in selected.selections if selected else ():
            match node:
                case FieldNode():
                    found.update(self._field(node, parent, page))
                case FragmentSpreadNode():
                    found.update(self._spread(node.name.value, page))
                case InlineFragmentNode():
                    on = _type(node.type_condition.name.value) if node.type_condition else parent
                    found.update(self.terms(node.selection_set, on, page))
        return found

    def _fragment(self, name: str, page: Size | None) -> Terms:
        fragment = self._fragments[name]
        return self.terms(fragment.selection_set, _type(fragment.type_condition.name.value), page)

    def _field(self, node: FieldNode, parent: Any, page: Size | None) -> Terms:
        name = node.name.value
        known = SCHEMA.get_field(parent, name)
        if known is None:
            return Counter({(): 1})
        here = _size(node, known)
        is_list = is_list_type(get_nullable_type(known.type))
        below = self.terms(node.selection_set, get_named_type(known.type), None if is_list else here)
        if node.selection_set and is_list:
            asked = page if here is None else here
            guess = OF_THE_SCHEMA if parent.name.startswith("__") else ELSEWHERE
            below = _times(below, PER_LIST.get(f"{parent.name}.{name}", guess if asked is None else asked))
        below[()] += PER_FIELD.get(f"{parent.name}.{name}", PER_FIELD.get(name, 1))
        return below


def _type(name: str) -> GraphQLNamedType | None:
    return SCHEMA.type_map.get(name)


def _size(node: FieldNode, known: GraphQLField) -> Size | None:
    """How many items the field is asked for, in itself or in its page."""
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    for name in SIZED_BY:
        if name in known.args:
            default = known.args[name].default_value
            return _size_in(given.get(name), _size_of(default, 1))
    return None


def _size_in(value: ValueNode | None, default: int) -> Size:
    match value:
        case IntValueNode():
            return _size_of(int(value.value), default)
        case ListValueNode():
            return len(value.values)
        case ObjectValueNode():
            items = next((each.value for each in value.fields if each.name.value == "items"), None)
            return _size_in(items, default)
        case VariableNode():
            return Given(value.name.value, default)
    return default


def _size_of(value: object, default: int) -> int:
    match value:
        case int() | float():
            return int(max(1, min(value, LARGEST_PAGE)))
        case list():
            return len(value)
        case dict():
            return _size_of(value.get("items"), default)
    return default


def _times(terms: Terms, size: Size) -> Terms:
    if isinstance(size, int):
        return Counter({sizes: size * factor for sizes, factor in terms.items()})
    return Counter({(*sizes, size): factor for sizes, factor in terms.items()})
