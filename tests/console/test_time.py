"""Time in a browser: a slider over what changed, a comparison of two moments, and links that show the same again."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Request, Route, expect

from api.serving import Api, Company
from console.conftest import Visiting
from console.looking import Visit

REASON = "New markets move to marketing"


@dataclass
class Story:
    """A key result that the VP had and lost, an objective that moved, one that went and one that was told otherwise."""

    company: Company
    kr: str
    begin: int
    taken: int


@pytest.fixture
def story(api: Api) -> Story:
    company = Company(api)
    name = f"VP {company.name}"
    vp = api.made("registerOwner", "owner", name=name, level="DEPARTMENT", parentId=company.ceo)["id"]
    krs = [{"title": "Revenue from new markets", "metric": {"kind": "INCREASE", "start": "0", "target": "10"}}]
    top = company.objective("Diversify into new markets", keyResults=krs)
    other = company.objective("Another direction")
    kr = top["keyResults"][0]["id"]
    do = api.do
    do("delegateKR", "objective { id }", keyResultId=kr, to={"ownerId": vp}, title="Grow revenue abroad")
    mover = company.objective("Moves about", alignTo=[{"objectiveId": top["id"]}], ownerId=company.ana)
    goes = company.objective("Goes away", ownerId=company.ana)
    begin = api.position()
    unaligned = {"objectiveId": mover["id"], "from": {"objectiveId": top["id"]}}
    do("unalignObjective", "position", **unaligned)
    do("alignObjective", "position", objectiveId=mover["id"], to={"objectiveId": other["id"]}, reason="It fits better")
    do("retireObjective", "position", id=goes["id"], reason="Not worth it")
    do("editObjective", "position", id=other["id"], title="Another direction, told better", reason="Clearer")
    company.objective("Comes new", ownerId=company.ana)
    do("undelegateKR", "position", keyResultId=kr, child="DETACH", reason=REASON)
    return Story(company, kr, begin, api.position())


def looking(visit: Visiting, story: Story, more: str = "") -> Visit:
    page = visit(f"/?cycle={story.company.cycle}&view=MIXED&as=tree&depth=6{more}")
    page.sees("Diversify")
    expect(page.timeline.get_by_role("slider").first).to_be_visible()
    return page


def test_the_slider_stops_where_something_changed_and_the_tree_is_as_it_was(visit: Visiting, story: Story) -> None:
    page = looking(visit, story)
    expect(page.item("Grow revenue abroad")).to_have_attribute("aria-level", "1")
    page.button("Change before").click()
    expect(page.timeline).to_contain_text(f"Undelegate KR by Development {REASON}")
    page.button("Change before").click()
    expect(page.item("Grow revenue abroad")).to_have_attribute("aria-level", "3")
    expect(page.page.get_by_text("The past")).to_be_visible()
    slider = page.timeline.get_by_role("slider", name="Moment")
    slider.focus()
    slider.press("Home")
    page.misses("Grow revenue abroad")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("Create objective by Development"))
    page.button("Now").click()
    expect(page.item("Grow revenue abroad")).to_have_attribute("aria-level", "1")
    assert "at" not in page.address()


def test_playing_goes_through_the_changes_one_by_one_to_now(visit: Visiting, story: Story) -> None:
    page = looking(visit, story)
    slider = page.timeline.get_by_role("slider", name="Moment")
    slider.focus()
    slider.press("End")
    for _ in range(3):
        page.button("Change before").click()
    page.button("Play").click()
    expect(page.button("Pause")).to_be_visible()
    expect(page.timeline.get_by_text("Now", exact=True).first).to_be_visible()
    expect(page.button("Play")).to_be_visible()
    assert "at" not in page.address()


def test_a_comparison_tells_what_came_went_moved_and_changed_by_who_and_why(visit: Visiting, story: Story) -> None:
    page = looking(visit, story, f"&from={story.begin}")
    for name in ("2 added", "2 removed", "2 moved"):
        expect(page.changes.get_by_role("button", name=name)).to_be_visible()
    for start in ("Added, Objective, Comes new", "Removed, Objective, Goes away", "Moved, Objective, Moves about"):
        expect(page.item(start)).to_be_visible()
    expect(page.item("Changed, Objective, Another direction, told better")).to_be_visible()
    moved = page.changes.get_by_role("listitem").filter(has_text="Moves about")
    expect(moved).to_contain_text("from Diversify into new markets to Another direction, told better")
    expect(moved).to_contain_text(re.compile("Objective aligned by Development, .+: “?It fits better"))
    expect(page.page.locator("path.link.former")).not_to_have_attribute("d", "")
    page.shot("comparison")
    page.changes.get_by_role("button", name="2 removed").click()
    assert page.changes.locator("ol > li").count() == 2
    page.changes.get_by_role("button", name=re.compile("Goes away")).click()
    assert page.address()["item"]


def test_two_handles_choose_the_moments_of_a_comparison(visit: Visiting, story: Story) -> None:
    page = looking(visit, story)
    page.button("Compare").click()
    start = page.timeline.get_by_role("slider", name="From")
    start.focus()
    start.press("Home")
    expect(page.changes.get_by_role("button", name=re.compile(r"\d+ added"))).not_to_contain_text("1 added")
    end = page.timeline.get_by_role("slider", name="To")
    end.focus()
    end.press("Home")
    expect(page.changes.get_by_text("Nothing changed between these two moments.")).to_be_visible()
    assert page.address()["from"] == page.address()["to"]


def test_a_link_shows_somebody_else_the_same(visit: Visiting, story: Story) -> None:
    page = looking(visit, story, f"&from={story.begin}&to={story.taken}&item={story.kr}&find=market")
    expect(page.details.get_by_role("heading", name="Audit trail")).to_be_visible()
    expect(page.page).to_have_url(re.compile("zoom="))
    again = visit(page.page.url.removeprefix(page.url), role="auditor")
    expect(again.details.get_by_role("heading", name="Audit trail")).to_be_visible()
    expect(again.changes.get_by_role("button", name="2 moved")).to_be_visible()
    # The comparison may still have been under way when the first tree was drawn.
    expect(again.item("Removed, Objective, Goes away")).to_be_visible()
    expect(page.item("Removed, Objective, Goes away")).to_be_visible()
    assert {name: told for name, told in again.address().items() if name != "zoom"} == {
        name: told for name, told in page.address().items() if name != "zoom"
    }
    expect(again.tree.get_by_role("treeitem")).to_have_count(page.tree.get_by_role("treeitem").count())
    expect(again.page.get_by_role("searchbox", name="Find")).to_have_value("market")


def test_a_comparison_that_arrives_before_the_tree_waits_for_it(visit: Visiting, story: Story) -> None:
    page = visit(signed_in=False)
    held: list[Route] = []

    def hold_the_first_tree(route: Route) -> None:
        if asks(route.request, "Tree") and not held:
            held.append(route)
        else:
            route.continue_()

    page.page.route("**/graphql", hold_the_first_tree)
    link = f"cycle={story.company.cycle}&view=MIXED&as=tree&depth=6&from={story.begin}&item={story.kr}"
    with page.page.expect_response(lambda response: asks(response.request, "Comparison")) as compared:
        page.page.goto(f"{page.url}/?{link}#token={page.token}")
    compared.value.finished()
    expect(page.changes).to_contain_text("Comparing…")
    page.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    held[0].continue_()
    expect(page.details.get_by_role("heading", name="Audit trail")).to_be_visible()
    expect(page.changes.get_by_role("listitem").filter(has_text="Moves about")).to_be_visible()
    expect(page.timeline.get_by_role("slider").first).to_be_visible()


def asks(request: Request, operation: str) -> bool:
    return f"query {operation}" in (request.post_data or "")


def test_back_undoes_a_step(visit: Visiting, story: Story) -> None:
    page = looking(visit, story)
    page.item("Comes new").click()
    page.item("Moves about").click()
    expect(page.details.get_by_role("heading", name="Moves about")).to_be_visible()
    page.page.go_back()
    expect(page.details.get_by_role("heading", name="Comes new")).to_be_visible()


def test_a_day_is_gone_to(visit: Visiting, story: Story) -> None:
    page = looking(visit, story)
    page.page.get_by_label("Day").fill("2026-01-05")
    expect(page.timeline).to_contain_text("Before everything")
    expect(page.page.get_by_text("Nothing was here yet")).to_be_visible()


def test_the_auditors_question_is_answered_in_few_steps(visit: Visiting, story: Story) -> None:
    """Who took this key result from the VP, when and why, and what did the tree look like before?"""
    steps = 0
    page = visit()
    expect(page.tree.get_by_role("treeitem").first).to_be_visible()
    steps += 1
    page.choose_cycle(story.company.name)
    steps += 1
    page.item("Key result, Revenue from new markets").click()
    trail = page.details.get_by_role("listitem").filter(has_text="KR undelegated")
    expect(trail.last).to_contain_text("Development")
    expect(trail.last).to_contain_text(REASON)
    expect(trail.last.locator("code")).to_have_text(re.compile("^[0-9a-f]{64}$"))
    steps += 1
    page.button("Compare").click()
    expect(page.changes).to_contain_text(REASON)
    expect(page.changes.get_by_role("button", name="1 moved")).to_be_visible()
    steps += 1
    page.button("Compare").click()
    steps += 1
    page.button("Change before").click()
    steps += 1
    page.button("Change before").click()
    expect(page.item("Grow revenue abroad")).to_have_attribute("aria-level", "3")
    expect(page.details).to_contain_text(f"responsible: VP {story.company.name}")
    page.shot("auditor")
    assert steps <= 8


def test_what_was_looked_at_is_there_at_once(visit: Visiting, story: Story) -> None:
    page = looking(visit, story)
    page.button("Change before").click()
    expect(page.page.locator("main.busy")).not_to_be_attached()
    page.button("Change before").click()
    expect(page.item("Grow revenue abroad")).to_have_attribute("aria-level", "3")
    asked = page.asked.count("Tree")
    assert asked > 2
    page.button("Next change").click()
    expect(page.item("Grow revenue abroad")).to_have_attribute("aria-level", "1")
    page.button("Change before").click()
    expect(page.item("Grow revenue abroad")).to_have_attribute("aria-level", "3")
    assert page.asked.count("Tree") == asked
