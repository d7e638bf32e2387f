"""Demo data: the worked examples, sent through the API as any client would send them."""

import json
import sys
import urllib.request
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

EXAMPLES = Path(__file__).parent / "examples.json"
PATIENCE = 60
QUARTERS_IN_A_YEAR = {"003", "003L"}
"""Examples whose company objective is annual while the others are set each quarter."""

CHECK_INS = (
    ("002.HM.KR2", "1", "0.7"),
    ("003.CEO.KR3", "1", "0.6"),
    ("003.VP.KR1", "1", "0.8"),
    ("003.IND.KR1", "100", "0.8"),
    ("003L.VP.KR1", "1", "0.8"),
    ("003L.IND.KR2", "1", "0.9"),
    ("004.ENG.KR1", "3", "0.9"),
    ("004.ENG.KR3", "2.6", None),
    ("004L.CO.KR2", "12", "0.5"),
    ("004L.ENG.KR1", "2", "0.5"),
)
"""So that progress shows something: key result, value, confidence."""
NOTE = "A value for the demo, not part of the worked example."

Seed = Mapping[str, Any]
Given = dict[str, Any]


class NotLoaded(Exception):
    """The API refused an example, or did not answer as it should."""


def load(url: str, token: str) -> None:
    """All worked examples that hold a tree, through the API at `url`; what is loaded already stays as it is."""
    api = Api(url, token)
    examples = [example for example in json.loads(EXAMPLES.read_text())["examples"] if example.get("nodes")]
    for number, example in enumerate(examples):
        _show(f"loading demo data: example {number + 1} of {len(examples)}")
        Loading(api, example, datetime.now(UTC).date()).run()
    for key_result, value, confidence in CHECK_INS:
        _check_in(api, key_result, value, confidence)
    _show("")


class Api:
    """The GraphQL API as a client sees it, one mutation at a time."""

    def __init__(self, url: str, token: str) -> None:
        self._url = f"{url}/graphql"
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        # Not through the proxy that the environment may name: it is this machine.
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def mutate(self, name: str, kind: str, selection: str, given: Given) -> Any:
        """What the payload shows by `selection`. The key makes asking again harmless. Raises NotLoaded."""
        query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {selection} userErrors {{ message path }} }} }}"
        for _ in range(PATIENCE):
            answer = self._post({"query": query, "variables": {"input": given}})
            if "errors" in answer:
                raise NotLoaded(f"{name}: {answer['errors'][0]['message']}")
            payload = answer["data"][name]
            if payload["userErrors"]:
                raise NotLoaded(f"{given['idempotencyKey']}: {payload['userErrors'][0]['message']}")
            if not answer["extensions"].get("pending"):
                return payload
        raise NotLoaded(f"{name}: nothing can be read back; is a projector running?")

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(self._url, json.dumps(body).encode(), self._headers)
        with self._open(request, timeout=PATIENCE) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


class Loading:
    """One example: its owners, its cycles and its tree, each thing with a key of its own."""

    def __init__(self, api: Api, example: Seed, today: date) -> None:
        self._api = api
        self._example = example
        self._nodes: dict[str, Seed] = {node["id"]: node for node in example["nodes"]}
        self._today = today
        self._owners: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def run(self) -> None:
        top, rest = self._cycles()
        for node in self._nodes.values():
            if node["kind"] == "objective":
                self._set(node, top if node["parent"] is None else rest)

    def _cycles(self) -> tuple[str, str]:
        """The cycle of the company objective, and that of all others."""
        name = f"Example {self._example['id']} ({self._example['style']})"
        lasts_a_year = "12 months" in (self._example["cycle"].get("length") or "")
        if self._example["id"] not in QUARTERS_IN_A_YEAR:
            cycle = self._cycle(name, year(self._today) if lasts_a_year else quarter(self._today), None)
            return cycle, cycle
        outer = self._cycle(f"{name}, year", year(self._today), None)
        return outer, self._cycle(f"{name}, quarter", quarter(self._today), outer)

    def _cycle(self, name: str, dates: tuple[date, date], parent: str | None) -> str:
        given = {
            "name": name,
            "startsOn": str(dates[0]),
            "endsOn": str(dates[1]),
            "approach": self._example["style"].upper(),
            "parentId": parent,
            "idempotencyKey": f"demo/{name}",
        }
        cycle: str = self._api.mutate("createCycle", "CreateCycleInput", "cycle { id }", given)["cycle"]["id"]
        opening = {"id": cycle, "idempotencyKey": f"demo/{name}/open"}
        self._api.mutate("openCycle", "CycleTransitionInput", "cycle { id }", opening)
        return cycle

    def _owner(self, node: Seed) -> str:
        """Whoever a node belongs to; a new owner stands below the next other one on the way up the tree."""
        name = owner_name(node)
        if name not in self._owners:
            above = node["parent"]
            while above and owner_name(self._nodes[above]) == name:
                above = self._nodes[above]["parent"]
            given = {
                "name": name,
                "level": node["owner_level"].upper(),
                "parentId": self._owner(self._nodes[above]) if above else None,
                "idempotencyKey": f"demo/{self._example['id']}/{name}",
            }
            made = self._api.mutate("registerOwner", "RegisterOwnerInput", "owner { id }", given)
            self._owners[name] = made["owner"]["id"]
        return self._owners[name]

    def _set(self, seed: Seed, cycle: str) -> None:
        """Make an objective with its key results, hanging where the example hangs it."""
        given: Given = {
            "title": seed["text"],
            "cycleId": cycle,
            "keyResults": [new_key_result(kr, self._owner(kr)) for kr in self._key_results(seed)],
            "idempotencyKey": f"demo/{seed['id']}",
        }
        shown = "objective { id keyResults { id externalRef } }"
        above, owner = self._ids.get(seed["parent"]), self._owner(seed)
        if seed["link"] == "delegated_from":
            given |= {"keyResultId": above, "to": {"ownerId": owner}}
            made = self._api.mutate("delegateKR", "DelegateKRInput", shown, given)
        else:
            given |= {"ownerId": owner, "alignTo": [{TARGETS[seed["link"]]: above}] if above else []}
            made = self._api.mutate("createObjective", "CreateObjectiveInput", shown, given)
        self._ids[seed["id"]] = made["objective"]["id"]
        self._ids.update((kr["externalRef"], kr["id"]) for kr in made["objective"]["keyResults"])

    def _key_results(self, objective: Seed) -> list[Seed]:
        below = (node for node in self._nodes.values() if node["parent"] == objective["id"])
        return [node for node in below if node["kind"] == "key_result"]


TARGETS = {"supports_key_result": "keyResultId", "aligned_to_objective": "objectiveId"}


def owner_name(seed: Seed) -> str:
    name: str = seed["owner"]
    return "Unnamed (example)" if name == "(not named)" else name


def new_key_result(seed: Seed, owner: str) -> dict[str, Any]:
    return {"title": seed["text"], "metric": metric(seed["metric"]), "ownerId": owner, "externalRef": seed["id"]}


def metric(seed: Seed) -> dict[str, Any]:
    """As the example's text measures it: what has no number, or several, is a milestone."""
    unit, target = seed["unit"], str(seed["target"])
    if seed["type"] in ("binary", "compound"):
        return {"kind": "MILESTONE", "unit": unit}
    match seed["direction"]:
        case "maintain_at_or_above":
            return {"kind": "MAINTAIN_AT_LEAST", "target": target, "unit": unit}
        case "maintain_below":
            return {"kind": "MAINTAIN_AT_MOST", "target": target, "inclusive": False, "unit": unit}
        case "decrease":
            return {"kind": "DECREASE", "start": "0", "target": f"-{target}", "unit": unit}
    return {"kind": "INCREASE", "start": "0", "target": target, "unit": unit}


def year(today: date) -> tuple[date, date]:
    return date(today.year, 1, 1), date(today.year, 12, 31)


def quarter(today: date) -> tuple[date, date]:
    first = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    next_one = date(today.year + first.month // 10, (first.month + 3) % 12, 1)
    return first, next_one - timedelta(days=1)


def _check_in(api: Api, key_result: str, value: str, confidence: str | None) -> None:
    given = {
        "keyResult": {"externalRef": key_result},
        "value": value,
        "confidence": confidence,
        "note": NOTE,
        "source": "demo",
        "idempotencyKey": f"demo/{key_result}/check-in",
    }
    api.mutate("recordCheckIn", "CheckInInput", "checkIn { id }", given)


def _show(line: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{line}", err=True, nl=False)
