"""Advisories: rules of good practice that an OKR leaves aside. They never block anything.

Sources: seed 003 (3 to 5 key results; deliverables, not actions), seed 001 (measurable, weekly or bi-weekly check-ins),
seed 004 (over-delegation, drift); OpenOKR's METHOD (a status that the data contradicts, moved targets). Where a link
itself explains what looks odd, the rule is silent: a key result that became an objective brings its number along. A mix
of leading and lagging key results is not judged: nothing tells which is which.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from okr_api.domain.values import Metric, MetricKind, OwnerLevel

FEWEST_KEY_RESULTS, MOST_KEY_RESULTS_ADVISED = 3, 5
SHORTEST, LONGEST = 4, 18
"""Words of an objective."""
MOST_OBJECTIVES = {OwnerLevel.COMPANY: 5}
MOST_OBJECTIVES_BELOW = 3
MOST_DELEGATED = 2
"""No source gives a number. Seed 002 hands one person two; a third leaves none of the three objectives that can be kept
to the owner's own."""
LONGEST_WITHOUT_DUE = 124
"""Days of a cycle whose own end is near enough to say by when: a quarter, or a third of a year."""
UNMOVED_DAYS = 28
MID_CYCLE = Fraction(1, 2)
GAP = Fraction(1, 4)
SANDBAG = Decimal("0.9")

NUMBER = re.compile(r"\d+(?:[.,]\d+)?(?:\s*[-–]\s*\d+(?:[.,]\d+)?)?")
ACTIVITY = re.compile(
    r"\b(?:attend|discuss|engage|help|hold|meet|organi[sz]e|participate|prepare|present|provide|report|review|send|"
    r"support|work|write)(?:s|es|ing|ed)?\b",
    re.IGNORECASE,
)
CHANGE = re.compile(r"%.*\b(?:change|decrease|growth|increase|reduction|uplift)\b", re.IGNORECASE)

MAINTAINED = (MetricKind.MAINTAIN_AT_LEAST, MetricKind.MAINTAIN_AT_MOST)


@dataclass(frozen=True)
class Advisory:
    """`code` is the promise, `message` is for people."""

    code: str
    message: str


class Drift(StrEnum):
    """What no longer agrees between a key result and the objective that it became."""

    WORDS = "WORDS"
    TARGET = "TARGET"


DRIFT_ABOVE = {
    Drift.WORDS: "It or the objective that it became was reworded since: do they still agree?",
    Drift.TARGET: "Its target changed since it was delegated: see that its delegate's key results follow.",
}
DRIFT_BELOW = {
    Drift.WORDS: "It or the key result that it restates was reworded since: do they still agree?",
    Drift.TARGET: "The key result that it restates has a new target: let its own key results follow.",
}


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
    taken_on: int
    """Live objectives of the same owner in the same cycle that became theirs by somebody else's delegation."""
    copies_key_result: bool
    """Its text is that of a key result of what it aligns to."""
    drift: Drift | None


@dataclass(frozen=True)
class KeyResultFacts:
    """What is known of a key result and its surroundings."""

    title: str
    metric: Metric
    owner_active: bool
    due: bool
    cycle_days: int
    measured: Fraction | None
    cascaded: Fraction | None
    confidence: Decimal | None
    on_track: bool
    """Its own check-ins count, and by these it is well."""
    unmoved_days: int
    """From the first to the last of the check-ins in a row that said the value that it has."""
    retargeted: Fraction | None
    """The share of its cycle that was over when its target last changed."""
    retarget_follows: bool
    """The key result that its objective restates got a new target before."""
    overdue_days: int
    delegated: bool
    part_cycle_delegate: bool
    duplicate: bool
    """Another live key result of the objective has the same text."""
    drift: Drift | None


def objective_advisories(facts: ObjectiveFacts) -> Iterator[Advisory]:
    yield from _wording(facts)
    yield from _structure(facts)
    if not facts.owner_active:
        yield Advisory("OWNER_LEFT", "Its owner is no longer active: hand it over.")
    most = MOST_OBJECTIVES.get(facts.level, MOST_OBJECTIVES_BELOW)
    if facts.siblings > most:
        yield Advisory("TOO_MANY_OBJECTIVES", f"Its owner has {facts.siblings} objectives here; {most} can be kept.")
    if facts.restates and facts.taken_on > MOST_DELEGATED:
        yield Advisory(
            "DELEGATE_OVERLOADED",
            f"Its owner was given {facts.taken_on} objectives here: leave {MOST_DELEGATED}, give the rest to others.",
        )
    if facts.drift is not None:
        yield Advisory("DELEGATION_DRIFT", DRIFT_BELOW[facts.drift])


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
    yield from _in_time(facts)
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
    if facts.drift is not None:
        yield Advisory("DELEGATION_DRIFT", DRIFT_ABOVE[facts.drift])


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


def _in_time(facts: KeyResultFacts) -> Iterator[Advisory]:
    # What keeps a value has nothing to move, nor has what reached its target.
    to_move = facts.metric.kind not in MAINTAINED and facts.measured != 1
    if facts.on_track and to_move and facts.unmoved_days >= UNMOVED_DAYS:
        message = f"Said to be on track, but its value has not moved in {facts.unmoved_days} days: look again."
        yield Advisory("STATUS_VS_DATA", message)
    if facts.retargeted is not None and facts.retargeted > MID_CYCLE and not facts.retarget_follows:
        message = "Its target changed after mid-cycle: agree which one its score is held to."
        yield Advisory("TARGET_CHANGED_LATE", message)
    # By when a delegated one is reached is for the key results of its delegate to say.
    if not facts.due and facts.cycle_days > LONGEST_WITHOUT_DUE and not facts.delegated:
        yield Advisory("KR_NO_DUE", f"The end of a cycle of {facts.cycle_days} days is far: set a due date.")
