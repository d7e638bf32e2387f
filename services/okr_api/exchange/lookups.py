"""Look-ups: how many things the service is asked for at once, and the query that asks for them by their names."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

IDS_AT_ONCE, REFS_AT_ONCE = 200, 25
T = TypeVar("T")


def by_ref(field: str, selection: str, refs: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """A query for several things by their names in another system, answered as a0, a1 and so on; its variables."""
    named = ", ".join(f"$r{place}: String" for place in range(len(refs)))
    asked = " ".join(f"a{place}: {field}(externalRef: $r{place}) {selection}" for place in range(len(refs)))
    return f"query({named}) {{ {asked} }}", {f"r{place}": ref for place, ref in enumerate(refs)}


def chunks(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (things[start : start + size] for start in range(0, len(things), size))
