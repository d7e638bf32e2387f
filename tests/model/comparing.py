"""Everything that the service can be asked of two cycles, in two requests, beside what the naive model reads."""

import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

from api.serving import Api
from model.naive import KR, LEVELS, VIEWS
from model.naive_reading import Reader

TITLES = ("Grow", "Ärger less", "arger")
SEARCHES = ("grow", "ARGER", "arg", "nothing")
ORDERS = ("CREATED_AT", "TITLE", "PROGRESS")
SHORT = 3
"""A page."""
ID = "... on Objective { id } ... on KeyResult { id }"
TREES = " ".join(
    f"""{cycle}{view}: cascade(cycleId: ${cycle}, view: {view}) {{
        nodes {{
            itemId parentId link depth context
            item {{ ... on Objective {{ progress }} ... on KeyResult {{ progress }} }}
        }}
        edges {{ parentId childId link }}
    }}"""
    for view in VIEWS
    for cycle in ("year", "quarter")
)
HEALTH = " ".join(
    f"""{cycle}: alignmentHealth(cycleId: ${cycle}) {{
        coverage objectives unaligned keyResults delegated depthHistogram
    }}"""
    for cycle in ("year", "quarter")
)
THINGS = f"""nodes(ids: $ids) {{
    ... on Objective {{
        id title state owner {{ id }} cycle {{ id }} keyResults {{ id }} delegatedFrom {{ id }} progress
        progressBreakdown {{ item {{ {ID} }} weight progress source }}
    }}
    ... on KeyResult {{
        id title weight objective {{ id }} accountable {{ id }} responsible {{ id }} disposition delegatedTo {{ id }}
        current rawProgress measuredProgress cascadedProgress progress progressSource targets {{ metric {{ target }} }}
        checkIns {{ totalCount nodes {{ id value corrects {{ id }} correctedBy {{ id }} withdrawn }} }}
    }}
}}"""
PAGE = "totalCount pageInfo { hasNextPage hasPreviousPage } edges { cursor node { id } }"
LISTS = ("one", "two", "three")
OBJECTIVES = " ".join(
    f"{n}: objectives(where: $where_{n}, orderBy: $order_{n}, first: $first, after: $after_{n}) {{ {PAGE} }}"
    for n in LISTS
)
KEY_RESULTS = " ".join(
    f"k_{n}: keyResults(where: $where_k_{n}, first: $first, after: $after_k_{n}) {{ {PAGE} }}" for n in LISTS
)
GIVEN = " ".join(
    f"""$where_{n}: ObjectiveWhere $order_{n}: ObjectiveOrder $after_{n}: String
    $where_k_{n}: KeyResultWhere $after_k_{n}: String"""
    for n in LISTS
)
PAGES = f"query($first: Int {GIVEN}) {{ {OBJECTIVES} {KEY_RESULTS} }}"
ALL = f"""query($year: ID! $quarter: ID! $ids: [ID!]! $first: Int {GIVEN}) {{
    {TREES} {HEALTH} {THINGS} {OBJECTIVES} {KEY_RESULTS}
}}"""


def compare(api: Api, model: Reader, chance: random.Random) -> None:
    cycles = {"year": model.year, "quarter": model.quarter}
    live = [i for i in model.things if model.live(i)]
    asked, expected = some_lists(model, chance)
    answer = api.ask(ALL, **cycles, ids=live, first=200, **asked)
    for name, cycle in cycles.items():
        for view in VIEWS:
            compare_tree(model, answer[name + view], cycle, view)
        health = {**answer[name], "coverage": millionths(answer[name]["coverage"])}
        assert health == {**model.alignment(cycle), "coverage": millionths(model.alignment(cycle)["coverage"])}
    assert [thing["id"] for thing in answer["nodes"]] == live
    for thing in answer["nodes"]:
        (compare_key_result if "targets" in thing else compare_objective)(model, thing["id"], thing)
    compare_lists(api, answer, asked, expected, chance)


def some_lists(model: Reader, chance: random.Random) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Variables, and what stands in each list."""
    asked: dict[str, Any] = {}
    expected = {}
    for n in LISTS:
        common = {"ownerIds": chance.sample(list(model.levels), 2), "search": chance.choice(SEARCHES)}
        objectives = common | {
            "levels": chance.sample(LEVELS, 2),
            "states": [chance.choice(["ACTIVE", "RETIRED"])],
            "unaligned": chance.random() < 0.5,
        }
        krs = common | {
            "dispositions": chance.sample(["OWNED", "DELEGATED", "BOTH"], 2),
            "checkInOverdue": chance.random() < 0.5,
        }
        order = {"field": chance.choice(ORDERS), "direction": chance.choice(["ASC", "DESC"])}
        cycle = {"cycleId": chance.choice([model.year, model.quarter])}
        asked[f"order_{n}"] = order
        asked[f"where_{n}"] = cycle | dict(chance.sample(list(objectives.items()), chance.randint(0, 2)))
        asked[f"where_k_{n}"] = cycle | dict(chance.sample(list(krs.items()), chance.randint(0, 2)))
        expected[n] = model.objectives(asked[f"where_{n}"], **order)
        expected[f"k_{n}"] = model.key_results(asked[f"where_k_{n}"])
    return asked, expected


def compare_lists(
    api: Api, answer: Any, asked: dict[str, Any], expected: dict[str, list[str]], chance: random.Random
) -> None:
    """Each as a whole, and a short page of it from somewhere on."""
    begins = {}
    for name, ids in expected.items():
        begins[name] = chance.randint(0, len(ids))
        compare_page(answer[name], ids, 0, 200)
        if begins[name]:
            asked[f"after_{name}"] = answer[name]["edges"][begins[name] - 1]["cursor"]
    answer = api.ask(PAGES, first=SHORT, **asked)
    for name, ids in expected.items():
        compare_page(answer[name], ids, begins[name], SHORT)


def compare_page(page: Any, ids: list[str], begin: int, size: int) -> None:
    assert [edge["node"]["id"] for edge in page["edges"]] == ids[begin : begin + size]
    assert page["totalCount"] == len(ids)
    assert page["pageInfo"] == {"hasNextPage": begin + size < len(ids), "hasPreviousPage": begin > 0}


def compare_tree(model: Reader, tree: Any, cycle: str, view: str) -> None:
    lines, links = model.tree(cycle, view)
    shape = ("itemId", "parentId", "link", "depth", "context")
    assert [tuple(node[name] for name in shape) for node in tree["nodes"]] == lines
    assert {(edge["parentId"], edge["childId"], edge["link"]) for edge in tree["edges"]} == links
    assert len(tree["edges"]) == len(links)
    for node in tree["nodes"]:
        assert millionths(node["item"]["progress"]) == millionths(model.progress(node["itemId"]))


def compare_objective(model: Reader, i: str, said: Any) -> None:
    objective = model.things[i]
    above = next((target for kind, target in model.links(i) if kind == "DELEGATES"), None)
    assert said["state"] == "ACTIVE"
    assert ends(said, "owner", "cycle", "delegatedFrom") == [objective.owner, objective.cycle, above]
    assert said["title"] == objective.title
    assert [kr["id"] for kr in said["keyResults"]] == [kr for kr, k in model.all(KR).items() if k.objective == i]
    assert millionths(said["progress"]) == millionths(model.progress(i))
    breakdown = [
        (item["item"]["id"], Decimal(item["weight"]), millionths(item["progress"]), item["source"])
        for item in said["progressBreakdown"]
    ]
    items = [(item, weight, *model.counting(item)) for item, weight in model.items(i)]
    assert sorted(breakdown) == sorted((item, weight, millionths(p), source) for item, weight, source, p in items)


def compare_key_result(model: Reader, i: str, said: Any) -> None:
    kr, (source, progress) = model.things[i], model.counting(i)
    names = ("objective", "accountable", "responsible", "delegatedTo")
    assert ends(said, *names) == [kr.objective, kr.owner, model.responsible(i), model.delegate_of(i)]
    assert (said["title"], said["weight"], said["disposition"]) == (kr.title, str(kr.weight), model.disposition(i))
    current = model.current(i)
    assert said["current"] == (None if current is None else str(current))
    numbers = (model.raw(i), model.measured(i), model.cascaded(i), progress)
    shown = [millionths(said[name]) for name in ("rawProgress", "measuredProgress", "cascadedProgress", "progress")]
    assert shown == [*map(millionths, numbers)]
    assert said["progressSource"] == source
    assert [target["metric"]["target"] for target in said["targets"]] == [t and str(t) for t in kr.targets]
    reported = [
        (c["id"], c["value"], *ends(c, "corrects", "correctedBy"), c["withdrawn"]) for c in said["checkIns"]["nodes"]
    ]
    assert reported == [(j, str(c.value), c.corrects, c.corrected_by, c.withdrawn) for j, c in model.reported(i)]
    assert said["checkIns"]["totalCount"] == len(reported)


def ends(said: Any, *names: str) -> list[str | None]:
    """What it leads to by each of these, by id."""
    return [said[name] and said[name]["id"] for name in names]


def millionths(number: str | Fraction | None) -> int | None:
    """Numbers are rounded once, half to even, to 6 places."""
    return None if number is None else round(Fraction(number) * 10**6)
