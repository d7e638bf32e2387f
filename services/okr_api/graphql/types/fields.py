"""Fields: methods of a type and their arguments, each with the sentence that tells clients what it is."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry import ID

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

Id = Annotated[ID, strawberry.argument(description="Its id: the text of a UUID.")]
MaybeId = Annotated[ID | None, strawberry.argument(description="Its id: the text of a UUID.")]
Ref = Annotated[str | None, strawberry.argument(description="Its name in another system.")]
Search = Annotated[str | None, strawberry.argument(description="What the name contains, ignoring case and accents.")]
Given = Annotated[T, strawberry.argument(description="What is asked for.")]
First = Annotated[int | None, strawberry.argument(description="How many at most: 1 to 200.")]
After = Annotated[str | None, strawberry.argument(description="The cursor that the page follows.")]


def field(description: str, *, name: str | None = None) -> Callable[[F], F]:
    """strawberry.field, typed: what it decorates stays the method that it was."""
    decorate: Callable[[F], F] = strawberry.field(description=description, name=name)
    return decorate


def mutation(description: str, *, name: str | None = None) -> Callable[[F], F]:
    decorate: Callable[[F], F] = strawberry.mutation(description=description, name=name)
    return decorate


def subscription(description: str) -> Callable[[F], F]:
    decorate: Callable[[F], F] = strawberry.subscription(description=description)
    return decorate
