"""What a dry run finds out about objectives without creating any: the rules that can be asked beforehand."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from okr_api.domain import objective
from okr_api.domain.errors import InvalidInput, Problem, RuleViolation
from okr_api.domain.values import (
    MAX_KEY_RESULTS,
    MAX_TITLE,
    Approach,
    Link,
    Metric,
    MetricKind,
    OwnerLevel,
    reference_problems,
    rhythm_problems,
    text_problems,
    weight_problems,
)
from okr_api.exchange.lookups import REFS_AT_ONCE, by_ref, chunks
from okr_api.exchange.places import OF_KEY_RESULT, OF_OBJECTIVE, Places, Thing
from okr_api.exchange.plan import KEY_RESULT, LINK, OBJECTIVE, PARENTS, Entry, Plan
from okr_api.exchange.report import Report
from okr_api.exchange.service import Service

NUMBERS = ("start", "target", "limit")
NOT_PLANNING = {
    "CLOSING": ("CYCLE_CLOSING", "The cycle is closing: nothing new is planned in it."),
    "CLOSED": ("CYCLE_CLOSED", "The cycle is closed."),
}


class Checks:
    def __init__(self, service: Service, places: Places, plan: Plan) -> None:
        self._places = places
        self._plan = plan
        self._held = {kind: _held(service, plan, kind) for kind in (OBJECTIVE, KEY_RESULT)}

    def run(self, report: Report) -> None:
        for entry in self._plan.entries:
            if entry.line.good:
                for problem in self._problems(entry):
                    entry.line.row.refuse(problem.path[0] if problem.path else None, problem.code, problem.message)
        for entry in self._plan.entries:
            if entry.good and not _hangs_in_the_air(entry, self._plan):
                # What holds the reference and says the same is this row, imported before.
                report.duplicate += self._stands(entry) is not None
                report.accepted += self._stands(entry) is None
            else:
                report.note(entry.line.row, *entry.line.row.troubles)

    def _problems(self, entry: Entry) -> Iterator[Problem]:
        if entry.kind == KEY_RESULT:
            yield from _of_key_result(entry)
        elif entry.kind == OBJECTIVE:
            yield from self._of_objective(entry)
        if entry.owner and not entry.owner["active"]:
            column = next(name for name in ("ownerId", "ownerRef", "owner") if entry.line[name])
            yield RuleViolation("OWNER_INACTIVE", "This owner is no longer active.", (column,))
        if entry.kind != KEY_RESULT and (entry.above or entry.standing):
            yield from self._of_link(entry)
        ref = entry.line["externalRef"] if entry.kind != LINK else None
        if ref and self._held[entry.kind].get(ref) and not self._stands(entry):
            message = f"The external reference {ref!r} belongs to something that stands."
            yield RuleViolation("EXTERNAL_REF_TAKEN", message, ("externalRef",))

    def _of_objective(self, entry: Entry) -> Iterator[Problem]:
        line, cycle = entry.line, entry.cycle
        yield from objective.input_problems(line["title"], line["description"], line["externalRef"])
        if cycle and "createObjective" not in cycle["viewerCan"]:
            code, message = NOT_PLANNING.get(
                cycle["state"], ("FORBIDDEN", "You may not create objectives in this cycle.")
            )
            yield RuleViolation(code, message, ("cycle",))
        if len(entry.key_results) > MAX_KEY_RESULTS:
            message = f"An objective has at most {MAX_KEY_RESULTS} key results, not {len(entry.key_results)}."
            yield InvalidInput("TOO_MANY_KEY_RESULTS", message)

    def _of_link(self, entry: Entry) -> Iterator[Problem]:
        column = next(name for name in PARENTS if entry.line[name])
        child = self._plan.child_of(entry) if entry.kind == LINK else entry
        if child is None:
            yield RuleViolation("NOT_FOUND", "No objective above has this id.", ("id",))
            return
        yield from weight_problems(Decimal(entry.line["weight"] or 1))
        if (entry.link == "ALIGNS") is not (entry.target_kind == OBJECTIVE) or entry.link == "CONTAINS":
            message = "ALIGNS leads to an objective, SUPPORTS and DELEGATES to a key result."
            yield InvalidInput("LINK_NOT_ADMITTED", message, ("link",))
            return
        upper, level = self._upper(entry)
        if not (child.cycle and child.owner and upper and level):
            return  # told where it is wrong
        if not all(Approach(cycle["approach"]).admits(Link(entry.link)) for cycle in (child.cycle, upper)):
            yield RuleViolation("LINK_NOT_ADMITTED", f"The cycle admits no link of kind {entry.link}.", (column,))
        if not self._places.inside(child.cycle, upper["id"]):
            message = "What serves must be in the same cycle as what it serves, or in a cycle inside that."
            yield RuleViolation("CYCLE_NOT_INSIDE", message, (column,))
        if OwnerLevel(child.owner["level"]).depth < OwnerLevel(level).depth:
            message = f"An owner of level {child.owner['level']} cannot serve one of level {level}."
            yield RuleViolation("LEVEL_ABOVE_PARENT", message, (column,))

    def _upper(self, entry: Entry) -> tuple[Thing | None, str | None]:
        """The cycle of what it hangs from, and the level of whoever answers for that."""
        if entry.above is None:
            standing = entry.standing or {}
            of_objective = standing if standing["kind"] == OBJECTIVE else standing["objective"]
            owner = standing["owner"] if standing["kind"] == OBJECTIVE else standing["accountable"]
            return self._places.cycles.get(of_objective["cycle"]["id"]), owner["level"]
        above = entry.above
        around = above if above.kind == OBJECTIVE else above.above
        owner = above.owner or (around.owner if around else None)
        return (around.cycle if around else None), (owner["level"] if owner else None)

    def _stands(self, entry: Entry) -> Thing | None:
        """What holds the reference of the row and says the same, in the same cycle."""
        held = self._held[entry.kind].get(entry.line["externalRef"]) if entry.kind != LINK else None
        around = entry if entry.kind == OBJECTIVE else entry.above
        if held is None or around is None or around.cycle is None or held["title"] != entry.line["title"]:
            return None
        cycle = held["cycle"] if entry.kind == OBJECTIVE else held["objective"]["cycle"]
        return held if cycle["id"] == around.cycle["id"] else None


def _of_key_result(entry: Entry) -> Iterator[Problem]:
    line = entry.line
    yield from text_problems(line["title"], "title", MAX_TITLE, required=True)
    numbers = {name: Decimal(line[name]) if line[name] else None for name in NUMBERS}
    inclusive = line["inclusive"] is not False
    yield from Metric(MetricKind(line["kind"]), **numbers, inclusive=inclusive, unit=line["unit"]).problems()
    yield from weight_problems(Decimal(line["weight"] or 1))
    yield from rhythm_problems(line["checkInEveryDays"])
    yield from reference_problems(line["externalRef"])
    cycle: Any = entry.above.cycle if entry.above else None
    if line["dueOn"] and cycle and not cycle["startsOn"] <= line["dueOn"] <= cycle["endsOn"]:
        message = f"A key result is due inside its cycle, from {cycle['startsOn']} to {cycle['endsOn']}."
        yield InvalidInput("DUE_OUTSIDE_CYCLE", message, ("dueOn",))


def _hangs_in_the_air(entry: Entry, plan: Plan) -> bool:
    """Whether what it hangs from, or what it is a link of, is refused; which is then told at this row too."""
    child = plan.child_of(entry) if entry.kind == LINK else None
    for other in (entry.above, child):
        if other and not other.good:
            told = f"line {other.line.row.line}, which it needs, is refused."
            entry.line.row.refuse(None, "PART_REFUSED", told)
            return True
    return False


def _held(service: Service, plan: Plan, kind: str) -> dict[str, Thing]:
    """What holds the references that the file gives, by reference."""
    refs = sorted({entry.line["externalRef"] for entry in plan.of(kind) if entry.line["externalRef"]})
    shown = OF_OBJECTIVE if kind == OBJECTIVE else OF_KEY_RESULT
    found: dict[str, Thing] = {}
    for some in chunks(refs, REFS_AT_ONCE):
        answer = service.ask(*by_ref(kind, shown, some))
        found |= {ref: answer[f"a{place}"] for place, ref in enumerate(some) if _live(answer[f"a{place}"])}
    return found


def _live(thing: Thing | None) -> bool:
    """What is retired holds its reference until another wants it."""
    if thing is None:
        return False
    return not thing.get("retired") and thing.get("objective", thing)["state"] != "RETIRED"
