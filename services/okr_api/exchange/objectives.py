"""Objectives from a file: created with their key results in the order of the file, then linked."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

from okr_api.exchange.files import BadFile, Trouble
from okr_api.exchange.objective_inputs import Given, new_objective, parent_column, place, target
from okr_api.exchange.plan import DELEGATES, LINK, OBJECTIVE, Entry, Plan
from okr_api.exchange.report import Report
from okr_api.exchange.service import Service

AT_ONCE = 200
"""Objectives of one commit."""
SHOWN = "objective { id keyResults { id title externalRef } }"
ERRORS = "userErrors { code message path }"
CREATE = f"""mutation($input: CreateObjectivesInput!) {{ createObjectives(input: $input) {{
  results {{ index status {SHOWN} {ERRORS} }} {ERRORS} }} }}"""
ALIGN = f"mutation($input: AlignObjectiveInput!) {{ alignObjective(input: $input) {{ position {ERRORS} }} }}"
DELEGATE = f"mutation($input: DelegateKRInput!) {{ delegateKR(input: $input) {{ position {ERRORS} }} }}"


class Import:
    def __init__(self, service: Service, plan: Plan, report: Report, shows: Callable[[int, int], None]) -> None:
        self._service = service
        self._plan = plan
        self._report = report
        self._shows = shows
        self._seen: Counter[str] = Counter()
        self._begun = service.position

    def run(self) -> None:
        """Every row that can be taken. Raises ServiceFailed; starting again goes on from there."""
        for done, entry in enumerate(self._plan.entries, 1):
            if entry.kind == OBJECTIVE and entry.good and self._above_stands(entry):
                self._create(entry)
            elif entry.kind == LINK and entry.good and self._above_stands(entry):
                self._link_more(entry)
            self._shows(done, len(self._plan.entries))

    def run_in_one_commit(self) -> None:
        """All objectives or none. Raises ServiceFailed."""
        entries = list(self._plan.of(OBJECTIVE))
        payload = self._created(entries, "ATOMIC")
        for entry, result in zip(entries, payload["results"], strict=True):
            if result["status"] != "REJECTED":
                self._count(entry, duplicate=result["status"] == "DUPLICATE")
        for error in payload["userErrors"]:
            number = int(error["path"][2]) if len(error["path"] or ()) > 2 else 0
            self._refuse(entries[number], [error])

    def _created(self, entries: list[Entry], mode: str) -> Given:
        given = {"items": [self._given(entry) for entry in entries], "mode": mode}
        payload: Given = self._service.ask(CREATE, {"input": given}, readable=True)["createObjectives"]
        return payload

    def _above_stands(self, entry: Entry) -> bool:
        if entry.above and entry.above.made is None:
            told = f"what it hangs from, in line {entry.above.line.row.line}, is not there."
            self._note(entry, Trouble(entry.line.row.line, None, "PART_REFUSED", told))
            return False
        return True

    def _create(self, entry: Entry) -> None:
        (result,) = self._created([entry], "BEST_EFFORT")["results"]
        if result["userErrors"]:
            self._refuse(entry, result["userErrors"])
            return
        if result["objective"] is None:
            told = "it was imported before, and you may not see it any more."
            self._note(entry, Trouble(entry.line.row.line, None, "NOT_FOUND", told))
            return
        adopt(entry, result["objective"])
        if entry.target is None or entry.plain or self._link(entry, entry) is not None:
            self._count(entry, duplicate=result["status"] == "DUPLICATE")

    def _link_more(self, entry: Entry) -> None:
        child = self._plan.child_of(entry)
        if child is None or child.made is None:
            told = "no objective above has this id." if child is None else "its objective is not there."
            self._note(entry, Trouble(entry.line.row.line, "id", "NOT_FOUND", told))
        elif (duplicate := self._link(entry, child)) is not None:
            self._count(entry, duplicate=duplicate)

    def _link(self, entry: Entry, child: Entry) -> bool | None:
        """Whether it was there before; None where it is refused, which is noted."""
        key = f"import link {_digest(child.made, entry.target, entry.link)}"
        if entry.link == DELEGATES:
            given: Given = {"keyResultId": entry.target, "to": {"objectiveId": child.made}}
            given |= {"retain": bool(entry.line["retain"]), "idempotencyKey": key}
            payload = self._service.ask(DELEGATE, {"input": given})["delegateKR"]
        else:
            given = {"objectiveId": child.made, "to": target(entry), "idempotencyKey": key}
            given |= {"contributes": bool(entry.line["contributes"]), "weight": entry.line["weight"] or "1"}
            payload = self._service.ask(ALIGN, {"input": given})["alignObjective"]
        if payload["userErrors"]:
            row, column = entry.line.row, parent_column(entry)
            self._note(entry, *(Trouble(row.line, column, e["code"], e["message"]) for e in payload["userErrors"]))
            return None
        return int(payload["position"]) <= self._begun

    def _given(self, entry: Entry) -> Given:
        return {**new_objective(entry), "idempotencyKey": self._key(entry)}

    def _key(self, entry: Entry) -> str:
        """What else the row says is no part of it: a file that says something new of it is no second objective."""
        assert entry.cycle
        assert entry.owner
        line, cycle = entry.line, entry.cycle["id"]
        if line["id"] or line["externalRef"]:
            return f"import objective {_digest(cycle, line['id'], line['externalRef'] if not line['id'] else None)}"
        digest = _digest(cycle, entry.owner["id"], entry.path)
        self._seen[digest] += 1
        return f"import objective {digest} {self._seen[digest]}"

    def _count(self, entry: Entry, *, duplicate: bool) -> None:
        rows = 1 + len(entry.key_results)
        if duplicate:
            self._report.duplicate += rows
        else:
            self._report.accepted += rows

    def _refuse(self, entry: Entry, errors: Iterable[Given]) -> None:
        """Each at its row: an objective and its key results are one commit."""
        for error in errors:
            part, column = place(entry, (error["path"] or [])[3:])
            self._note(entry, Trouble(part.line.row.line, column, error["code"], error["message"]))

    def _note(self, entry: Entry, *troubles: Trouble) -> None:
        self._report.note(entry.line.row, *troubles)
        for part in entry.key_results:
            self._report.note(part.line.row)


def note_bad(plan: Plan, report: Report) -> None:
    """What cannot be taken before the service is asked: also the rows that are one commit with such a row."""
    for entry in plan.entries:
        if not entry.good:
            report.note(entry.line.row, *entry.line.row.troubles)


def require_one_commit(plan: Plan) -> None:
    """Raises BadFile for what takes more than one."""
    for entry in plan.entries:
        if entry.kind == LINK or (entry.kind == OBJECTIVE and (entry.above or (entry.target and not entry.plain))):
            raise BadFile(
                f"--all-or-nothing is one commit, and line {entry.line.row.line} takes another: what it hangs from "
                "must stand in the service, by a link without weight or delegation"
            )
    if len(list(plan.of(OBJECTIVE))) > AT_ONCE:
        raise BadFile(f"--all-or-nothing is one commit, which holds up to {AT_ONCE} objectives: split the file")


def adopt(entry: Entry, made: Given) -> None:
    """The ids that the service gave. Imported again, key results may have changed since: each is known by its name."""
    entry.made = made["id"]
    left = list(made["keyResults"])
    for part in entry.key_results:
        names = ("externalRef", part.line["externalRef"]) if part.line["externalRef"] else ("title", part.line["title"])
        found = next((each for each in left if each[names[0]] == names[1]), None)
        if found:
            left.remove(found)
            part.made = found["id"]


def _digest(*parts: Any) -> str:
    return sha256(json.dumps(parts).encode()).hexdigest()
