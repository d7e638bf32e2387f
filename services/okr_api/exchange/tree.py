"""The tree of a cycle as rows, read page by page at one cut of the log, in the columns that an import reads."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from typing import IO, Any

from okr_api.exchange import columns
from okr_api.exchange.lookups import IDS_AT_ONCE, chunks
from okr_api.exchange.numbers import spelt
from okr_api.exchange.plan import COLUMNS, DELEGATES, KEY_RESULT, LINK, OBJECTIVE
from okr_api.exchange.service import Service

SHAPE = """query($id: ID!) { cascade(cycleId: $id, maxNodes: 10000000) {
  position
  nodes { itemId parentId link depth context item { __typename } }
  edges { parentId childId link contributes weight retain } } }"""
WHO = "{ name externalRef }"
PAGE = f"""query($ids: [ID!]!, $at: Position!) {{ nodes(ids: $ids, asOf: {{position: $at}}) {{
  ... on Objective {{ id title description externalRef cycle {{ id name }} owner {WHO} commitment visibility state
    progress health }}
  ... on KeyResult {{ id title externalRef accountable {WHO} weight dueOn checkInEveryDays current progress health
    metric {{ kind start target limit inclusive unit }} }} }} }}"""
WRITTEN = ("depth", *(name for name in COLUMNS if name not in ("depth", "parentPath", "cycleId", "ownerId")))
TEXTS = frozenset(name for name, reads in COLUMNS.items() if reads is columns.text)
NUMBERS = frozenset(name for name, reads in COLUMNS.items() if reads is columns.number)
FORMULA = re.compile(r"'*[=+\-@\t\r]")
Row = dict[str, Any]


class Tree:
    """`hidden`: how many items the viewer may not read; they are left out, and their links. `written`: rows so far."""

    def __init__(self, service: Service, cycle_id: str) -> None:
        """Raises ServiceFailed."""
        self._service = service
        self._cycle_id = cycle_id
        self._shape = service.ask(SHAPE, {"id": cycle_id})["cascade"]
        self._nodes = [node for node in self._shape["nodes"] if node["item"]["__typename"] != "Redacted"]
        self._edges = {(edge["childId"], edge["parentId"]): edge for edge in self._shape["edges"]}
        self._refs: dict[str, str | None] = {}
        """Of what stands above the cycle: all that is known of it elsewhere."""
        self.written = 0
        self.hidden = len(self._shape["nodes"]) - len(self._nodes)

    def rows(self, shows: Callable[[int, int], None]) -> Iterator[Row]:
        """Objectives and key results, each below what it hangs from, then every further link."""
        seen: set[str] = set()
        for page in chunks(self._nodes, IDS_AT_ONCE):
            given = {"ids": [node["itemId"] for node in page], "at": self._shape["position"]}
            for node, item in zip(page, self._service.ask(PAGE, given)["nodes"], strict=True):
                seen.add(node["itemId"])
                if node["context"]:
                    self._refs[node["itemId"]] = item["externalRef"]
                else:
                    self.written += 1
                    yield self._row(node, item, seen)
            shows(len(seen), len(self._nodes))
        for row in self._further(seen):
            self.written += 1
            yield row

    def _row(self, node: Row, item: Row, seen: set[str]) -> Row:
        row: Row = {"depth": node["depth"], "id": node["itemId"]}
        edge = self._edges.get((node["itemId"], node["parentId"]))
        if edge and node["parentId"] in seen:
            row |= self._link(edge)
        row |= {name: item[name] for name in ("title", "externalRef", "progress", "health")}
        if "metric" in item:
            names = ("weight", "dueOn", "checkInEveryDays", "current")
            row |= {"type": KEY_RESULT, **{name: item[name] for name in names}, **item["metric"]}
            row["inclusive"] = None if item["metric"]["inclusive"] else False
            return row | _owner(item["accountable"])
        row |= {name: item[name] for name in ("description", "commitment", "visibility")}
        row |= {"type": OBJECTIVE, "draft": True if item["state"] == "DRAFT" else None}
        row["cycle"] = None if item["cycle"]["id"] == self._cycle_id else item["cycle"]["name"]
        return row | _owner(item["owner"])

    def _further(self, seen: set[str]) -> Iterator[Row]:
        shown = {node["itemId"]: node for node in self._nodes if not node["context"]}
        for (child, parent), edge in self._edges.items():
            if child in shown and parent in seen and shown[child]["parentId"] != parent:
                yield {"type": LINK, "id": child, **self._link(edge)}

    def _link(self, edge: Row) -> Row:
        """Something above the cycle is named as other systems name it, so that it is found elsewhere too."""
        ref = self._refs.get(edge["parentId"])
        told: Row = {"parentRef": ref} if ref else {"parentId": edge["parentId"]}
        told["link"] = edge["link"]
        if edge["link"] == DELEGATES:
            return told | {"retain": edge["retain"] or None}
        return told | {
            "weight": edge["weight"],
            "contributes": (edge["contributes"] and edge["link"] != "CONTAINS") or None,
        }


def _owner(owner: Row) -> Row:
    return {"owner": owner["name"], "ownerRef": owner["externalRef"]}


class Csv:
    """Writes rows as a spreadsheet takes them."""

    def __init__(self, into: IO[str]) -> None:
        self._rows = csv.writer(into)
        self._rows.writerow(WRITTEN)

    def write(self, row: Row) -> None:
        self._rows.writerow([cell(name, row.get(name)) for name in WRITTEN])


class Json:
    def __init__(self, into: IO[str]) -> None:
        self._into = into

    def write(self, row: Row) -> None:
        said = {name: row[name] for name in WRITTEN if row.get(name) is not None}
        self._into.write(json.dumps(said, ensure_ascii=False) + "\n")


def cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if name in NUMBERS:
        return spelt(value)
    return escaped(value) if name in TEXTS else str(value)


def escaped(text: str) -> str:
    """What a spreadsheet would run as a formula stands behind an apostrophe, which an import takes off again."""
    return f"'{text}" if FORMULA.match(text) else text
