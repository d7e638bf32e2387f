"""Alignment health: how much of a cycle's work serves the company."""

from decimal import Decimal
from typing import Self

import strawberry

from okr_api.domain.progress import rounded
from okr_api.snapshot import alignment


@strawberry.type(description="How much of what is live in a cycle, and in the cycles inside it, serves the company.")
class AlignmentHealth:
    coverage: Decimal | None = strawberry.field(
        description="Share of objectives below company level with a live path to a company objective; null without any."
    )
    objectives: int = strawberry.field(description="How many objectives there are.")
    unaligned: int = strawberry.field(
        description="How many below company level have no live path to a company objective."
    )
    key_results: int = strawberry.field(description="How many key results there are.")
    delegated: int = strawberry.field(description="How many of them are delegated.")
    depth_histogram: list[int] = strawberry.field(
        description="How many objectives hang 0, 1, 2 and so on objectives below the top."
    )

    @classmethod
    def of(cls, found: alignment.AlignmentHealth) -> Self:
        return cls(
            coverage=rounded(found.coverage),
            objectives=found.objectives,
            unaligned=found.unaligned,
            key_results=found.key_results,
            delegated=found.delegated,
            depth_histogram=found.depths,
        )
