"""Accessible: what axe-core finds in each state of the pages, in light and dark."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from api.serving import Api, Company
from console.conftest import Visiting
from console.looking import NARROW, WIDE, Visit
from node import installed

AXE = "axe-core@4.14.1"
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = installed(tmp_path_factory.mktemp("axe"), AXE)
    return Path(folder / "node_modules/axe-core/axe.min.js").read_text()


def findings(page: Visit, axe: str) -> list[str]:
    page.page.evaluate(axe)
    found: dict[str, Any] = page.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]


@pytest.mark.parametrize(
    ("form", "scheme", "viewport"),
    [("tree", "light", WIDE), ("tree", "dark", NARROW), ("outline", "dark", WIDE), ("outline", "light", NARROW)],
    ids=["tree-light-wide", "tree-dark-narrow", "outline-dark-wide", "outline-light-narrow"],
)
def test_nothing_serious_is_found(
    visit: Visiting, api: Api, axe: str, form: str, scheme: str, viewport: dict[str, int]
) -> None:
    company = Company(api)
    objective = company.objective("Grow")
    begin = api.position()
    kr = objective["keyResults"][0]["id"]
    for value, confidence in (("2", "0.2"), ("4", "0.5")):
        api.made("recordCheckIn", "checkIn", keyResult={"id": kr}, value=value, confidence=confidence)
    moved = company.objective("Aligned", alignTo=[{"objectiveId": objective["id"]}])
    api.made("editObjective", "objective", id=moved["id"], title="Aligned and told better")
    api.made("retireObjective", "objective", id=company.objective("Going")["id"], reason="Gone")
    look = f"/?cycle={company.cycle}&view=MIXED&as={form}&depth=5"
    page = visit(f"{look}&from={begin}", scheme=scheme, viewport=viewport)
    expect(page.changes.get_by_role("listitem").first).to_be_visible()
    page.shot(f"changes-{form}-{scheme}-{viewport['width']}")
    assert findings(page, axe) == []
    page = visit(f"{look}&item={kr}", scheme=scheme, viewport=viewport)
    expect(page.details.get_by_role("heading", name="Audit trail")).to_be_visible()
    page.details.get_by_role("button", name="Check in").click()
    page.shot(f"details-{form}-{scheme}-{viewport['width']}")
    assert findings(page, axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_is_found_while_there_is_no_tree(visit: Visiting, axe: str, scheme: str) -> None:
    page = visit(signed_in=False, scheme=scheme)
    expect(page.page.get_by_label("Your token")).to_be_visible()
    assert findings(page, axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_seeds_have_nothing_serious(visit: Visiting, axe: str, scheme: str) -> None:
    page = visit(scheme=scheme)
    expect(page.tree.get_by_role("treeitem").first).to_be_visible()
    assert findings(page, axe) == []
    page.choose_cycle("Example 003L")
    page.shot(f"loose-{scheme}")
    assert findings(page, axe) == []


def test_who_wants_less_motion_gets_none(visit: Visiting) -> None:
    page = visit()
    card = page.tree.get_by_role("treeitem").first
    expect(card).to_be_visible()
    assert card.evaluate("(card) => getComputedStyle(card).transitionProperty") in ("none", "all")
    assert card.evaluate("(card) => getComputedStyle(card).transitionDuration") == "0s"
