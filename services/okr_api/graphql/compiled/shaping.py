"""Shaping: which variables decide what a plan looks like, and not only what its root fields are asked for."""

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    visit,
)


def shaping_variables(document: DocumentNode, operation: OperationDefinitionNode) -> frozenset[str]:
    """Those of directives, and those of arguments below the root fields."""
    found = _Variables()
    _look(operation.selection_set, found)
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            at_root = definition.type_condition.name.value == "Query"
            _look(definition.selection_set, found) if at_root else visit(definition, found)
    return frozenset(found.names)


def _look(selected: SelectionSetNode, found: "_Variables") -> None:
    for node in selected.selections:
        for directive in node.directives or ():
            visit(directive, found)
        if isinstance(node, FieldNode):
            if node.selection_set:
                visit(node.selection_set, found)
        elif inner := getattr(node, "selection_set", None):
            _look(inner, found)


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names.add(node.name.value)
