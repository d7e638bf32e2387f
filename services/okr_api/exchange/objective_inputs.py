"""Rows as inputs of the API, and paths in those inputs as rows and columns."""

from typing import Any

from okr_api.exchange.plan import KEY_RESULT, PARENTS, Entry

METRIC = ("kind", "start", "target", "limit", "inclusive", "unit")
Given = dict[str, Any]


def new_objective(entry: Entry) -> Given:
    """With its key results, and what it hangs from where creating it makes that link."""
    line = entry.line
    assert entry.cycle
    assert entry.owner
    said = {name: line[name] for name in ("description", "commitment", "visibility", "draft", "externalRef")}
    return {
        "cycleId": entry.cycle["id"],
        "ownerId": entry.owner["id"],
        "title": line["title"],
        "keyResults": [new_key_result(each) for each in entry.key_results],
        **({"alignTo": [target(entry)]} if entry.target and entry.plain else {}),
        **{name: value for name, value in said.items() if value is not None},
    }


def new_key_result(entry: Entry) -> Given:
    line = entry.line
    said = {name: line[name] for name in ("weight", "dueOn", "checkInEveryDays", "externalRef")}
    return {
        "title": line["title"],
        "metric": {name: line[name] for name in METRIC if line[name] is not None},
        **({"ownerId": entry.owner["id"]} if entry.owner else {}),
        **{name: value for name, value in said.items() if value is not None},
    }


def target(entry: Entry) -> Given:
    return {"keyResultId" if entry.target_kind == KEY_RESULT else "objectiveId": entry.target}


def place(entry: Entry, path: list[str]) -> tuple[Entry, str | None]:
    """The row and the column that a path in the input came from."""
    match path:
        case ["keyResults", number, *_, name] if int(number) < len(entry.key_results):
            part = entry.key_results[int(number)]
            return part, _column(part, name)
        case ["alignTo", *_]:
            return entry, parent_column(entry)
        case [name, *_]:
            return entry, _column(entry, name)
    return entry, None


def _column(entry: Entry, name: str) -> str | None:
    if name == "idempotencyKey":
        return "id" if entry.line["id"] else None
    if name in ("ownerId", "cycleId"):
        columns = {"ownerId": ("ownerId", "ownerRef", "owner"), "cycleId": ("cycleId", "cycle")}[name]
        return next((column for column in columns if entry.line[column]), columns[-1])
    return name


def parent_column(entry: Entry) -> str | None:
    return next((column for column in PARENTS if entry.line[column]), None)
