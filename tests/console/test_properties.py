"""What holds for any address and any tree, asked of the page's own modules in the browser."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from console.conftest import Visiting

EXAMPLES = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
ID = st.uuids().map(str)
POSITION = st.none() | st.integers(0, 10**18).map(str)
STATE = st.fixed_dictionaries(
    {
        "cycle": st.none() | ID,
        "view": st.sampled_from([None, "TIGHT", "LOOSE", "MIXED"]),
        "form": st.sampled_from([None, "tree", "outline"]),
        "depth": st.none() | st.integers(0, 99),
        "open": st.lists(ID.map(lambda given: given[:13]), max_size=4),
        "at": POSITION,
        "from": POSITION,
        "to": POSITION,
        "item": st.none() | ID,
        "find": st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        "zoom": st.none() | st.tuples(st.integers(-999, 999), st.integers(-999, 999), st.integers(1, 20)).map(list),
    }
)
PARENTS = st.lists(st.integers(-1, 60), min_size=1, max_size=60)
"""The place of each node's parent; -1 and what comes later: none."""

ROUND_TRIP = """async (states) => {
  const { read, written } = await import("/console/page/address.js");
  return states.map((state) => read(written(state)));
}"""
DRAWN = """async ([parents, top, height]) => {
  const { regrown, shown } = await import("/console/page/trees.js");
  const { inSight, laidOut } = await import("/console/page/layout.js");
  const parentOf = (at) => (parents[at] < at ? `n${parents[at]}` : null);
  const nodes = parents.map((_, at) => ({ id: `n${at}`, parentId: parentOf(at), children: [], childCount: 0 }));
  const layout = laidOut(shown(regrown({}, nodes, []), () => true));
  const part = { left: -1e6, right: 1e6, top, bottom: top + height };
  const drawn = inSight(layout, part).map(({ id, x, y, isStuck }) => ({ id, x, y, stuck: Boolean(isStuck) }));
  return { drawn, all: [...layout.places.values()].map(({ id, x, y }) => ({ id, x, y })) };
}"""
HEIGHT = 106


@pytest.fixture
def page(visit: Visiting) -> Page:
    return visit(signed_in=False).page


@EXAMPLES
@given(states=st.lists(STATE, min_size=1, max_size=20))
def test_an_address_says_all_of_what_is_looked_at(page: Page, states: list[dict[str, Any]]) -> None:
    assert page.evaluate(ROUND_TRIP, states) == states


@EXAMPLES
@given(parents=PARENTS, top=st.integers(-3000, 3000), height=st.integers(100, 2000))
def test_all_that_is_in_sight_is_drawn_once_and_nothing_over_another(
    page: Page, parents: list[int], top: int, height: int
) -> None:
    found = page.evaluate(DRAWN, [parents, top, height])
    assert len(found["all"]) == len(parents)
    drawn = {each["id"]: each for each in found["drawn"]}
    assert len(drawn) == len(found["drawn"])
    seen = {each["id"] for each in found["all"] if each["y"] + HEIGHT >= top and each["y"] <= top + height}
    assert seen <= set(drawn)
    columns: dict[float, list[float]] = {}
    for each in drawn.values():
        columns.setdefault(each["x"], []).append(each["y"])
    for places in columns.values():
        places.sort()
        assert all(below - above >= HEIGHT for above, below in pairwise(places))
