"""A firm that runs a year on the public API, in the words of the people who do."""

from datetime import date, timedelta
from typing import Any

from api.serving import Api

MONDAY = date(2024, 12, 30)
"""Of the first week of 2025; a check-in of a week is said to be true on its Friday."""
OKR = "... on Objective { id title } ... on KeyResult { id title }"


def numbers(title: str, start: str, target: str, weight: str = "1") -> dict[str, Any]:
    """A key result that goes from one number to another, down if the second is less."""
    kind = "DECREASE" if float(target) < float(start) else "INCREASE"
    return {"title": title, "weight": weight, "metric": {"kind": kind, "start": start, "target": target}}


def milestone(title: str) -> dict[str, Any]:
    return {"title": title, "metric": {"kind": "MILESTONE"}}


class Firm:
    """Things are called by their titles, which are unique here; `ids` says which is which."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.ids: dict[str, str] = {}

    # ---- who and when
    def owner(self, name: str, level: str, above: str | None = None) -> None:
        parent = None if above is None else self.ids[above]
        self.ids[name] = self.api.made("registerOwner", "owner", name=name, level=level, parentId=parent)["id"]

    def cycle(self, name: str, first: str, last: str, inside: str | None = None) -> None:
        dates = {"startsOn": first, "endsOn": last, "parentId": None if inside is None else self.ids[inside]}
        self.ids[name] = self.api.made("createCycle", "cycle", name=name, **dates)["id"]

    def step(self, mutation: str, cycle: str) -> str:
        state: str = self.api.made(mutation, "cycle", "state", id=self.ids[cycle])["state"]
        return state

    # ---- what
    def objective(self, title: str, owner: str, cycle: str, *krs: dict[str, Any], **given: Any) -> None:
        wanted = {"title": title, "ownerId": self.ids[owner], "cycleId": self.ids[cycle], "keyResults": list(krs)}
        self._note(self.api.made("createObjective", "objective", "id title keyResults { id title }", **wanted | given))

    def delegate(
        self, kr: str, owner: str, title: str, *krs: dict[str, Any], cycle: str | None = None, **given: Any
    ) -> None:
        """To a new objective of somebody's; with a `child` policy that takes the place of the one before."""
        wanted = {"keyResultId": self.ids[kr], "to": {"ownerId": self.ids[owner]}, "title": title}
        wanted |= {"keyResults": list(krs), "cycleId": self.ids[cycle] if cycle else None}
        mutation = "reassignKR" if "child" in given else "delegateKR"
        self._note(self.api.made(mutation, "objective", "id title keyResults { id title }", **wanted | given))

    def _note(self, objective: dict[str, Any]) -> None:
        for made in (objective, *objective["keyResults"]):
            self.ids[made["title"]] = made["id"]

    def check_in(self, kr: str, value: str, week: int) -> None:
        friday = MONDAY + timedelta(weeks=week - 1, days=4)
        self.api.made(
            "recordCheckIn",
            "checkIn",
            keyResult={"id": self.ids[kr]},
            value=value,
            effectiveAt=f"{friday}T16:00:00+01:00",
        )

    def retarget(self, kr: str, target: str, reason: str) -> None:
        self.api.made("retargetKR", "keyResult", id=self.ids[kr], target=target, reason=reason)

    def score(self, kr: str, score: str) -> None:
        self.api.made("scoreKR", "keyResult", id=self.ids[kr], score=score)

    # ---- asked
    def objective_of(self, title: str, shown: str) -> Any:
        """One field's value, or the values of several."""
        return self._told(f"query($id: ID!) {{ node: objective(id: $id) {{ {shown} }} }}", self.ids[title])

    def kr_of(self, title: str, shown: str) -> Any:
        return self._told(f"query($id: ID!) {{ node: keyResult(id: $id) {{ {shown} }} }}", self.ids[title])

    def _told(self, query: str, thing: str) -> Any:
        told = self.api.ask(query, id=thing)["node"]
        return next(iter(told.values())) if len(told) == 1 else tuple(told.values())

    def breakdown(self, objective: str) -> dict[str, tuple[str, str | None, str]]:
        """What feeds it: weight, progress and where that comes from, by title."""
        shown = f"progressBreakdown {{ weight progress source item {{ {OKR} }} }}"
        items = self.objective_of(objective, shown)
        return {item["item"]["title"]: (item["weight"], item["progress"], item["source"]) for item in items}

    def targets(self, kr: str) -> list[tuple[str, str | None]]:
        """What it was to reach and why, the oldest first."""
        return [(t["metric"]["target"], t["reason"]) for t in self.kr_of(kr, "targets { metric { target } reason }")]

    def tree(self, cycle: str, view: str = "MIXED") -> list[str]:
        """Its lines, two blanks deeper at every level, each with the link by which it hangs unless that is CONTAINS."""
        query = f"""query($id: ID!, $view: CascadeApproach!) {{ cascade(cycleId: $id, view: $view) {{
            nodes {{ depth link item {{ {OKR} }} }} }} }}"""
        nodes = self.api.ask(query, id=self.ids[cycle], view=view)["cascade"]["nodes"]
        how = {"DELEGATES": " < delegated", "ALIGNS": " < aligned", "SUPPORTS": " < supports"}
        return ["  " * node["depth"] + node["item"]["title"] + how.get(node["link"], "") for node in nodes]
