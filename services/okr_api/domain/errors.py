"""What can be wrong with a command: coded problems in the user's words, and the refusal that carries them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

# Codes are a promise to clients: a code is never renamed, and what it means never changes.
CODES: dict[str, str] = {
    "ALREADY_ALIGNED": "The objective already serves that target.",
    "ALREADY_CORRECTED": "Only the newest of a chain of check-ins can be corrected.",
    "ALREADY_DELEGATED": "The key result is delegated, and that delegation stands.",
    "CHILD_POLICY_REQUIRED": "Something hangs below: say whether it is detached, realigned or retired.",
    "CONFLICT": "Others changed the same things at the same moment, ten times in a row. Nothing is written: try again.",
    "CYCLES_INSIDE_NOT_CLOSED": "A cycle closes when all cycles inside it are closed.",
    "CYCLE_CLOSED": "The cycle is closed: nothing in it changes any more.",
    "CYCLE_CLOSING": "The cycle is closing: only check-ins, corrections and scores are taken.",
    "CYCLE_NOT_INSIDE": "What serves must be in the same cycle as what it serves, or in a cycle inside that.",
    "CYCLE_NOT_OPEN": "Check-ins and scores are taken once the cycle is open.",
    "DATES_NOT_INSIDE_PARENT": "A cycle lies inside the cycle that contains it.",
    "DATES_REVERSED": "A cycle ends on or after the day it starts.",
    "DUE_OUTSIDE_CYCLE": "A key result is due inside its cycle.",
    "EXTERNAL_REF_TAKEN": "The external reference belongs to something else that is live.",
    "FORBIDDEN": "The viewer sees it, but may not do this to it.",
    "FUTURE_CHECK_IN": "A check-in tells what was true: it is effective at most five minutes from now.",
    "IDEMPOTENCY_MISMATCH": "The idempotency key was used for another input.",
    "INVALID_URL": "An address is not one, or holds what an address here may not.",
    "LEVEL_ABOVE_PARENT": "What serves cannot stand above what it serves: company, department, team, individual.",
    "LINK_NOT_ADMITTED": "The cycle's approach does not admit such a link.",
    "METRIC_DIRECTION": "Start, target and limit of the metric do not point its way.",
    "METRIC_INCOMPLETE": "The metric lacks a number that its kind needs.",
    "METRIC_LIMIT_NOT_USED": "Only metrics that maintain a value take a limit.",
    "METRIC_START_NOT_USED": "A metric that maintains a value takes no start.",
    "METRIC_TAKES_NO_NUMBERS": "A milestone takes no numbers; its check-ins go from 0 to 1.",
    "NOT_ALIGNED": "The objective does not serve that target.",
    "NOT_A_DRAFT": "Only a draft can be activated.",
    "NOT_A_PERSON": "Only people have a name that can be erased.",
    "NOT_DELEGATED": "The key result is not delegated.",
    "NOT_FOUND": "There is no such thing, or the viewer may not see it.",
    "NOT_RETIRED": "Only what is retired can be restored.",
    "OBJECTIVE_ALREADY_DELEGATED": "The objective already restates another key result.",
    "OUT_OF_RANGE": "A number is outside its range.",
    "OWNER_INACTIVE": "The owner is no longer active.",
    "RETIRED": "It is retired: restore it first.",
    "SUBJECT_TAKEN": "The login belongs to another owner.",
    "TEXT_EMPTY": "A text that is needed is empty.",
    "TEXT_NOT_STORABLE": "A text holds a character that no text can hold.",
    "TEXT_TOO_LONG": "A text is too long.",
    "TIME_ZONE_UNKNOWN": "The time zone is not in the IANA database.",
    "TOO_FEW_ITEMS": "The list has no items.",
    "TOO_MANY_AFFECTED": "The command would write more than 500 things at once.",
    "TOO_MANY_API_KEYS": "An integration has at most two live API keys: revoke one first.",
    "TOO_MANY_ITEMS": "The list has too many items.",
    "TOO_MANY_KEY_RESULTS": "An objective has at most 50 key results.",
    "UNKNOWN_EVENT_TYPE": "There is no event of this type.",
    "VALUE_REQUIRED": "A value is needed here.",
    "VERSION_CONFLICT": "The entity is at another version than the one expected.",
    "WITHDRAWN_WITH_VALUES": "A check-in is either withdrawn or corrected.",
    "WOULD_CREATE_LOOP": "The link would make something serve itself.",
    "WRONG_CYCLE_STATE": "The cycle cannot go there from the state that it is in.",
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: a stable code, a sentence, and the path of the input that caused it."""

    code: str
    message: str
    path: tuple[str, ...] = ()
    params: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.code in CODES, f"{self.code} is missing in the table of codes"


@dataclass(frozen=True)
class InvalidInput(Problem):
    """The input is wrong whatever the organisation looks like."""


@dataclass(frozen=True)
class RuleViolation(Problem):
    """The input is well formed, but what stands now does not allow it."""

    entity_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class VersionConflict(Problem):
    """The entity moved on since the client read it."""

    current_version: int = 0


class Refused(Exception):
    """A command was refused and nothing is written. `problems` holds at least one problem."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{p.code} {'.'.join(p.path)}: {p.message}" for p in problems))
        self.problems = problems


def not_found(what: str, entity_id: object, *path: str) -> Refused:
    return Refused(RuleViolation("NOT_FOUND", f"There is no {what} with this id.", path, {"id": str(entity_id)}))


def refuse_if(problems: Iterable[Problem]) -> None:
    """Raise Refused with all of them, if there are any."""
    found = tuple(problems)
    if found:
        raise Refused(*found)


class Problems(list[Problem]):
    """What is found wrong on the way, so that a user hears of all of it at once."""

    @contextmanager
    def noted(self, *path: str) -> Iterator[None]:
        """Note the problems refused inside, which lie under `path` in the input, and go on."""
        try:
            yield
        except Refused as refused:
            self.extend(under(path, refused.problems))

    def refuse(self) -> None:
        """Raise Refused with all of them, if there are any."""
        if self:
            raise Refused(*self)


def key_of_another(made: str) -> InvalidInput:
    message = f"This idempotency key was used for another input: use a new key for a new {made}."
    return InvalidInput("IDEMPOTENCY_MISMATCH", message, ("idempotencyKey",))


def under(path: tuple[str, ...], problems: Iterable[Problem]) -> Iterator[Problem]:
    return (replace(problem, path=path + problem.path) for problem in problems)
