"""Report: what became of the rows of a file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from okr_api.exchange.columns import Line
from okr_api.exchange.files import Row, Trouble

SHOWN = 50
"""Errors that people are told; all are in the JSON."""


@dataclass
class Report:
    """What became of how many.

    `accepted`: rows that were done now, or in a dry run that nothing speaks against; `duplicate`: done before,
    or at a first try whose answer was lost.
    """

    rows: int
    dry_run: bool
    accepted: int = 0
    duplicate: int = 0
    refused: set[int] = field(default_factory=set)
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not self.troubles

    def note(self, row: Row, *troubles: Trouble) -> None:
        self.refused.add(row.line)
        self.troubles.extend(troubles)

    def note_bad(self, lines: Iterable[Line]) -> None:
        for line in lines:
            if not line.good:
                self.note(line.row, *line.row.troubles)

    def as_json(self) -> dict[str, Any]:
        errors = [vars(trouble) for trouble in sorted(self.troubles, key=lambda trouble: trouble.line)]
        counts = {"accepted": self.accepted, "duplicate": self.duplicate, "refused": len(self.refused)}
        return {"dryRun": self.dry_run, "rows": self.rows, **counts, "errors": errors}

    def told(self) -> Iterator[str]:
        """Lines for people."""
        troubles = sorted(self.troubles, key=lambda trouble: trouble.line)
        yield from map(str, troubles[:SHOWN])
        if len(troubles) > SHOWN:
            yield f"and {len(troubles) - SHOWN:,} errors more: --json tells all"

    def summary(self) -> str:
        words = ("could be imported", "nothing is written") if self.dry_run else ("imported", "")
        before = f", {self.duplicate:,} were there before" if self.duplicate else ""
        refused = f", {len(self.refused):,} refused" if self.refused else ""
        ending = f"; {words[1]}" if words[1] else ""
        return f"{self.accepted:,} of {self.rows:,} rows {words[0]}{before}{refused}{ending}"
