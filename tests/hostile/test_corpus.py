"""Hostile requests: each is answered as it should be, soon, and the service goes on."""

from collections.abc import Iterator

import pytest

from hostile.conftest import Target
from hostile.corpus import CORPUS, Hostile

MOST_SECONDS = 0.25
"""Of the server's own time for one request."""


@pytest.fixture(scope="module", autouse=True)
def spent() -> Iterator[dict[str, float]]:
    seconds: dict[str, float] = {}
    yield seconds
    name = max(seconds, key=lambda each: seconds[each])
    print(f"\nof {len(seconds)} hostile requests the worst took {seconds[name] * 1000:.0f} ms: {name}")


def test_there_are_enough_of_them() -> None:
    assert len(CORPUS) >= 80
    assert len({each.name for each in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda each: each.name)
def test_a_hostile_request_is_answered_and_costs_little(
    target: Target, spent: dict[str, float], hostile: Hostile
) -> None:
    before = target.spending.cpu_seconds()
    response = target.api.http.request(
        hostile.method, hostile.path, content=hostile.content, headers=dict(hostile.headers)
    )
    spent[hostile.name] = target.spending.cpu_seconds() - before
    answer = response.json()
    codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
    assert (response.status_code, codes[0] if codes else None) == (hostile.status, hostile.code), response.text[:500]
    limit, _, _ = hostile.name.partition(":")
    if hostile.code == "QUERY_TOO_COMPLEX" and limit in (
        "characters",
        "tokens",
        "definitions",
        "depth",
        "fields",
        "aliases",
        "comparisons",
        "cost",
    ):
        over = {error["extensions"]["limit"]: error["extensions"] for error in answer["errors"]}
        assert over[limit]["found"] > over[limit]["allowed"]
    assert spent[hostile.name] <= MOST_SECONDS
    assert target.spending.alive()
