"""The cascade: one cut of a cycle as a tree, with every link that it has."""

from datetime import datetime
from decimal import Decimal

import strawberry

from okr_api.graphql import viewing
from okr_api.graphql.context import Reading
from okr_api.graphql.enums import Link
from okr_api.graphql.scalars import Position
from okr_api.graphql.types.fields import field
from okr_api.graphql.types.names import OKR
from okr_api.snapshot.cascade import Edge, Place, Tree


@strawberry.type(
    description=(
        "itemId, not id: the same item has another parent in another view, root or moment, and a normalising client "
        "cache must not mix them."
    )
)
class CascadeNode:
    reading: strawberry.Private[Reading]
    place: strawberry.Private[Place]

    @field("The id of the item, or what stands for it if the viewer may not read it.")
    def item_id(self) -> strawberry.ID:
        return viewing.item_id(self.reading, self.place.node.id)

    @field("The itemId that it hangs from; null at the top.")
    def parent_id(self) -> strawberry.ID | None:
        return viewing.item_id(self.reading, self.place.parent_id) if self.place.parent_id else None

    @field("How it hangs from its parent; null at the top.")
    def link(self) -> Link | None:
        return self.place.link

    @field("0 at the top.")
    def depth(self) -> int:
        return self.place.depth

    @field("How many nodes hang directly from it in this view, shown or not.")
    def child_count(self) -> int:
        return self.place.child_count

    @field("Whether it stands above the cycle, as what is served there.")
    def context(self) -> bool:
        return self.place.context

    @field("The objective or key result itself.")
    def item(self) -> OKR:
        return viewing.okr(self.reading, self.place.node)


@strawberry.type(description="A live link between two nodes of the tree.")
class CascadeEdge:
    reading: strawberry.Private[Reading]
    edge: strawberry.Private[Edge]

    @field("The itemId of what is served.")
    def parent_id(self) -> strawberry.ID:
        return viewing.item_id(self.reading, self.edge.parent_id)

    @field("The itemId of what serves.")
    def child_id(self) -> strawberry.ID:
        return viewing.item_id(self.reading, self.edge.child_id)

    @field("How it hangs.")
    def link(self) -> Link:
        return self.edge.link

    @field("Whether its progress feeds the parent's.")
    def contributes(self) -> bool:
        return self.edge.contributes

    @field("How much it counts there; null for CONTAINS, where the key result's own weight counts.")
    def weight(self) -> Decimal | None:
        return self.edge.weight

    @field("DELEGATES: whether the accountable owner keeps checking in as well.")
    def retain(self) -> bool:
        return self.edge.retain


@strawberry.type(
    description=(
        "One consistent cut: the cycle and the cycles inside it, and above them, as context, what they serve in "
        "enclosing cycles. Every objective and key result stands once. parentId is the strongest live link (CONTAINS, "
        "DELEGATES, SUPPORTS, ALIGNS, then the oldest); every link stands in edges. Depth first; siblings in order of "
        "creation."
    )
)
class Cascade:
    reading: strawberry.Private[Reading]
    tree: strawberry.Private[Tree]

    @field("The cut.")
    def position(self) -> Position:
        return Position(self.reading.snapshot.position)

    @field("When the log recorded it.")
    def time(self) -> datetime:
        return self.reading.snapshot.time

    @field("Every node once, parents before what hangs from them.")
    def nodes(self) -> list[CascadeNode]:
        return [CascadeNode(reading=self.reading, place=place) for place in self.tree.places]

    @field("Every live link between these nodes.")
    def edges(self) -> list[CascadeEdge]:
        return [CascadeEdge(reading=self.reading, edge=edge) for edge in self.tree.edges]

    @field("How many nodes there are, before the tree is cut to maxDepth and maxNodes.")
    def total_count(self) -> int:
        return self.tree.total

    @field("Whether the tree was cut.")
    def truncated(self) -> bool:
        return self.tree.truncated
