"""The tree of a cycle in a browser: cards, links, folding, searching, moving about."""

import re

import pytest
from playwright.sync_api import expect

from api.serving import Api, Company
from console.conftest import Visiting


def test_one_click_shows_the_seeds_and_the_address_loses_the_token(visit: Visiting) -> None:
    page = visit()
    expect(page.tree.get_by_role("treeitem").first).to_be_visible()
    assert "token" not in page.page.url
    assert page.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert "token" not in page.page.evaluate("performance.getEntriesByType('navigation')[0].name.split('#')[0]")
    page.shot("seeds")


def test_a_key_result_that_was_delegated_leads_to_the_objective_that_it_became(visit: Visiting) -> None:
    page = visit()
    page.choose_cycle("Example 004T")
    expect(page.tree).to_be_visible()
    became = page.item(", delegated")
    expect(became).to_be_attached()
    assert int(became.get_attribute("aria-level") or 0) == 3
    expect(page.tree.locator("path.link.DELEGATES")).not_to_have_attribute("d", "")


def test_a_key_result_shows_three_numbers(visit: Visiting) -> None:
    page = visit()
    page.choose_cycle("Example 004T")
    card = page.tree.locator("[role=treeitem]", has_text="cascaded").first
    expect(card).to_contain_text(re.compile(r"measured (–|\d+ %)\s*.*cascaded (–|\d+ %)"))


def test_links_are_drawn_as_the_view_has_them(visit: Visiting, api: Api) -> None:
    company = Company(api)
    top = company.objective("Top")
    company.objective("Aligned", alignTo=[{"objectiveId": top["id"]}])
    company.objective("Supporting", alignTo=[{"keyResultId": top["keyResults"][0]["id"]}])
    page = visit(f"/?cycle={company.cycle}&view=MIXED&as=tree&depth=9")
    page.sees("Top", "Aligned", "Supporting")
    level = lambda title: page.item(title).get_attribute("aria-level")  # noqa: E731
    assert [level("Objective, Aligned"), level("Objective, Supporting")] == ["2", "3"]
    page.button("Tight").click()
    expect(page.item("Objective, Aligned")).to_have_attribute("aria-level", "1")
    assert level("Objective, Supporting") == "3"
    page.button("Loose").click()
    expect(page.item("Objective, Supporting")).to_have_attribute("aria-level", "1")
    assert level("Objective, Aligned") == "2"
    assert page.address()["view"] == "LOOSE"


@pytest.mark.parametrize("form", ["tree", "outline"])
def test_keys_move_fold_and_choose(visit: Visiting, api: Api, form: str) -> None:
    company = Company(api)
    company.objective("First")
    company.objective("Second")
    page = visit(f"/?cycle={company.cycle}&view=MIXED&as={form}&depth=1")
    page.sees("First", "Second")
    page.tree.focus()
    active = lambda: page.page.evaluate(  # noqa: E731
        "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.innerText"
    )
    for key, wanted in [
        ("ArrowDown", "Objective, First"),
        ("ArrowDown", "Key result, Revenue"),
        ("ArrowLeft", "Objective, First"),
        ("End", "Key result, Revenue"),
        ("Home", "Objective, First"),
    ]:
        page.page.keyboard.press(key)
        assert (active() or "").startswith(wanted), key
    page.page.keyboard.press("ArrowLeft")
    expect(page.item("First")).to_have_attribute("aria-expanded", "false")
    page.page.keyboard.press("ArrowDown")
    assert (active() or "").startswith("Objective, Second")
    page.page.keyboard.press("Enter")
    expect(page.details.get_by_role("heading", name="Second")).to_be_visible()


def test_a_button_folds_what_hangs_below_and_the_depth_folds_all(visit: Visiting, api: Api) -> None:
    company = Company(api)
    company.objective("Top")
    page = visit(f"/?cycle={company.cycle}&view=MIXED&as=tree&depth=1")
    page.sees("Revenue")
    page.button("Fold Top").click()
    page.misses("Revenue")
    page.button("Unfold Top").click()
    page.sees("Revenue")
    page.button("Fold a level").click()
    page.misses("Revenue")
    page.button("Unfold a level").click()
    page.sees("Revenue")


def test_what_is_searched_for_is_jumped_to_wherever_it_is_folded_away(visit: Visiting, api: Api) -> None:
    company = Company(api)
    for number in range(5):
        company.objective(
            f"Objective {number}", keyResults=[{"title": f"Söught {number}", "metric": {"kind": "MILESTONE"}}]
        )
    page = visit(f"/?cycle={company.cycle}&view=MIXED&as=tree&depth=0")
    page.misses("Söught")
    search = page.page.get_by_role("searchbox", name="Find")
    search.fill("sought")
    expect(page.page.get_by_role("search")).to_contain_text("5")
    search.press("Enter")
    search.press("Enter")
    expect(page.page.get_by_role("search")).to_contain_text("2 of 5")
    expect(page.details.get_by_role("heading", name="Söught 1")).to_be_visible()
    page.sees("Söught 1")
    page.misses("Söught 3")


def test_the_line_of_sight_is_lit_up_to_the_company_objective(visit: Visiting) -> None:
    page = visit()
    page.choose_cycle("Example 002 (tight)")
    page.button("Outline").click()
    last = page.tree.locator('[role=treeitem][aria-level="6"]').first
    last.click()
    expect(page.details.get_by_role("heading", name="Line of sight")).to_be_visible()
    assert page.tree.locator(".lit").count() == 6
    assert page.details.locator(".sight li").count() == 5
    page.button("Tree").click()
    page.shot("line-of-sight")


def test_the_plane_is_moved_and_zoomed_and_a_link_shows_it_the_same(visit: Visiting) -> None:
    page = visit()
    card = page.tree.get_by_role("treeitem").first
    expect(card).to_be_visible()
    box = card.bounding_box()
    page.page.mouse.move(700, 160)
    page.page.mouse.down()
    page.page.mouse.move(760, 190, steps=4)
    page.page.mouse.up()
    moved = card.bounding_box()
    assert box
    assert moved
    assert (moved["x"] - box["x"], moved["y"] - box["y"]) == pytest.approx((60, 30), abs=1)
    page.button("Nearer").click()
    page.button("Nearer").click()
    expect(page.page).to_have_url(re.compile("zoom=.+2C0[.]9|zoom=.+2C1"))
    nearer = card.bounding_box()
    again = visit(page.page.url.removeprefix(page.url))
    expect(again.tree.get_by_role("treeitem").first).to_be_visible()
    shown = again.tree.get_by_role("treeitem").first.bounding_box()
    assert nearer
    assert shown
    assert (shown["x"], shown["y"], shown["width"]) == pytest.approx((nearer["x"], nearer["y"], nearer["width"]), abs=1)


def test_advisories_are_marks_with_their_sentence(visit: Visiting) -> None:
    page = visit()
    told = re.compile("A milestone is met or not")
    expect(page.tree.get_by_title(told).first).to_be_visible()
    expect(page.item("Our Channel Partner")).to_have_accessible_name(re.compile(r"\d advisories"))


def test_what_the_viewer_may_not_read_stands_without_a_word(visit: Visiting, api: Api) -> None:
    company = Company(api)
    company.objective("Secret plan", visibility="LINE")
    page = visit(f"/?cycle={company.cycle}&view=MIXED&as=tree&depth=3", role="member", login=f"nobody-{company.name}")
    hidden = page.item("Hidden item")
    expect(hidden).to_be_visible()
    hidden.click()
    expect(page.details).to_contain_text("You may not read this one")
    assert "Secret" not in page.page.content()
