"""The worked examples: every tree that they describe can be read back as it was written."""

import json
from datetime import date
from typing import Any

import pytest

from api.serving import Api, token
from okr_api.local import demo

EXAMPLES = {e["id"]: e for e in json.loads(demo.EXAMPLES.read_text())["examples"] if e.get("nodes")}
LINKS = {
    None: None,
    "contains": "CONTAINS",
    "delegated_from": "DELEGATES",
    "supports_key_result": "SUPPORTS",
    "aligned_to_objective": "ALIGNS",
}
TREE = """
query($cycle: ID!, $view: CascadeApproach!) { cascade(cycleId: $cycle, view: $view) {
  totalCount truncated edges { parentId childId link }
  nodes { itemId parentId link depth childCount context item { __typename
    ... on Objective { title owner { name level } }
    ... on KeyResult { title accountable { name level } delegatedTo { title owner { name } } } } }
} }
"""
Named = tuple[str, str]


@pytest.fixture(scope="session")
def demo_url(url: str) -> str:
    demo.load(url, token(url))
    return url


@pytest.fixture
def examples(demo_url: str) -> Api:
    return Api(demo_url)


def tree(api: Api, example: str, view: str = "MIXED", part: str = "") -> dict[str, dict[str, Any]]:
    """The nodes of an example's tree by their ids, parents first."""
    cycles = api.ask("{ cycles { id name } }")["cycles"]
    (cycle,) = (c["id"] for c in cycles if c["name"] in (f"Example {example}{part}", f"Example {example}, year{part}"))
    found = api.ask(TREE, cycle=cycle, view=view)["cascade"]
    assert found["totalCount"] == len(found["nodes"])
    assert not found["truncated"]
    return {node["itemId"]: node for node in found["nodes"]}


def named(node: dict[str, Any]) -> Named:
    return node["item"]["__typename"], node["item"]["title"]


def read(nodes: dict[str, dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What is compared: text, parent, link, owner with its level, delegated to."""
    found = []
    for node in nodes.values():
        item, parent = node["item"], nodes.get(node["parentId"])
        owner = item["owner"] if "owner" in item else item["accountable"]
        delegate = item.get("delegatedTo")
        found.append(
            (
                named(node),
                parent and named(parent),
                node["link"],
                (owner["name"], owner["level"]),
                [delegate["title"]] if delegate else [],
            )
        )
    return found


def written(example: dict[str, Any]) -> list[tuple[Any, ...]]:
    by_id = {node["id"]: node for node in example["nodes"]}
    kinds = {"objective": "Objective", "key_result": "KeyResult"}

    def name(node: dict[str, Any]) -> Named:
        return kinds[node["kind"]], node["text"]

    return [
        (
            name(node),
            name(by_id[node["parent"]]) if node["parent"] else None,
            LINKS[node["link"]],
            ("Unnamed (example)" if node["owner"] == "(not named)" else node["owner"], node["owner_level"].upper()),
            [by_id[i]["text"] for i in node["delegated_to"]],
        )
        for node in example["nodes"]
    ]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_reads_as_it_was_written(examples: Api, example: str) -> None:
    title = f"{example} ({EXAMPLES[example]['style']})"
    assert sorted(map(repr, read(tree(examples, title)))) == sorted(map(repr, written(EXAMPLES[example])))


def test_the_tight_cascade_goes_from_objective_to_key_result_to_objective(examples: Api) -> None:
    nodes = tree(examples, "003 (tight)", view="TIGHT")
    path = [next(node for node in nodes.values() if node["depth"] == 4)]
    while path[0]["parentId"]:
        path.insert(0, nodes[path[0]["parentId"]])
    assert [(node["item"]["__typename"], node["link"]) for node in path] == [
        ("Objective", None),
        ("KeyResult", "CONTAINS"),
        ("Objective", "DELEGATES"),
        ("KeyResult", "CONTAINS"),
        ("Objective", "DELEGATES"),
    ]
    owners = [node["item"].get("owner", node["item"].get("accountable"))["name"] for node in path]
    assert owners == ["CEO", "CEO", "VP", "VP", "Individual (team member)"]


def test_seen_from_the_quarter_the_company_objective_stands_above_as_context(examples: Api) -> None:
    cycles = examples.ask("{ cycles { id name parent { name } } }")["cycles"]
    (quarter,) = (c for c in cycles if c["name"] == "Example 003 (tight), quarter")
    assert quarter["parent"]["name"] == "Example 003 (tight), year"
    nodes = examples.ask(TREE, cycle=quarter["id"], view="TIGHT")["cascade"]["nodes"]
    above = [named(node) for node in nodes if node["context"]]
    assert above == [named(node) for node in nodes[:2]]
    assert [kind for kind, _ in above] == ["Objective", "KeyResult"]


@pytest.mark.parametrize("example", ["000.1", "000.2", "000.3"])
def test_three_objectives_support_each_key_result_without_restating_it(examples: Api, example: str) -> None:
    nodes = tree(examples, f"{example} (tight)")
    key_results = [i for i, node in nodes.items() if node["item"]["__typename"] == "KeyResult"]
    assert len(key_results) == 2
    for key_result in key_results:
        below = [node["link"] for node in nodes.values() if node["parentId"] == key_result]
        assert below == ["SUPPORTS"] * 3


@pytest.mark.parametrize("example", ["003L", "004L"])
def test_in_the_loose_cascade_objectives_align_and_no_key_result_is_on_a_path(examples: Api, example: str) -> None:
    nodes = tree(examples, f"{example} (loose)", view="LOOSE")
    kinds = {i: node["item"]["__typename"] for i, node in nodes.items()}
    links = {node["link"] for i, node in nodes.items() if kinds[i] == "Objective"}
    assert links == {None, "ALIGNS"}
    assert all(kinds[node["parentId"]] == "Objective" for node in nodes.values() if node["parentId"])
    assert all(node["childCount"] == 0 for i, node in nodes.items() if kinds[i] == "KeyResult")


def test_loading_twice_makes_nothing_twice(examples: Api, demo_url: str) -> None:
    before = examples.position()
    demo.load(demo_url, token(demo_url))
    assert examples.position() == before


def test_a_quarter_ends_on_the_day_before_the_next_one_begins() -> None:
    assert demo.quarter(date(2026, 11, 22)) == (date(2026, 10, 1), date(2026, 12, 31))
    assert demo.quarter(date(2028, 2, 29)) == (date(2028, 1, 1), date(2028, 3, 31))
    assert demo.quarter(date(2026, 6, 30)) == (date(2026, 4, 1), date(2026, 6, 30))
