"""Held: pages of check-ins as they were read last, each for as long as nothing changed in its key result."""

from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID

from okr_api.snapshot.pages import Page
from okr_api.snapshot.rows import CheckInRow
from okr_api.snapshot.snapshot import Snapshot

MOST_ROWS = 50_000
"""Some 30 MB with notes of usual length."""


@dataclass
class Pages:
    """Of one key result, by size and cursor. `last`: where its check-ins had changed last when they were read."""

    last: int
    pages: dict[tuple[int, str | None], Page[CheckInRow]] = field(default_factory=dict)
    rows: int = 0


class Held:
    """Those of key results that were asked about last; `most_rows` in all, a page counting as a row itself.

    Only snapshots that tell of changes are answered: whatever was read at a position is true from the last change
    before it until the next one.
    """

    def __init__(self, most_rows: int = MOST_ROWS) -> None:
        self._most_rows = most_rows
        self._pages: OrderedDict[tuple[str, UUID], Pages] = OrderedDict()
        self._rows = 0

    def find(self, snapshot: Snapshot, key_result_id: UUID, size: int, after: str | None) -> Page[CheckInRow] | None:
        of = snapshot.facts_schema, key_result_id
        known = self._pages.get(of)
        if known is None or known.last != snapshot.last_report(key_result_id):
            return None
        self._pages.move_to_end(of)
        return known.pages.get((size, after))

    def keep(
        self, snapshot: Snapshot, key_result_id: UUID, size: int, after: str | None, page: Page[CheckInRow]
    ) -> None:
        of, last = (snapshot.facts_schema, key_result_id), snapshot.last_report(key_result_id)
        if last is None:
            return
        known = self._pages.get(of)
        if known is None or known.last < last:
            self._forget(of)
            known = self._pages[of] = Pages(last)
        if known.last > last or (size, after) in known.pages:
            return
        known.pages[size, after] = page
        known.rows += 1 + len(page.rows)
        self._rows += 1 + len(page.rows)
        self._pages.move_to_end(of)
        while self._rows > self._most_rows:
            self._forget(next(iter(self._pages)))

    def _forget(self, of: tuple[str, UUID]) -> None:
        known = self._pages.pop(of, None)
        self._rows -= known.rows if known else 0
