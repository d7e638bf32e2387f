"""What stands in place of a tree: signing in, loading, nothing there, out of reach, failed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from api.serving import Api, Company, served, token
from console.conftest import Visiting
from console.looking import NARROW, Visit


def test_without_a_token_one_is_asked_for_and_kept_in_memory_only(visit: Visiting, url: str) -> None:
    page = visit(signed_in=False)
    expect(page.page.get_by_label("Your token")).to_be_visible()
    page.shot("signing-in")
    page.page.get_by_label("Your token").fill(token(url, "auditor"))
    page.button("Open").click()
    expect(page.tree.get_by_role("treeitem").first).to_be_visible()
    assert page.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    page.page.reload()
    expect(page.page.get_by_label("Your token")).to_be_visible()


def test_a_token_that_is_none_is_told_so_and_another_goes_on_where_the_link_leads(
    visit: Visiting, api: Api, url: str
) -> None:
    company = Company(api)
    company.objective("Where the link leads")
    page = visit(f"/?cycle={company.cycle}&view=MIXED&as=tree&depth=3", signed_in=False)
    page.tolerated.append("401")
    page.page.get_by_label("Your token").fill("nonsense")
    page.button("Open").click()
    expect(page.page.get_by_role("alert")).to_contain_text("not valid")
    page.page.get_by_label("Your token").fill(token(url))
    page.button("Open").click()
    page.sees("Where the link leads")


@pytest.fixture
def empty(database: str) -> Iterator[str]:
    with served(database) as address:
        yield address


def test_a_service_without_cycles_says_how_to_begin(browser: Browser, empty: str, screenshots: Path) -> None:
    page = Visit(browser, empty, "/", token(empty), screenshots)
    expect(page.page.get_by_role("heading", name="No cycle yet")).to_be_visible()
    page.shot("no-cycle")
    page.end()


def test_a_cycle_without_objectives_fills_by_itself(visit: Visiting, api: Api) -> None:
    company = Company(api)
    page = visit(f"/?cycle={company.cycle}&view=MIXED&as=tree&depth=3")
    expect(page.page.get_by_role("heading", name="No objectives yet")).to_be_visible()
    page.shot("no-objectives")
    company.objective("The first")
    page.sees("The first")


def test_loading_is_told_and_what_fails_can_be_tried_again(visit: Visiting) -> None:
    page = visit(signed_in=False)
    page.tolerated.append("503")
    answers = iter(["broken"])

    def interfere(route: Route) -> None:
        if "cascade(" not in (route.request.post_data or "") or next(answers, None) != "broken":
            return route.continue_()
        error = {"message": "Too many requests are waiting.", "extensions": {"code": "TRY_LATER"}}
        return route.fulfill(status=503, body=json.dumps({"errors": [error]}))

    page.page.route("**/graphql", interfere)
    page.page.get_by_label("Your token").fill(token(page.url))
    page.button("Open").click()
    expect(page.page.get_by_role("alert")).to_contain_text("Too many requests are waiting.")
    expect(page.page.get_by_role("alert")).to_contain_text("try again in a moment")
    page.shot("failed")
    page.button("Try again").click()
    expect(page.tree.get_by_role("treeitem").first).to_be_visible()


def test_a_service_that_does_not_answer_is_asked_again_by_itself(visit: Visiting) -> None:
    page = visit(signed_in=False)
    page.tolerated += ["Failed to load resource", "net::"]
    page.page.context.set_offline(True)
    page.page.get_by_label("Your token").fill(token(page.url))
    page.button("Open").click()
    expect(page.page.get_by_role("heading", name="The service is out of reach")).to_be_visible()
    page.shot("out-of-reach")
    page.page.context.set_offline(False)
    expect(page.tree.get_by_role("treeitem").first).to_be_visible()


def test_a_link_to_a_moment_that_has_not_come_says_so(visit: Visiting) -> None:
    page = visit("/?at=999999999")
    expect(page.page.get_by_role("alert")).to_contain_text("has not come to")
    page.button("Now").click()
    expect(page.tree.get_by_role("treeitem").first).to_be_visible()


@pytest.mark.parametrize(
    "search",
    ["?cycle=nonsense&view=WRONG&as=no&depth=x&zoom=1,2&at=-1&from=x&item=%00&open=....", "?zoom=0,0,0&depth=99"],
)
def test_an_address_that_makes_no_sense_shows_what_it_can(visit: Visiting, search: str) -> None:
    page = visit(f"/{search}")
    expect(page.tree.get_by_role("treeitem").first).to_be_visible()


def test_graphiql_answers_a_browser_from_our_own_files(visit: Visiting) -> None:
    page = visit("/graphql")
    expect(page.page.get_by_role("tab", name="Cycles")).to_be_visible()
    assert "token" not in page.page.url
    page.page.get_by_role("button", name=re.compile("Execute")).click()
    expect(page.page.locator(".result-window")).to_contain_text("Example 002 (tight)")
    page.page.get_by_role("button", name=re.compile("Documentation")).click()
    expect(page.page.get_by_role("region", name="Documentation Explorer")).to_contain_text("Query")
    assert page.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    page.shot("graphiql")


def test_graphiql_asks_for_a_token_where_none_came(visit: Visiting) -> None:
    page = visit("/graphql", signed_in=False)
    page.page.get_by_label("Your token").fill(token(page.url))
    page.button("Open GraphiQL").click()
    expect(page.page.get_by_role("tab", name="Cycles")).to_be_visible()


def test_a_narrow_screen_shows_the_outline_without_scrolling_sideways(visit: Visiting) -> None:
    page = visit(viewport=NARROW)
    expect(page.tree.get_by_role("treeitem").first).to_be_visible()
    expect(page.page).to_have_url(re.compile("as=outline"))
    assert page.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.shot("narrow")
    page.tree.get_by_role("treeitem").first.click()
    expect(page.details.get_by_role("heading", name="Audit trail")).to_be_visible()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.shot("narrow-details")
    page.details.get_by_role("button", name="Close details").click()
    page.button("Tree").click()
    expect(page.tree.get_by_role("treeitem").first).to_be_visible()
    page.shot("narrow-tree")
