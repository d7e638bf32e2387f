"""The panel in a browser: why a number is what it is, check-ins, delegations, the audit trail; and what can be done."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from api.serving import Api, Company
from console.conftest import Visiting
from console.looking import Visit


@pytest.fixture
def company(api: Api) -> Company:
    return Company(api)


def opened(visit: Visiting, company: Company, item: str, **given: Any) -> Visit:
    page = visit(f"/?cycle={company.cycle}&view=MIXED&as=tree&depth=5&item={item}", **given)
    expect(page.details.get_by_role("heading", name="Audit trail")).to_be_visible()
    return page


def reported(company: Company, kr: str, value: str, day: str, **given: Any) -> None:
    said = {"keyResult": {"id": kr}, "value": value, "effectiveAt": f"2026-{day}T12:00:00Z", **given}
    company.api.made("recordCheckIn", "checkIn", **said)


def test_it_is_told_why_an_objective_stands_where_it_does(visit: Visiting, company: Company) -> None:
    metric = {"kind": "INCREASE", "start": "0", "target": "10"}
    weights = {"Heavy": "3", "Light": "1", "Silent": "1"}
    krs = [{"title": title, "metric": metric, "weight": weight} for title, weight in weights.items()]
    objective = company.objective("Grow", keyResults=krs)
    heavy, light, _ = (kr["id"] for kr in objective["keyResults"])
    reported(company, heavy, "2", "03-01")
    reported(company, light, "10", "03-01")
    page = opened(visit, company, objective["id"])
    expect(page.details.get_by_role("heading", name="Why is it at 40 %?")).to_be_visible()
    rows = page.details.get_by_role("table").get_by_role("row")
    expect(rows.filter(has_text="Heavy")).to_contain_text(re.compile(r"75 %\s*20 %"))
    expect(rows.filter(has_text="Light")).to_contain_text(re.compile(r"25 %\s*100 %"))
    expect(rows.filter(has_text="Silent")).to_contain_text(re.compile(r"–\s*–"))


def test_check_ins_are_drawn_with_the_line_to_their_target(visit: Visiting, company: Company) -> None:
    kr = company.key_result()
    for value, day in (("1", "02-01"), ("3", "04-01"), ("4", "06-01")):
        reported(company, kr, value, day, confidence="0.8", note=f"Note of {day}")
    page = opened(visit, company, kr)
    chart = page.details.get_by_role("img", name=re.compile("3 check-ins, the last 4 on 1 Jun 2026; target 10"))
    expect(chart).to_be_visible()
    assert chart.locator("circle").count() == 3
    assert chart.locator("line.target").count() == 1
    expect(page.details).to_contain_text("Note of 06-01")
    expect(page.details.get_by_role("heading", name="Why is it at 40 %?")).to_be_visible()
    page.shot("panel-key-result")


def test_texts_of_others_are_shown_as_they_were_typed(visit: Visiting, company: Company) -> None:
    said = "<img src=x onerror=alert(1)><b>bold</b>"
    page = opened(visit, company, company.objective(said)["id"])
    expect(page.details.get_by_role("heading", level=2)).to_have_text(said)
    assert page.page.locator("img, b").count() == 0


def test_a_check_in_is_recorded_and_shown_without_losing_the_place(visit: Visiting, company: Company) -> None:
    kr = company.key_result()
    page = opened(visit, company, kr)
    before = page.item("Revenue").bounding_box()
    page.details.get_by_role("button", name="Check in").click()
    form = page.details.get_by_role("form", name="Record check-in")
    form.get_by_label("Value").fill("2,5")
    form.get_by_label("Confidence").fill("0.9")
    form.get_by_label("Note").fill("Going well")
    form.get_by_role("button", name="Record check-in").click()
    expect(page.details.get_by_text("Checked in.")).to_be_visible()
    expect(page.details.get_by_role("heading", name="Why is it at 25 %?")).to_be_visible()
    expect(page.item("Revenue")).to_have_accessible_name(re.compile("progress 25 %, On track"))
    assert page.item("Revenue").bounding_box() == before
    assert company.api.ask("query($id: ID!) { keyResult(id: $id) { current } }", id=kr)["keyResult"]["current"] == "2.5"


def test_what_is_wrong_is_told_where_it_was_typed(visit: Visiting, company: Company) -> None:
    page = opened(visit, company, company.key_result())
    page.details.get_by_role("button", name="Check in").click()
    form = page.details.get_by_role("form", name="Record check-in")
    form.get_by_label("Value").fill("1")
    form.get_by_label("Confidence").fill("7")
    form.get_by_role("button", name="Record check-in").click()
    wrong = form.get_by_label("Confidence")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    assert "between 0 and 1" in form.locator(f"[id='{wrong.get_attribute('aria-describedby')}']").inner_text()
    expect(form.get_by_label("Value")).to_have_attribute("aria-invalid", "false")
    form.get_by_label("Confidence").fill("0.7")
    form.get_by_role("button", name="Record check-in").click()
    expect(page.details.get_by_text("Checked in.")).to_be_visible()


def test_a_key_result_is_delegated_and_taken_back_with_a_reason(visit: Visiting, company: Company) -> None:
    kr = company.key_result()
    page = opened(visit, company, kr)
    page.details.get_by_role("button", name="Delegate").click()
    form = page.details.get_by_role("form", name="Delegate key result")
    form.get_by_label("To whom: search by name").fill(f"ana {company.name}")
    expect(form.get_by_role("combobox", name="To whom")).to_contain_text(f"Ana {company.name}")
    form.get_by_label("Title of their objective").fill("Ana's revenue")
    form.get_by_role("button", name="Delegate key result").click()
    expect(page.item("Objective, Ana's revenue")).to_have_attribute("aria-level", "3")
    expect(page.details).to_contain_text(f"responsible: Ana {company.name}")
    page.details.get_by_role("button", name="Take back").click()
    form = page.details.get_by_role("form", name="Take key result back")
    form.get_by_role("button", name="Take key result back").click()
    expect(form.get_by_label("Reason")).to_have_attribute("aria-invalid", "true")
    form.get_by_label("Reason").fill("It stays with the CEO")
    form.get_by_role("button", name="Take key result back").click()
    expect(page.item("Objective, Ana's revenue")).to_have_attribute("aria-level", "1")
    told = page.details.get_by_role("listitem").filter(has_text="KR undelegated").first
    expect(told).to_contain_text("It stays with the CEO")


def test_an_objective_is_aligned(visit: Visiting, company: Company) -> None:
    company.objective("The company's aim")
    other = company.objective("Ana's aim", ownerId=company.ana)
    page = opened(visit, company, other["id"])
    page.details.get_by_role("button", name="Align").click()
    form = page.details.get_by_role("form", name="Align objective")
    form.get_by_label("What it serves: search").fill("company's")
    expect(form.get_by_role("combobox", name="What it serves")).to_contain_text("The company's aim")
    form.get_by_role("button", name="Align objective").click()
    expect(page.item("Objective, Ana's aim")).to_have_attribute("aria-level", "2")
    expect(page.details).to_contain_text("Serves The company's aim")


@pytest.mark.parametrize("role", ["auditor", "member"])
def test_who_may_do_nothing_is_offered_nothing(visit: Visiting, company: Company, role: str) -> None:
    page = opened(visit, company, company.key_result(), role=role, login=f"nobody-{company.name}")
    assert page.details.get_by_role("region", name="What you can do").count() == 0


def test_the_past_cannot_be_changed(visit: Visiting, company: Company) -> None:
    kr = company.key_result()
    page = opened(visit, company, kr)
    expect(page.details.get_by_role("region", name="What you can do")).to_be_visible()
    page.button("Change before").click()
    expect(page.details.get_by_role("region", name="What you can do")).not_to_be_attached()


def test_escape_closes_the_panel(visit: Visiting, company: Company) -> None:
    page = opened(visit, company, company.key_result())
    page.details.get_by_role("button", name="Close details").focus()
    page.page.keyboard.press("Escape")
    expect(page.details).not_to_be_attached()
    assert "item" not in page.address()
