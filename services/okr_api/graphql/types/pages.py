"""Pages: lists served piece by piece, with cursors that stay true while data change."""

from typing import Any, Generic, TypeVar

import strawberry

from okr_api.graphql.types.fields import field
from okr_api.snapshot.pages import Page

T = TypeVar("T")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more follows.")
    has_previous_page: bool = strawberry.field(description="Whether something goes before.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first item here.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last item here: the next page's `after`.")


@strawberry.type(description="One item of a page.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Its place in the list.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    page: strawberry.Private[Page[Any]]
    nodes: list[T] = strawberry.field(description="The items of this page.")

    @field("The items of this page, each with its cursor.")
    def edges(self) -> list[Edge[T]]:
        return [Edge(cursor=cursor, node=node) for cursor, node in zip(self.page.cursors, self.nodes, strict=True)]

    @field("Where this page stands in the list.")
    def page_info(self) -> PageInfo:
        cursors = self.page.cursors
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )

    @field("How many items the whole list has.")
    async def total_count(self) -> int:
        return await self.page.total()
