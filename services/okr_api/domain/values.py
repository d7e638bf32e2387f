"""The small words of the domain: enumerations, typed text, metrics, and what makes them valid."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Final, Self

from okr_api.domain.errors import InvalidInput, Problem

MAX_TITLE = 500
MAX_TEXT = 10_000
MAX_LABEL = 100
MAX_WEIGHT = Decimal(1000)
MAX_KEY_RESULTS = 50
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
"""What counts as a time in the life of an organisation; beyond it calendars and databases disagree."""


class Kept(Enum):
    """The value of a field that an edit does not mention."""

    KEPT = "KEPT"


KEPT: Final = Kept.KEPT


class OwnerLevel(StrEnum):
    COMPANY = "COMPANY"
    DEPARTMENT = "DEPARTMENT"
    TEAM = "TEAM"
    INDIVIDUAL = "INDIVIDUAL"

    @property
    def depth(self) -> int:
        """0 for the company, growing downward."""
        return list(OwnerLevel).index(self)


class CycleState(StrEnum):
    DRAFT = "DRAFT"
    OPEN = "OPEN"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"


class Approach(StrEnum):
    TIGHT = "TIGHT"
    LOOSE = "LOOSE"
    MIXED = "MIXED"

    def admits(self, link: "Link") -> bool:
        """Whether a cycle run this way takes such a link (DESIGN of the cascade: seeds 003 and 004)."""
        return link in ADMITTED[self]


class Link(StrEnum):
    """How one thing hangs from another, strongest first."""

    CONTAINS = "CONTAINS"
    DELEGATES = "DELEGATES"
    SUPPORTS = "SUPPORTS"
    ALIGNS = "ALIGNS"


ADMITTED = {
    Approach.TIGHT: frozenset({Link.CONTAINS, Link.DELEGATES, Link.SUPPORTS}),
    Approach.LOOSE: frozenset({Link.CONTAINS, Link.ALIGNS}),
    Approach.MIXED: frozenset(Link),
}


class ObjectiveState(StrEnum):
    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"


class Commitment(StrEnum):
    COMMITTED = "COMMITTED"
    ASPIRATIONAL = "ASPIRATIONAL"


class Outcome(StrEnum):
    """What became of an objective."""

    ACHIEVED = "ACHIEVED"
    PARTIAL = "PARTIAL"
    MISSED = "MISSED"
    DROPPED = "DROPPED"


class Visibility(StrEnum):
    ORGANISATION = "ORGANISATION"
    LINE = "LINE"


class Disposition(StrEnum):
    """Who does a key result."""

    OWNED = "OWNED"
    DELEGATED = "DELEGATED"
    BOTH = "BOTH"


class MetricKind(StrEnum):
    INCREASE = "INCREASE"
    DECREASE = "DECREASE"
    MAINTAIN_AT_LEAST = "MAINTAIN_AT_LEAST"
    MAINTAIN_AT_MOST = "MAINTAIN_AT_MOST"
    MILESTONE = "MILESTONE"


class TargetKind(StrEnum):
    """What an objective can say that it serves."""

    OBJECTIVE = "OBJECTIVE"
    KEY_RESULT = "KEY_RESULT"

    @property
    def link(self) -> Link:
        return Link.ALIGNS if self is TargetKind.OBJECTIVE else Link.SUPPORTS


@dataclass(frozen=True)
class Text:
    """Something that a person typed, with the salt of its digest.

    The log's hashes cover the digest and never the text, so that a text can later be replaced by its digest without
    breaking them. A redacted text has a digest only.
    """

    text: str | None = None
    salt: str | None = None
    digest: str | None = None

    @classmethod
    def typed(cls, text: str) -> Self:
        return cls(text=text, salt=secrets.token_hex(16))

    @classmethod
    def maybe(cls, text: str | None) -> Self | None:
        return None if text is None else cls.typed(text)

    def to_digest(self) -> str:
        """Hexadecimal SHA-256 of the salt's hexadecimal text followed by the text, both as UTF-8."""
        if self.digest is not None:
            return self.digest
        return hashlib.sha256(f"{self.salt}{self.text}".encode()).hexdigest()


@dataclass(frozen=True)
class Metric:
    """How a key result is measured. Numbers carry the label `unit`; values of different units are never added."""

    kind: MetricKind
    start: Decimal | None = None
    target: Decimal | None = None
    limit: Decimal | None = None
    inclusive: bool = True
    unit: str | None = None

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the numbers, one problem a field."""
        if self.unit is not None:
            yield from text_problems(self.unit, "unit", MAX_LABEL)
        match self.kind:
            case MetricKind.MILESTONE:
                for name in ("start", "target", "limit"):
                    if getattr(self, name) is not None:
                        yield InvalidInput("METRIC_TAKES_NO_NUMBERS", "A milestone takes no numbers.", (name,))
            case MetricKind.INCREASE | MetricKind.DECREASE:
                yield from self._direction_problems()
            case MetricKind.MAINTAIN_AT_LEAST | MetricKind.MAINTAIN_AT_MOST:
                yield from self._maintain_problems()

    def _direction_problems(self) -> Iterator[Problem]:
        missing = [name for name in ("start", "target") if getattr(self, name) is None]
        for name in missing:
            yield InvalidInput("METRIC_INCOMPLETE", f"A metric of kind {self.kind} needs a {name}.", (name,))
        if self.limit is not None:
            yield InvalidInput("METRIC_LIMIT_NOT_USED", f"A metric of kind {self.kind} takes no limit.", ("limit",))
        if self.start is None or self.target is None:
            return
        if (self.target > self.start) is not (self.kind is MetricKind.INCREASE) or self.target == self.start:
            where = "above" if self.kind is MetricKind.INCREASE else "below"
            yield InvalidInput(
                "METRIC_DIRECTION",
                f"The target of a metric of kind {self.kind} must be {where} its start.",
                ("target",),
                {"start": str(self.start), "target": str(self.target)},
            )

    def _maintain_problems(self) -> Iterator[Problem]:
        if self.start is not None:
            yield InvalidInput("METRIC_START_NOT_USED", f"A metric of kind {self.kind} takes no start.", ("start",))
        if self.target is None:
            yield InvalidInput("METRIC_INCOMPLETE", f"A metric of kind {self.kind} needs a target.", ("target",))
        elif self.limit is not None:
            below = self.kind is MetricKind.MAINTAIN_AT_LEAST
            if (self.limit < self.target) is not below or self.limit == self.target:
                where = "below" if below else "above"
                message = f"The limit of a metric of kind {self.kind} must be {where} its target."
                yield InvalidInput("METRIC_DIRECTION", message, ("limit",))


def text_problems(text: str, field: str, longest: int, *, required: bool = False) -> Iterator[Problem]:
    """What PostgreSQL, JSON or a reader could not take in a typed text of at most `longest` characters."""
    if required and not text.strip():
        yield InvalidInput("TEXT_EMPTY", f"{field} must not be empty.", (field,))
    if len(text) > longest:
        params: dict[str, object] = {"longest": longest, "length": len(text)}
        yield InvalidInput("TEXT_TOO_LONG", f"{field} must have at most {longest} characters.", (field,), params)
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
        message = f"{field} contains a character that no text can hold (NUL or half of a surrogate pair)."
        yield InvalidInput("TEXT_NOT_STORABLE", message, (field,))


def reference_problems(ref: str | None) -> Iterator[Problem]:
    """What is wrong with the name that another system gave."""
    if ref is not None:
        yield from text_problems(ref, "externalRef", MAX_LABEL, required=True)


def rhythm_problems(days: int | None) -> Iterator[Problem]:
    """How many days may lie between check-ins."""
    if days is not None and not 1 <= days <= 366:
        message = "checkInEveryDays must be between 1 and 366."
        yield InvalidInput("OUT_OF_RANGE", message, ("checkInEveryDays",), {"lowest": "1", "highest": "366"})


def share_problems(value: Decimal | None, field: str) -> Iterator[Problem]:
    """Confidence and scores lie between 0 and 1."""
    if value is not None and not 0 <= value <= 1:
        yield InvalidInput(
            "OUT_OF_RANGE", f"{field} must be between 0 and 1.", (field,), {"lowest": "0", "highest": "1"}
        )


def weight_problems(value: Decimal, field: str = "weight") -> Iterator[Problem]:
    if not 0 <= value <= MAX_WEIGHT:
        message = f"{field} must be between 0 and {MAX_WEIGHT}."
        yield InvalidInput("OUT_OF_RANGE", message, (field,), {"lowest": "0", "highest": str(MAX_WEIGHT)})


def day_problems(day: date, field: str) -> Iterator[Problem]:
    if not FIRST_DAY <= day <= LAST_DAY:
        message = f"{field} must be between {FIRST_DAY} and {LAST_DAY}."
        yield InvalidInput("OUT_OF_RANGE", message, (field,), {"lowest": str(FIRST_DAY), "highest": str(LAST_DAY)})
