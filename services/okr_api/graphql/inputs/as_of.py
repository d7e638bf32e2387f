"""AsOf: the cut that a question is about."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import UNSET

from okr_api.graphql.scalars import Position


@strawberry.input(
    one_of=True, description="A cut of the log, by time or by position; the whole answer is as it was then."
)
class AsOf:
    time: datetime | None = strawberry.field(
        default=UNSET, description="What the log had recorded by then; health and advisories are those of that hour."
    )
    position: Position | None = strawberry.field(
        default=UNSET, description="What the log held there; inside a commit, what it held before that commit."
    )

    @property
    def place(self) -> int | datetime:
        """The position, or the time."""
        place = self.time if self.position is UNSET else self.position
        assert place is not None
        assert place is not UNSET
        return place


AsOfCut = Annotated[
    AsOf | None,
    strawberry.argument(description="A cut of the log: the whole answer is as it was then, under today's rights."),
]
