"""Turns: what each event of a commit makes of the row that it tells of."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from okr_api.domain.events import Event
from projector.log import Recorded
from projector.versions import Versions

Row = tuple[Any, ...]
Turn = tuple[Row | None, Row | None]
"""A row of a fact table before an event and after it."""
SlotOf = Callable[[Event], Hashable]
"""Where the row stands that an event tells of; None: of none."""


def stream_of(kinds: frozenset[type[Event]]) -> SlotOf:
    """Of events of these kinds, their stream."""
    return lambda event: event.originator_id if type(event) in kinds else None


class Turns:
    """Of one commit."""

    def __init__(self, commit: Sequence[Recorded]) -> None:
        self._commit = commit
        self._noted: dict[int, list[Turn]] = defaultdict(list)

    def of(self, position: int) -> list[Turn]:
        """By the event there."""
        return self._noted[position]

    def noting(self, versions: Versions[Any], slot_of: SlotOf) -> Iterator[Recorded]:
        """The events one by one, each to be folded before the next one is asked for."""
        for recorded in self._commit:
            slot = slot_of(recorded.event)
            if slot is None:
                yield recorded
                continue
            before = versions.get(slot)
            yield recorded
            after = versions.get(slot)
            if after is not before:
                self._noted[recorded.position].append((before, after))
