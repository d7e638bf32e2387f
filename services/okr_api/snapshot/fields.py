"""Fields: what a node stores, under the names that the API knows it by. Links, and what they roll up, are no fields."""

from dataclasses import fields as dataclass_fields
from decimal import Decimal

from okr_api.domain.values import Metric
from okr_api.snapshot.nodes import KeyResultNode, Node

OF_OBJECTIVES = {
    "title": "title",
    "description": "description",
    "ownerId": "owner_id",
    "externalRef": "external_ref",
    "visibility": "visibility",
    "state": "state",
    "commitment": "commitment",
}
OF_KEY_RESULTS = {
    "title": "title",
    "ownerId": "owner_id",
    "externalRef": "external_ref",
    "weight": "weight",
    "dueOn": "due_on",
    "checkInEveryDays": "check_in_every_days",
}
OF_METRICS = {"metricKind" if part.name == "kind" else part.name: part.name for part in dataclass_fields(Metric)}


def stored(node: Node) -> dict[str, object]:
    if not isinstance(node, KeyResultNode):
        return {name: getattr(node.row, column) for name, column in OF_OBJECTIVES.items()}
    metric = {name: getattr(node.row.metric, part) for name, part in OF_METRICS.items()}
    return {name: getattr(node.row, column) for name, column in OF_KEY_RESULTS.items()} | metric


def measured(node: Node) -> dict[str, object]:
    """What check-ins and scores say of a node itself."""
    if not isinstance(node, KeyResultNode):
        return {}
    return {"current": _counting(node), "score": node.row.score}


def says_the_same(one: Node, other: Node) -> bool:
    """A quick look: no field differs where this is true."""
    return one is other or (one.row == other.row and _counting(one) == _counting(other))


def _counting(node: Node) -> Decimal | None:
    return node.counting.value if isinstance(node, KeyResultNode) and node.counting is not None else None
