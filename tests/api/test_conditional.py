"""Conditional answers: whoever has seen an answer is told so for as long as it would be the same."""

from typing import Any

import httpx
import pytest

from api.serving import Api, Company

TITLES = "query($cycle: ID!) { objectives(where: {cycleId: $cycle}) { nodes { title progress health } } }"


def get(api: Api, query: str, known: str | None = None, **variables: Any) -> httpx.Response:
    params = {"query": query, "variables": httpx.Request("POST", "http://x", json=variables).content.decode()}
    return api.http.get("/graphql", params=params, headers={"If-None-Match": known} if known else {})


@pytest.fixture
def company(api: Api) -> Company:
    return Company(api)


def test_what_has_not_changed_is_not_sent_again(api: Api, company: Company) -> None:
    company.objective()
    first = get(api, TITLES, cycle=company.cycle)
    again = get(api, TITLES, first.headers["etag"], cycle=company.cycle)
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == first.headers["cache-control"] == "private, no-cache"
    assert "Authorization" in again.headers["vary"]


def test_after_any_change_the_answer_is_sent(api: Api, company: Company) -> None:
    company.objective()
    first = get(api, TITLES, cycle=company.cycle)
    company.objective()
    again = get(api, TITLES, first.headers["etag"], cycle=company.cycle)
    assert (again.status_code, len(again.json()["data"]["objectives"]["nodes"])) == (200, 2)
    assert again.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("weak", ["W/", ""])
def test_a_tag_may_stand_among_others(api: Api, company: Company, weak: str) -> None:
    known = get(api, TITLES, cycle=company.cycle).headers["etag"]
    assert get(api, TITLES, f'"another", {weak}{known}', cycle=company.cycle).status_code == 304


def test_another_viewer_document_variable_or_media_type_is_another_answer(api: Api, company: Company) -> None:
    known = get(api, TITLES, cycle=company.cycle).headers["etag"]
    assert get(api.as_("member"), TITLES, known, cycle=company.cycle).status_code == 200
    assert get(api, TITLES + " ", known, cycle=company.cycle).status_code == 200
    assert get(api, TITLES, known, cycle=company.ceo).status_code == 200
    api.http.headers["accept"] = "application/json"
    assert get(api, TITLES, known, cycle=company.cycle).status_code == 200


def test_errors_and_posts_have_no_tag(api: Api, company: Company) -> None:
    assert "etag" not in get(api, "{ nothing }").headers
    assert "etag" not in get(api, TITLES, cycle=None).headers
    assert "etag" not in api.post(TITLES, {"cycle": company.cycle}).headers
