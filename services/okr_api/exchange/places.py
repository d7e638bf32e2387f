"""Places: the cycles, owners and OKRs of the service that a file names, each exactly one."""

from collections.abc import Iterable
from typing import Any

from okr_api.exchange.files import BadFile
from okr_api.exchange.lookups import IDS_AT_ONCE, REFS_AT_ONCE, by_ref, chunks
from okr_api.exchange.plan import KEY_RESULT, LINK, OBJECTIVE, Entry, Plan
from okr_api.exchange.service import Service

CYCLES = "{ cycles { id name startsOn endsOn state approach parent { id } viewerCan } }"
OWNER = "{ id name level active }"
OWNERS = f"""query($name: String!, $after: String) {{ owners(search: $name, first: 200, after: $after) {{
  nodes {OWNER} pageInfo {{ hasNextPage endCursor }} }} }}"""
OF_OBJECTIVE = "{ id title state cycle { id } owner { level } }"
OF_KEY_RESULT = "{ id title retired accountable { level } objective { state cycle { id } } }"
OKRS = f"""query($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename ... on Owner {OWNER}
  ... on Objective {OF_OBJECTIVE} ... on KeyResult {OF_KEY_RESULT} }} }}"""
Thing = dict[str, Any]


class Places:
    def __init__(self, service: Service, cycle: str | None) -> None:
        """`cycle`: the id or the name of that of rows that name none. Raises BadFile, ServiceFailed."""
        self._service = service
        self.cycles: dict[str, Thing] = {each["id"]: each for each in service.ask(CYCLES)["cycles"]}
        self._default = None if cycle is None else self._given(cycle)
        self._owners: dict[tuple[str, str], list[Thing]] = {}

    @property
    def default_id(self) -> str:
        assert self._default
        return str(self._default["id"])

    def settle(self, plan: Plan) -> None:
        """Give every good entry its owner, its cycle and what it hangs from outside. Raises ServiceFailed."""
        entries = [entry for entry in plan.entries if entry.line.good]
        self._find_owners(entries)
        self._find_outside([entry for entry in entries if entry.outside])
        for entry in entries:
            if entry.kind != LINK:
                entry.owner = self._owner(entry)
            if entry.kind == OBJECTIVE:
                entry.cycle = self._cycle(entry)

    def inside(self, cycle: Thing, outer_id: str) -> bool:
        """Whether a cycle is that one or inside it."""
        while cycle["id"] != outer_id:
            if cycle["parent"] is None:
                return False
            cycle = self.cycles[cycle["parent"]["id"]]
        return True

    def _given(self, name: str) -> Thing:
        found = [each for each in self.cycles.values() if name in (each["id"], each["name"])]
        if len(found) != 1:
            told = "several cycles are called so: give the id of one" if found else "there is no such cycle"
            raise BadFile(f"--cycle {name}: {told}; `query {{ cycles {{ id name }} }}` lists them")
        return found[0]

    def _cycle(self, entry: Entry) -> Thing | None:
        line, default = entry.line, self._default
        if line["cycleId"]:
            found = [self.cycles[line["cycleId"]]] if line["cycleId"] in self.cycles else []
        elif line["cycle"]:
            around = self.cycles.values()
            inner = (each for each in around if default is None or self.inside(each, default["id"]))
            found = [each for each in inner if each["name"] == line["cycle"]]
        else:
            found = [default] if default else []
        column = "cycleId" if line["cycleId"] else "cycle"
        if len(found) == 1:
            return found[0]
        if found:
            line.row.refuse(column, "AMBIGUOUS", "several cycles are called so: give cycleId.")
        elif line[column]:
            line.row.refuse(column, "NOT_FOUND", "there is no such cycle, or it is not inside that of --cycle.")
        else:
            line.row.refuse(column, "VALUE_REQUIRED", "a cycle is needed here, or for all rows as --cycle.")
        return None

    def _find_owners(self, entries: Iterable[Entry]) -> None:
        wanted = {named for entry in entries if (named := _owner_named(entry))}
        ids, refs, names = (sorted(n for k, n in wanted if k == kind) for kind in ("ownerId", "ownerRef", "owner"))
        for some in chunks(ids, IDS_AT_ONCE):
            nodes = self._service.ask(OKRS, {"ids": some})["nodes"]
            for name, node in zip(some, nodes, strict=True):
                self._owners["ownerId", name] = [node] if node and node["__typename"] == "Owner" else []
        for some in chunks(refs, REFS_AT_ONCE):
            answer = self._service.ask(*by_ref("owner", OWNER, some))
            for place, name in enumerate(some):
                self._owners["ownerRef", name] = [answer[f"a{place}"]] if answer[f"a{place}"] else []
        for name in names:
            self._owners["owner", name] = self._called(name)

    def _called(self, name: str) -> list[Thing]:
        """Those who are active go before those who left."""
        found: list[Thing] = []
        page: Thing = {"hasNextPage": True, "endCursor": None}
        while page["hasNextPage"]:
            owners = self._service.ask(OWNERS, {"name": name, "after": page["endCursor"]})["owners"]
            found += [each for each in owners["nodes"] if each["name"] == name]
            page = owners["pageInfo"]
        return [each for each in found if each["active"]] or found

    def _owner(self, entry: Entry) -> Thing | None:
        named = _owner_named(entry)
        if named is None:
            if entry.kind == OBJECTIVE:
                entry.line.row.refuse("owner", "VALUE_REQUIRED", "an owner is needed: owner, ownerRef or ownerId.")
            return None
        found = self._owners[named]
        if len(found) == 1:
            return found[0]
        if found:
            entry.line.row.refuse(named[0], "AMBIGUOUS", "several owners are called so: give ownerRef or ownerId.")
        else:
            entry.line.row.refuse(named[0], "NOT_FOUND", "there is no such owner: register it first.")
        return None

    def _find_outside(self, entries: list[Entry]) -> None:
        ids = sorted({entry.line["parentId"] for entry in entries if entry.outside == "parentId"})
        refs = sorted({entry.line["parentRef"] for entry in entries if entry.outside == "parentRef"})
        found: dict[tuple[str, str], list[Thing]] = {}
        for some in chunks(ids, IDS_AT_ONCE):
            for name, node in zip(some, self._service.ask(OKRS, {"ids": some})["nodes"], strict=True):
                kind = {"Objective": OBJECTIVE, "KeyResult": KEY_RESULT}.get(node["__typename"]) if node else None
                found["parentId", name] = [{"kind": kind, **node}] if kind else []
        for some in chunks(refs, REFS_AT_ONCE):
            for field, kind, shown in (
                ("objective", OBJECTIVE, OF_OBJECTIVE),
                ("keyResult", KEY_RESULT, OF_KEY_RESULT),
            ):
                answer = self._service.ask(*by_ref(field, shown, some))
                for place, name in enumerate(some):
                    node = answer[f"a{place}"]
                    found.setdefault(("parentRef", name), []).extend([{"kind": kind, **node}] if node else [])
        for entry in entries:
            self._stand(entry, found[str(entry.outside), entry.line[str(entry.outside)]])

    def _stand(self, entry: Entry, found: list[Thing]) -> None:
        row = entry.line.row
        if len(found) != 1:
            told = (
                "both an objective and a key result are called so: give parentId."
                if found
                else ("no row above and nothing in the service is called so, or you may not see it.")
            )
            row.refuse(entry.outside, "AMBIGUOUS" if found else "NOT_FOUND", told)
        elif found[0]["kind"] == KEY_RESULT and not entry.line["link"]:
            row.refuse("link", "VALUE_REQUIRED", "below a key result, say DELEGATES or SUPPORTS.")
        else:
            entry.standing = found[0]


def _owner_named(entry: Entry) -> tuple[str, str] | None:
    """The surest of the ways in which the row names its owner."""
    return next(((c, entry.line[c]) for c in ("ownerId", "ownerRef", "owner") if entry.line[c]), None)
