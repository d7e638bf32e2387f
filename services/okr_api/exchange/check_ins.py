"""Check-ins from a file: read, checked and recorded in batches, in the order of the file."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from okr_api.exchange import columns
from okr_api.exchange.columns import Line
from okr_api.exchange.files import BadFile, Trouble
from okr_api.exchange.report import Report
from okr_api.exchange.service import Service

COLUMNS = {
    "id": columns.word,
    "keyResultId": columns.word,
    "keyResultRef": columns.word,
    "value": columns.number,
    "confidence": columns.number,
    "effectiveAt": columns.moment,
    "note": columns.text,
    "source": columns.text,
}
NEEDED = ("value",)
IN_ONE_COMMIT, BYTES_AT_ONCE = 1000, 900_000
"""What one commit takes, and what one body does with room for the rest of it."""
AT_ONCE = 500
"""Of those that are recorded each for itself: half as many are in time also where the service has much to do."""
RECORD = """mutation($input: RecordCheckInsInput!) { recordCheckIns(input: $input) {
  results { index status userErrors { code message path } } userErrors { code message path } } }"""
Shows = Callable[[int, int], None]


@dataclass(frozen=True)
class Item:
    line: Line
    given: dict[str, Any]
    size: int


def items(lines: Iterable[Line]) -> list[Item]:
    """Of all rows without trouble; rows that cannot be items are in trouble afterwards."""
    seen: Counter[str] = Counter()
    found = [_item(line, seen) for line in lines if line.good]
    return [item for item in found if item.line.good]


def record(service: Service, found: list[Item], report: Report, shows: Shows, *, atomic: bool) -> None:
    """Raises ServiceFailed; what was recorded before stays, and is found again by whoever starts again."""
    done = 0
    for batch in batches(found, IN_ONE_COMMIT if atomic else AT_ONCE):
        given = {"items": [item.given for item in batch], "mode": "ATOMIC" if atomic else "BEST_EFFORT"}
        payload = service.ask(RECORD, {"input": given})["recordCheckIns"]
        for item, result in zip(batch, payload["results"], strict=True):
            _note(report, item, result)
        for error in payload["userErrors"]:
            if len(error["path"] or ()) < 3:  # of the batch as a whole
                report.note(batch[0].line.row, Trouble(batch[0].line.row.line, None, error["code"], error["message"]))
        done += len(batch)
        shows(done, len(found))


def require_one_commit(found: list[Item]) -> None:
    """All or nothing is one commit. Raises BadFile."""
    if len(list(batches(found, IN_ONE_COMMIT))) > 1:
        raise BadFile(
            f"--all-or-nothing takes one commit, which holds up to {IN_ONE_COMMIT:,} check-ins in {BYTES_AT_ONCE:,} "
            "bytes: leave it out, or split the file"
        )


def batches(found: Iterable[Item], most: int) -> Iterator[list[Item]]:
    batch: list[Item] = []
    size = 0
    for item in found:
        if batch and (len(batch) == most or size + item.size > BYTES_AT_ONCE):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item.size
    if batch:
        yield batch


def _item(line: Line, seen: Counter[str]) -> Item:
    ids = [name for name in ("keyResultId", "keyResultRef") if line[name]]
    if len(ids) != 1:
        line.row.refuse("keyResultId", "VALUE_REQUIRED", "either keyResultId or keyResultRef is needed.")
    ref = {"id": line["keyResultId"]} if line["keyResultId"] else {"externalRef": line["keyResultRef"]}
    said = {name: line[name] for name in ("value", "confidence", "effectiveAt", "note") if line[name] is not None}
    if "note" in said:  # the same however a program ends the lines of a cell
        said["note"] = said["note"].replace("\r\n", "\n").replace("\r", "\n")
    given = {"keyResult": ref, "source": line["source"] or "import", **said}
    key = _digest("id", line["id"]) if line["id"] else _digest("row", given)
    seen[key] += 1
    if line["id"] and seen[key] > 1:
        line.row.refuse("id", "IDEMPOTENCY_MISMATCH", "a row above has this id: give each row an id of its own.")
    # Two equal rows are two check-ins; the same file again has the same ones.
    given["idempotencyKey"] = f"import {key} {seen[key]}"
    return Item(line, given, len(json.dumps(given)) + 2)


def _digest(*parts: Any) -> str:
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _note(report: Report, item: Item, result: dict[str, Any]) -> None:
    match result["status"]:
        case "ACCEPTED":
            report.accepted += 1
        case "DUPLICATE":
            report.duplicate += 1
        case _:
            row = item.line.row
            errors = result["userErrors"]
            report.note(row, *(Trouble(row.line, _column(item, e), e["code"], e["message"]) for e in errors))


def _column(item: Item, error: dict[str, Any]) -> str | None:
    """The column that a path in the input came from."""
    match (error["path"] or [])[3:]:
        case ["keyResult", *_]:
            return "keyResultId" if item.line["keyResultId"] else "keyResultRef"
        case ["idempotencyKey", *_]:
            return "id" if item.line["id"] else None
        case [name, *_]:
            return str(name)
    return None
