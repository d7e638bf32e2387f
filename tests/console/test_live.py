"""Live in a browser: what others do shows up by itself, and nobody loses their place."""

import re

from playwright.sync_api import expect

from api.serving import Api, Company
from console.conftest import Visiting


def test_a_check_in_of_somebody_else_shows_up_by_itself(visit: Visiting, api: Api) -> None:
    company = Company(api)
    kr = company.key_result()
    page = visit(f"/?cycle={company.cycle}&view=MIXED&as=tree&depth=5&item={kr}")
    expect(page.details.get_by_role("heading", name="Why has it no progress?")).to_be_visible()
    expect(page.page.get_by_text("Live", exact=True)).to_be_visible()
    place = page.item("Revenue").bounding_box()
    api.made("recordCheckIn", "checkIn", keyResult={"id": kr}, value="6")
    expect(page.item("Key result, Revenue")).to_have_accessible_name(re.compile("progress 60 %"))
    expect(page.item("Objective, Grow")).to_have_accessible_name(re.compile("progress 60 %"))
    expect(page.details.get_by_role("heading", name="Why is it at 60 %?")).to_be_visible()
    assert page.item("Revenue").bounding_box() == place


def test_what_comes_above_does_not_move_what_is_looked_at(visit: Visiting, api: Api) -> None:
    company = Company(api)
    top = company.objective("Top")
    last = company.objective("Looked at", ownerId=company.ana)
    page = visit(f"/?cycle={company.cycle}&view=MIXED&as=tree&depth=5&item={last['id']}")
    expect(page.details.get_by_role("heading", name="Audit trail")).to_be_visible()
    place = page.item("Looked at").bounding_box()
    assert place
    for number in range(4):
        company.objective(f"New {number}", alignTo=[{"objectiveId": top["id"]}], ownerId=company.ana)
    page.sees("New 3")
    now = page.item("Looked at").bounding_box()
    assert now
    assert (now["x"], now["y"]) == (place["x"], place["y"])


def test_the_past_stays_as_it_was(visit: Visiting, api: Api) -> None:
    company = Company(api)
    company.objective("Top")
    page = visit(f"/?cycle={company.cycle}&view=MIXED&as=outline&depth=5&at={api.position()}")
    page.sees("Top")
    company.objective("Later")
    page.button("Now").click()
    page.sees("Later")
    page.page.go_back()
    page.misses("Later")


def test_a_line_that_breaks_is_told_and_taken_up_again(visit: Visiting, api: Api) -> None:
    company = Company(api)
    company.objective("Top")
    page = visit(f"/?cycle={company.cycle}&view=MIXED&as=tree&depth=5")
    page.sees("Top")
    page.tolerated += ["Failed to load resource", "net::"]
    expect(page.page.get_by_text("Live", exact=True)).to_be_visible()
    page.page.context.set_offline(True)
    expect(page.page.get_by_text("Offline, trying again")).to_be_visible()
    page.sees("Top")
    page.shot("offline")
    company.objective("Meanwhile")
    page.page.context.set_offline(False)
    page.sees("Meanwhile")
    expect(page.page.get_by_text("Live", exact=True)).to_be_visible()
