"""Advisories: rules of good practice that an OKR leaves aside. They never block anything.

Sources: seed 003 (3 to 5 key results; deliverables, not actions), seed 001 (measurable, weekly or bi-weekly check-ins),
seed 004 (over-delegation, drift). Where a link itself explains what looks odd, the rule is silent: a key result that
became an objective brings its number along.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from okr_api.domain.values import Metric, MetricKind, OwnerLevel

FEWEST_KEY_RESULTS, MOST_KEY_RESULTS_ADVISED = 3, 5
SHORTEST, LONGEST = 4, 18
"""Words of an objective."""
MOST_OBJECTIVES = {OwnerLevel.COMPANY: 5}
MOST_OBJECTIVES_BELOW = 3
GAP = Fraction(1, 4)
SANDBAG = Decimal("0.9")

NUMBER = re.compile(r"\d+(?:[.,]\d+)?(?:\s*[-–]\s*\d+(?:[.,]\d+)?)?")
ACTIVITY = re.compile(
    r"\b(?:attend|discuss|engage|help|hold|meet|organi[sz]e|participate|prepare|present|provide|report|review|send|"
    r"support|work|write)(?:s|es|ing|ed)?\b",
    re.IGNORECASE,
)
CHANGE = re.compile(r"%.*\b(?:change|decrease|growth|increase|reduction|uplift)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Advisory:
    """`code` is the promise, `message` is for people."""

    code: str
    message: str


@dataclass(frozen=True)
class ObjectiveFacts:
    """What is known of an objective and its surroundings. `restates`: it became one by delegation."""

    title: str
    level: OwnerLevel
    owner_active: bool
    restates: bool
    key_results: int
    delegated: int
    served: bool
    skips_level: bool
    siblings: int
    """Live objectives of the same owner in the same cycle, itself included."""
    copies_key_result: bool
    """Its text is that of a key result of what it aligns to."""


@dataclass(frozen=True)
class KeyResultFacts:
    """What is known of a key result and its surroundings."""

    title: str
    metric: Metric
    owner_active: bool
    measured: Fraction | None
    cascaded: Fraction | None
    confidence: Decimal | None
    overdue_days: int
    part_cycle_delegate: bool
    duplicate: bool
    """Another live key result of the objective has the same text."""
    delegate_differs: bool
    """It or its delegate was reworded since the delegation."""


def objective_advisories(facts: ObjectiveFacts) -> Iterator[Advisory]:
    yield from _wording(facts)
    yield from _structure(facts)
    if not facts.owner_active:
        yield Advisory("OWNER_LEFT", "Its owner is no longer active: hand it over.")
    most = MOST_OBJECTIVES.get(facts.level, MOST_OBJECTIVES_BELOW)
    if facts.siblings > most:
        yield Advisory("TOO_MANY_OBJECTIVES", f"Its owner has {facts.siblings} objectives here; {most} can be kept.")


def _wording(facts: ObjectiveFacts) -> Iterator[Advisory]:
    if facts.restates:
        return
    words = len(facts.title.split())
    if words < SHORTEST:
        yield Advisory("OBJECTIVE_TOO_SHORT", f"It says little in {words} words; {SHORTEST} to {LONGEST} say what for.")
    if words > LONGEST:
        yield Advisory("OBJECTIVE_TOO_LONG", f"Nobody remembers {words} words; {SHORTEST} to {LONGEST} can be.")
    if NUMBER.search(facts.title):
        yield Advisory("OBJECTIVE_HAS_NUMBER", "Numbers belong into key results: an objective says what for.")
    if ACTIVITY.search(facts.title):
        yield Advisory("ACTIVITY_NOT_OUTCOME", "It says what is done, not what comes of it.")
    if facts.copies_key_result:
        yield Advisory("BARE_KR_COPY", "It copies a key result of what it serves: delegate that, or write your own.")


def _structure(facts: ObjectiveFacts) -> Iterator[Advisory]:
    if facts.key_results == 0:
        yield Advisory("OBJECTIVE_WITHOUT_KRS", "Nothing measures it: add key results.")
    elif not FEWEST_KEY_RESULTS <= facts.key_results <= MOST_KEY_RESULTS_ADVISED:
        yield Advisory("KR_COUNT", f"It has {facts.key_results} key results; 3 to 5 keep the focus.")
    if facts.key_results > 1 and facts.delegated == facts.key_results:
        yield Advisory("ALL_KRS_DELEGATED", "Every key result is delegated: its owner keeps none.")
    if facts.level is not OwnerLevel.COMPANY and not facts.served:
        yield Advisory("UNALIGNED", "Nothing leads from it to a company objective.")
    if facts.skips_level:
        yield Advisory("LEVEL_SKIP", "It serves something more than one level above: the level between is left out.")


def key_result_advisories(facts: KeyResultFacts) -> Iterator[Advisory]:
    yield from _measuring(facts)
    if not facts.owner_active:
        yield Advisory("OWNER_LEFT", "Who answers for it is no longer active: hand it over.")
    if facts.overdue_days > 0:
        yield Advisory("CHECK_IN_OVERDUE", f"A check-in is overdue by {facts.overdue_days} days.")
    if facts.confidence is not None and facts.confidence > SANDBAG:
        yield Advisory("SANDBAGGED", "Nobody doubts that it will be reached: aim higher.")
    if facts.part_cycle_delegate:
        yield Advisory("PART_CYCLE_DELEGATE", "Its delegate's cycle is shorter: that progress is shown, not counted.")
    if facts.duplicate:
        yield Advisory("DUPLICATE_KR_TEXT", "Another key result of the objective says the same.")
    if facts.delegate_differs:
        yield Advisory(
            "DELEGATION_DRIFT", "It or the objective that it became was reworded since: do they still agree?"
        )


def _measuring(facts: KeyResultFacts) -> Iterator[Advisory]:
    if facts.metric.kind is MetricKind.MILESTONE:
        yield Advisory("KR_NOT_MEASURABLE", "A milestone is met or not: a number shows how far it is.")
    if facts.metric.start == 0 and CHANGE.search(facts.metric.unit or ""):
        yield Advisory("KR_NO_BASELINE", "A change without the value that it starts from: measure that first.")
    if len(NUMBER.findall(facts.title)) > 1 or ", and " in facts.title:
        yield Advisory("KR_COMPOUND", "It seems to hold two measures: split it.")
    if ACTIVITY.search(facts.title):
        yield Advisory("ACTIVITY_NOT_OUTCOME", "It says what is done, not what comes of it.")
    if facts.measured is not None and facts.cascaded is not None and abs(facts.measured - facts.cascaded) > GAP:
        yield Advisory("PROGRESS_GAP", "What is measured and what its delegate reports differ by more than 25 %.")
