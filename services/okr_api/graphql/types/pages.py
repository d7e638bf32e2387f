"""Pages: lists served piece by piece, with cursors that stay true while data change."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

import strawberry

from okr_api.graphql.context import Reading
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
    """`show` makes an item of a row. `reading`: what it is read from, where the rows are nodes of its snapshot."""

    page: strawberry.Private[Page[Any]]
    show: strawberry.Private[Callable[[Any], Any]]
    reading: strawberry.Private[Reading | None] = None

    @field("The items of this page.")
    def nodes(self) -> list[T]:
        return [self.show(row) for row in self.page.rows]

    @field("The items of this page, each with its cursor.")
    def edges(self) -> list[Edge[T]]:
        paired = zip(self.page.cursors, self.page.rows, strict=True)
        return [Edge(cursor=cursor, node=self.show(row)) for cursor, row in paired]

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
    def total_count(self) -> int:
        return cast(int, self.page.total())  # or what has to be waited for, which the executor does
