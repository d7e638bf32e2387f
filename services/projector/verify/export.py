"""An audit export checked by itself: whether its events are those that its hashes tell of. Needs no database."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from okr_api.event_log.chain import BEGINNING, leaf, link
from projector.log import Stored
from projector.verify.chain import Head
from projector.verify.finding import Finding


class Export:
    """Reads lines one by one; `findings` are what is wrong so far, `position` and `chained` the head so far."""

    def __init__(self, kept: Head | None = None) -> None:
        self._kept = kept
        self.findings: list[Finding] = []
        self.position = 0
        self.chained = BEGINNING
        self._ended = False

    def read(self, lines: Iterable[str]) -> None:
        """A chain that is broken is broken ever after, so reading stops at the first finding."""
        for number, line in enumerate(lines, 1):
            try:
                wrong = next(self._wrong(json.loads(line)), None)
            except (ValueError, KeyError, TypeError, AttributeError):
                wrong = "is not one of an export"
            if wrong:
                self.findings.append(Finding(6, f"line {number} {wrong}"))
                return
        if self._kept is not None and self._kept.position > self.position:
            told = f"position {self._kept.position}, where a head was kept"
            self.findings.append(Finding(6, f"the export ends before {told}"))
        if not self._ended:
            self.findings.append(Finding(6, f"the end is missing after position {self.position}: there is no head"))

    def _wrong(self, told: dict[str, Any]) -> Iterator[str]:
        if self._ended:
            yield "stands after the head"
        if "head" in told:
            self._ended = True
            if told["head"] != {"position": self.position, "hash": self.chained.hex()}:
                yield f"tells of another head than the events before it: {self.chained.hex()} at {self.position}"
            return
        if told["position"] != self.position + 1:
            yield f"holds position {told['position']}, where {self.position + 1} belongs"
        self.position = told["position"]
        self.chained = link(self.chained, _leaf(told))
        if "leaf" not in told and told["hash"] != self.chained.hex():
            yield f"has a hash that is not that of position {self.position} and all before it"
        if self._kept and self._kept.position == self.position and self._kept.hash != self.chained:
            yield f"ends another past than the head that was kept of position {self.position}"


def _leaf(told: dict[str, Any]) -> bytes:
    if "leaf" in told:
        return bytes.fromhex(told["leaf"])
    return leaf(
        Stored(
            told["position"],
            told["commitPosition"],
            UUID(told["stream"]),
            told["version"],
            told["event"],
            json.dumps(told["data"]).encode(),
            datetime.fromisoformat(told["recordedAt"]),
        )
    )
