"""What a dry run finds out about check-ins without recording any: their numbers and texts, and their key results."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from okr_api.domain.check_in import AHEAD, in_the_future
from okr_api.domain.errors import InvalidInput, Problem, RuleViolation
from okr_api.domain.values import MAX_LABEL, MAX_TEXT, MetricKind, share_problems, text_problems
from okr_api.exchange.check_ins import Item, Shows
from okr_api.exchange.files import Trouble
from okr_api.exchange.lookups import IDS_AT_ONCE, REFS_AT_ONCE, by_ref, chunks
from okr_api.exchange.report import Report
from okr_api.exchange.service import Service

KEY_RESULT = "{ id retired metric { kind } objective { state cycle { state } } viewerCan }"
BY_ID = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on KeyResult {KEY_RESULT} }} }}"
REFUSED = {
    "DRAFT": ("CYCLE_NOT_OPEN", "The cycle of the key result is not open yet."),
    "CLOSED": ("CYCLE_CLOSED", "The cycle of the key result is closed."),
}


def check(service: Service, found: list[Item], report: Report, shows: Shows) -> None:
    """Raises ServiceFailed."""
    ids, refs = _named(found, "id"), _named(found, "externalRef")
    known: dict[tuple[str, str], Any] = {}
    asked, total = 0, len(ids) + len(refs)
    for some in chunks(ids, IDS_AT_ONCE):
        nodes = service.ask(BY_ID, {"ids": some})["nodes"]
        known |= {("id", name): node for name, node in zip(some, nodes, strict=True) if node}
        asked += len(some)
        shows(asked, total)
    for some in chunks(refs, REFS_AT_ONCE):
        answer = service.ask(*by_ref("keyResult", KEY_RESULT, some))
        known |= {("externalRef", name): answer[f"a{place}"] for place, name in enumerate(some)}
        asked += len(some)
        shows(asked, total)
    for item in found:
        ((kind, name),) = item.given["keyResult"].items()
        _note(report, item, [*_problems(item.given), *_of_key_result(item.given, kind, known.get((kind, name)))])


def _named(found: list[Item], kind: str) -> list[str]:
    return sorted({item.given["keyResult"][kind] for item in found if kind in item.given["keyResult"]})


def _problems(given: dict[str, Any]) -> Iterator[Problem]:
    """What is wrong whatever the organisation looks like."""
    if "confidence" in given:
        yield from share_problems(Decimal(given["confidence"]), "confidence")
    yield from text_problems(given.get("note", ""), "note", MAX_TEXT)
    yield from text_problems(given["source"], "source", MAX_LABEL, required=True)
    if "effectiveAt" in given and datetime.fromisoformat(given["effectiveAt"]) > datetime.now(UTC) + AHEAD:
        yield in_the_future(("effectiveAt",))


def _of_key_result(given: dict[str, Any], kind: str, key_result: Any) -> Iterator[Problem]:
    column = "keyResultId" if kind == "id" else "keyResultRef"
    if not key_result:
        message = "There is no such key result, or you may not see it."
        yield RuleViolation("NOT_FOUND", message, (column,))
        return
    if key_result["metric"]["kind"] == MetricKind.MILESTONE and not 0 <= Decimal(given["value"]) <= 1:
        yield InvalidInput("OUT_OF_RANGE", "The value of a milestone goes from 0 to 1.", ("value",))
    if "recordCheckIn" in key_result["viewerCan"]:
        return
    code, message = REFUSED.get(
        key_result["objective"]["cycle"]["state"], ("FORBIDDEN", "You may not report on this key result.")
    )
    if key_result["retired"] or key_result["objective"]["state"] == "RETIRED":
        code, message = "RETIRED", "The key result is retired."
    yield RuleViolation(code, message, (column,))


def _note(report: Report, item: Item, problems: Sequence[Problem]) -> None:
    row = item.line.row
    if problems:
        report.note(row, *(Trouble(row.line, each.path[0], each.code, each.message) for each in problems))
    else:
        report.accepted += 1
