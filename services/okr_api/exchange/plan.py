"""Plan: the rows of a file as objectives with their key results, each with what it hangs from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from okr_api.exchange import columns
from okr_api.exchange.columns import Line

OBJECTIVE, KEY_RESULT, LINK = "objective", "keyResult", "link"
CONTAINS, DELEGATES, SUPPORTS, ALIGNS = "CONTAINS", "DELEGATES", "SUPPORTS", "ALIGNS"
PARENTS = ("parentId", "parentRef", "parentPath")
STEP = " > "
"""Between the titles of a path."""
COLUMNS = {
    "type": columns.one_of(OBJECTIVE, KEY_RESULT, LINK),
    "id": columns.word,
    "parentId": columns.word,
    "parentRef": columns.text,
    "parentPath": columns.text,
    "link": columns.one_of(CONTAINS, DELEGATES, SUPPORTS, ALIGNS),
    "title": columns.text,
    "description": columns.text,
    "externalRef": columns.text,
    "cycleId": columns.word,
    "cycle": columns.text,
    "ownerId": columns.word,
    "ownerRef": columns.text,
    "owner": columns.text,
    "commitment": columns.one_of("COMMITTED", "ASPIRATIONAL"),
    "visibility": columns.one_of("ORGANISATION", "LINE"),
    "draft": columns.flag,
    "kind": columns.one_of("INCREASE", "DECREASE", "MAINTAIN_AT_LEAST", "MAINTAIN_AT_MOST", "MILESTONE"),
    "start": columns.number,
    "target": columns.number,
    "limit": columns.number,
    "inclusive": columns.flag,
    "unit": columns.text,
    "weight": columns.number,
    "contributes": columns.flag,
    "retain": columns.flag,
    "dueOn": columns.day,
    "checkInEveryDays": columns.whole,
    "depth": columns.aside,
    "current": columns.aside,
    "progress": columns.aside,
    "health": columns.aside,
}
OF_KEY_RESULTS = ("kind", "start", "target", "limit", "inclusive", "unit", "dueOn", "checkInEveryDays")
OF_OBJECTIVES = ("description", "commitment", "visibility", "draft", "cycleId", "cycle")


@dataclass(eq=False)
class Entry:
    """An objective, a key result of one, or one link more of an objective.

    `above`: the entry that it hangs from; `outside`: the column that names it where it is none of the file.
    `made`: its id in the service, once it has one. `owner`, `cycle`: as the service knows them.
    """

    line: Line
    kind: str
    path: str = ""
    above: "Entry | None" = None
    outside: str | None = None
    key_results: "list[Entry]" = field(default_factory=list)
    made: str | None = None
    owner: dict[str, Any] | None = None
    cycle: dict[str, Any] | None = None
    standing: dict[str, Any] | None = None

    @property
    def good(self) -> bool:
        """A key result is as good as its objective, and an objective as all its key results: they are one commit."""
        parts = (self.above, *self.above.key_results) if self.kind == KEY_RESULT and self.above else self.key_results
        return self.line.good and all(part.line.good for part in parts)

    @property
    def target_kind(self) -> str | None:
        if self.above:
            return self.above.kind
        return self.standing["kind"] if self.standing else None

    @property
    def target(self) -> str | None:
        if self.above:
            return self.above.made
        return self.standing["id"] if self.standing else None

    @property
    def link(self) -> str:
        given: str | None = self.line["link"]
        return given or (ALIGNS if self.target_kind == OBJECTIVE else SUPPORTS)

    @property
    def plain(self) -> bool:
        """Whether the link is what creating an objective makes it."""
        return self.link != DELEGATES and not self.line["contributes"] and self.line["weight"] in (None, "1")


class Plan:
    """Entries in the order of the file. A row that hangs from another stands below it, so nothing loops."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.entries: list[Entry] = []
        self._named: dict[tuple[str, str], list[Entry]] = {}
        for line in lines:
            self._add(line)

    def of(self, *kinds: str) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.kind in kinds)

    def _add(self, line: Line) -> None:
        # A row of a type that cannot be read may have been an objective: nothing is hung from the one before.
        entry = Entry(line, line["type"] or OBJECTIVE)
        self._hang(entry)
        self._require_fitting(entry)
        above = entry.above.path + STEP if entry.above else ""
        entry.path = f"{above}{line['title'] or ''}"
        self.entries.append(entry)
        if entry.kind == LINK:
            return
        if line["id"] and ("parentId", line["id"]) in self._named:
            line.row.refuse("id", "IDEMPOTENCY_MISMATCH", "a row above has this id: give each row an id of its own.")
        for column, name in (("parentId", line["id"]), ("parentRef", line["externalRef"]), ("parentPath", entry.path)):
            if name:
                self._named.setdefault((column, name), []).append(entry)

    def _hang(self, entry: Entry) -> None:
        line = entry.line
        given = [column for column in PARENTS if line[column]]
        if len(given) > 1:
            line.row.refuse(given[1], "BAD_USER_INPUT", f"one of {', '.join(PARENTS)} names what it hangs from.")
        elif given:
            found = self._named.get((given[0], line[given[0]]), [])
            if len(found) > 1:
                line.row.refuse(given[0], "AMBIGUOUS", "several rows above are called so: name one by its id.")
            elif found:
                entry.above = found[0]
            elif given[0] == "parentPath":
                line.row.refuse(
                    "parentPath", "NOT_FOUND", f"no row above has these titles, with {STEP!r} between them."
                )
            else:
                entry.outside = given[0]
        elif entry.kind == KEY_RESULT:
            entry.above = next((each for each in reversed(self.entries) if each.kind == OBJECTIVE), None)

    def _require_fitting(self, entry: Entry) -> None:
        row, line = entry.line.row, entry.line
        for column in OF_OBJECTIVES if entry.kind == KEY_RESULT else OF_KEY_RESULTS:
            if line[column] is not None:
                what = "an objective" if entry.kind == KEY_RESULT else "a key result"
                row.refuse(column, "BAD_USER_INPUT", f"only {what} has this.")
        if entry.kind != LINK and not line["title"] and "title" not in row.cells:
            row.refuse("title", "VALUE_REQUIRED", "a value is needed here.")
        if entry.kind == KEY_RESULT:
            self._require_contained(entry)
        elif entry.kind == LINK and not (line["id"] and (entry.above or entry.outside)):
            row.refuse("id", "VALUE_REQUIRED", "a link needs the id of an objective above and what that hangs from.")
        if entry.kind != KEY_RESULT and entry.above and entry.above.kind == KEY_RESULT and not line["link"]:
            row.refuse("link", "VALUE_REQUIRED", f"below a key result, say {DELEGATES} or {SUPPORTS}.")

    def _require_contained(self, entry: Entry) -> None:
        row, line = entry.line.row, entry.line
        if entry.above is None or entry.above.kind != OBJECTIVE:
            row.refuse(
                next((column for column in PARENTS if line[column]), None),
                "NOT_FOUND",
                "a key result belongs to an objective above it in the file.",
            )
        else:
            entry.above.key_results.append(entry)
        if line["link"] not in (None, CONTAINS):
            row.refuse("link", "BAD_USER_INPUT", f"a key result hangs from its objective by {CONTAINS}.")
        if line["kind"] is None and "kind" not in row.cells:
            row.refuse("kind", "VALUE_REQUIRED", "a value is needed here.")

    def forget_references(self) -> None:
        """Names in other systems, which stand once; rows that name each other by them stay together."""
        for entry in self.entries:
            entry.line.values.pop("externalRef", None)

    def child_of(self, link: Entry) -> Entry | None:
        """The objective that a row of type link is about."""
        found = self._named.get(("parentId", link.line["id"]), [])
        return found[0] if found and found[0].kind == OBJECTIVE else None
