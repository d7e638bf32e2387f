"""Many nodes in a browser: 5,000 of them, of which only those in sight are drawn."""

import re

import pytest
from playwright.sync_api import Route, expect

from api.serving import Api, Company
from console.conftest import Visiting

BRANCHES, AT_ONCE, KEY_RESULTS = 10, 100, 4
MOST_DRAWN = 150


@pytest.fixture(scope="module")
def cycle(url: str) -> str:
    """1,000 objectives with 4 key results each, on three levels."""
    api = Api(url)
    company = Company(api)
    tops = [company.objective(f"Top {number}")["id"] for number in range(BRANCHES)]
    shown = "results { status objective { id } }"
    krs = [{"title": f"Key result {n}", "metric": {"kind": "MILESTONE"}} for n in range(KEY_RESULTS)]
    for branch, top in enumerate(tops):
        items = [
            {
                "cycleId": company.cycle,
                "ownerId": company.ana,
                "title": f"Objective {branch * AT_ONCE + number}",
                "keyResults": krs,
                "alignTo": [{"objectiveId": top}],
            }
            for number in range(AT_ONCE)
        ]
        made = api.do("createObjectives", shown, items=items, mode="BEST_EFFORT")
        assert len(made["results"]) == AT_ONCE
    return company.cycle


@pytest.mark.parametrize("form", ["tree", "outline"])
def test_only_what_is_in_sight_is_drawn(visit: Visiting, cycle: str, form: str) -> None:
    page = visit(f"/?cycle={cycle}&view=MIXED&as={form}&depth=9")
    expect(page.page.get_by_text("5,020 cards of 5,020")).to_be_visible()
    items = page.tree.get_by_role("treeitem")
    assert 0 < items.count() < MOST_DRAWN
    page.tree.focus()
    page.page.keyboard.press("End")
    page.sees("Objective 999")
    expect(page.item("Key result 3")).to_be_attached()
    assert items.count() < MOST_DRAWN
    page.shot(f"many-{form}")


def test_a_big_tree_begins_folded_and_all_of_it_can_be_shown(visit: Visiting, cycle: str) -> None:
    page = visit(f"/?cycle={cycle}&view=MIXED&as=tree")
    expect(page.page.get_by_text("of 5,020")).to_be_visible()
    expect(page.page).to_have_url(re.compile("depth=0"))
    page.button("Show all").click()
    page.shot("many-all")
    page.page.get_by_role("searchbox", name="Find").fill("objective 777")
    page.page.get_by_role("searchbox", name="Find").press("Enter")
    expect(page.details.get_by_role("heading", name="Objective 777")).to_be_visible()
    page.sees("Objective 777")
    expect(page.item("Objective, Objective 777")).to_be_in_viewport()


def test_a_tree_that_is_too_big_for_one_answer_is_loaded_branch_by_branch(visit: Visiting, cycle: str) -> None:
    page = visit(signed_in=False)
    page.page.route("**/console/page/cuts.js", smaller)
    page.page.goto(f"{page.url}/?cycle={cycle}&view=MIXED&as=outline&depth=0#token={page.token}")
    page.sees("Top 0")
    page.button("Unfold Top 3").click()
    page.sees("Objective 300")
    page.button("Unfold Objective 300").click()
    page.sees("Key result 0")


def smaller(route: Route) -> None:
    """As if the service held far more: a hundred nodes are the most that an answer has."""
    body = route.fetch().text().replace("MOST = 12_000", "MOST = 100")
    route.fulfill(body=body, content_type="text/javascript")
