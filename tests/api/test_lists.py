"""Lists: filtered, sorted and paged, without gaps or repetitions."""

from typing import Any

import pytest

from api.serving import Api, Company

PAGE = """query($where: ObjectiveWhere, $orderBy: ObjectiveOrder, $first: Int, $after: String) {
  objectives(where: $where, orderBy: $orderBy, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { title } edges { cursor node { title } } } }"""


class Portfolio(Company):
    """Four objectives that differ in whatever a list can tell apart."""

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        self.sales = api.made("registerOwner", "owner", name="Sales", level="TEAM", parentId=self.ceo)["id"]
        bob = api.made("registerOwner", "owner", name="Bob", level="INDIVIDUAL", parentId=self.sales)["id"]
        top = self.objective("Élan", description="For the company")
        self.objective("beta", ownerId=self.sales, alignTo=[{"objectiveId": top["id"]}])
        started = self.objective("Alpha", ownerId=bob)
        self.objective("gamma", ownerId=self.ana, draft=True, keyResults=[])
        for kr, value in ((top["keyResults"][0]["id"], "2"), (started["keyResults"][0]["id"], "10")):
            api.made("recordCheckIn", "checkIn", keyResult={"id": kr}, value=value, confidence="0.9")

    def titles(self, order: dict[str, str] | None = None, **where: Any) -> list[str]:
        asked = {"where": {"cycleId": self.cycle} | where, "orderBy": order}
        return [node["title"] for node in self.api.ask(PAGE, **asked)["objectives"]["nodes"]]


@pytest.fixture(scope="module")
def portfolio(url: str) -> Portfolio:
    return Portfolio(Api(url))


@pytest.mark.parametrize(
    ("where", "titles"),
    [
        ({}, ["Élan", "beta", "Alpha", "gamma"]),
        ({"search": "elan"}, ["Élan"]),
        ({"search": "COMPANY"}, ["Élan"]),
        ({"search": "a"}, ["Élan", "beta", "Alpha", "gamma"]),
        ({"levels": ["TEAM", "COMPANY"]}, ["Élan", "beta"]),
        ({"states": ["DRAFT"]}, ["gamma"]),
        ({"health": ["ON_TRACK"]}, ["Élan", "Alpha"]),
        ({"health": ["NO_DATA"], "states": ["ACTIVE"]}, ["beta"]),
        ({"unaligned": True}, ["Alpha", "gamma"]),
        ({"unaligned": False}, ["Élan", "beta"]),
        ({"hasAdvisory": "UNALIGNED"}, ["Alpha", "gamma"]),
        ({"hasAdvisory": "NO_SUCH_CODE"}, []),
        ({"ownerIds": []}, []),
        ({"ownerIds": ["x"]}, []),
        ({"cycleId": "x"}, []),
    ],
)
def test_objectives_are_picked_by_what_is_asked(portfolio: Portfolio, where: dict[str, Any], titles: list[str]) -> None:
    assert portfolio.titles(**where) == titles


def test_objectives_are_picked_by_owner(portfolio: Portfolio) -> None:
    assert portfolio.titles(ownerIds=[portfolio.sales, portfolio.ana]) == ["beta", "gamma"]
    assert portfolio.titles(ownerSubtree=portfolio.sales) == ["beta", "Alpha"]
    assert portfolio.titles(ownerSubtree=portfolio.ceo, ownerIds=[portfolio.ceo]) == ["Élan"]


@pytest.mark.parametrize(
    ("field", "up", "down"),
    [
        ("CREATED_AT", ["Élan", "beta", "Alpha", "gamma"], ["gamma", "Alpha", "beta", "Élan"]),
        ("UPDATED_AT", ["Élan", "beta", "Alpha", "gamma"], ["gamma", "Alpha", "beta", "Élan"]),
        ("TITLE", ["Alpha", "beta", "gamma", "Élan"], ["Élan", "gamma", "beta", "Alpha"]),
        ("PROGRESS", ["Élan", "Alpha", None, None], ["Alpha", "Élan", None, None]),
    ],
)
def test_objectives_come_in_the_order_that_is_asked(
    portfolio: Portfolio, field: str, up: list[str | None], down: list[str | None]
) -> None:
    for direction, titles in (("ASC", up), ("DESC", down)):
        found = portfolio.titles({"field": field, "direction": direction})
        assert len(found) == 4
        # Those without progress are equals, and the last in either direction.
        assert all(title is None or title == got for title, got in zip(titles, found, strict=True))


@pytest.mark.parametrize("field", ["CREATED_AT", "UPDATED_AT", "TITLE", "PROGRESS"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("size", [1, 3, 4])
def test_pages_together_are_the_whole_list(portfolio: Portfolio, field: str, direction: str, size: int) -> None:
    order = {"field": field, "direction": direction}
    found: list[str] = []
    after = None
    while True:
        asked = {"where": {"cycleId": portfolio.cycle}, "orderBy": order, "first": size, "after": after}
        page = portfolio.api.ask(PAGE, **asked)["objectives"]
        titles = [node["title"] for node in page["nodes"]]
        info = page["pageInfo"]
        assert titles == [edge["node"]["title"] for edge in page["edges"]]
        assert (info["startCursor"], info["endCursor"]) == (page["edges"][0]["cursor"], page["edges"][-1]["cursor"])
        assert (page["totalCount"], info["hasPreviousPage"]) == (4, after is not None)
        found += titles
        after = info["endCursor"]
        if not info["hasNextPage"]:
            break
    assert found == portfolio.titles(order)


def test_a_cursor_of_another_list_is_refused(portfolio: Portfolio) -> None:
    by_title = portfolio.api.ask(PAGE, orderBy={"field": "TITLE"}, first=1)["objectives"]["pageInfo"]["endCursor"]
    answer = portfolio.api.answer(PAGE, {"orderBy": {"field": "PROGRESS"}, "after": by_title})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_an_empty_page_has_no_cursors(portfolio: Portfolio) -> None:
    page = portfolio.api.ask(PAGE, where={"cycleId": "x"}, first=None)["objectives"]
    info = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert page == {"totalCount": 0, "pageInfo": info, "nodes": [], "edges": []}


def test_owners_are_listed_in_order_of_registration(portfolio: Portfolio) -> None:
    query = """query($s: String, $a: String) {
      owners(levels: [COMPANY, INDIVIDUAL], search: $s, first: 1, after: $a) {
        totalCount pageInfo { endCursor } nodes { name } } }"""
    first = portfolio.api.ask(query, s=portfolio.name.upper())["owners"]
    assert (first["totalCount"], first["nodes"]) == (2, [{"name": f"CEO {portfolio.name}"}])
    second = portfolio.api.ask(query, s=portfolio.name, a=first["pageInfo"]["endCursor"])["owners"]
    assert second["nodes"] == [{"name": f"Ana {portfolio.name}"}]


def test_cycles_are_picked_by_state_and_day(portfolio: Portfolio) -> None:
    dates = {"startsOn": "2031-04-01", "endsOn": "2031-06-30"}
    made = portfolio.api.made("createCycle", "cycle", name="Q2", **dates)["id"]
    query = "query($s: [CycleState!], $at: Date) { cycles(states: $s, at: $at) { id } }"

    def found(**asked: Any) -> bool:
        return made in [cycle["id"] for cycle in portfolio.api.ask(query, **asked)["cycles"]]

    assert found()
    assert found(s=["DRAFT"], at="2031-04-01")
    assert found(at="2031-06-30")
    assert not found(at="2031-07-01")
    assert not found(s=["OPEN", "CLOSED"])


def test_what_hangs_from_a_node_is_paged_in_order_of_alignment(company: Company) -> None:
    above = company.objective("Above")
    kr = above["keyResults"][0]["id"]
    for number in range(3):
        company.objective(f"{number}", alignTo=[{"keyResultId": kr}, {"objectiveId": above["id"]}])
    query = """query($id: ID!, $kr: ID!, $after: String) {
      keyResult(id: $kr) { below: supportedBy(first: 2, after: $after) { ...page } }
      objective(id: $id) { below: alignedObjectives(first: 2, after: $after) { ...page } } }
      fragment page on ObjectiveConnection { totalCount pageInfo { hasNextPage endCursor } nodes { title } }"""
    first = company.api.ask(query, id=above["id"], kr=kr)
    for one in (first["keyResult"]["below"], first["objective"]["below"]):
        assert (one["totalCount"], [node["title"] for node in one["nodes"]]) == (3, ["0", "1"])
        after = one["pageInfo"]["endCursor"]
        rest = company.api.ask(query, id=above["id"], kr=kr, after=after)
        assert [node["title"] for node in rest["keyResult"]["below"]["nodes"]] in (["2"], [])


def test_check_ins_come_latest_first_and_page_by_page(company: Company) -> None:
    kr = company.key_result()
    for day in ("02", "04", "03"):
        given = {"keyResult": {"id": kr}, "value": day, "effectiveAt": f"2026-11-{day}T09:00:00+02:00"}
        company.api.made("recordCheckIn", "checkIn", **given)
    query = """query($kr: ID!, $after: String) { keyResult(id: $kr) { current checkIns(first: 2, after: $after) {
      totalCount pageInfo { hasNextPage endCursor } nodes { value effectiveAt } } } }"""
    found = company.api.ask(query, kr=kr)["keyResult"]
    page = found["checkIns"]
    assert found["current"] == "4"
    assert page["totalCount"] == 3
    assert page["nodes"][0] == {"value": "4", "effectiveAt": "2026-11-04T07:00:00Z"}
    rest = company.api.ask(query, kr=kr, after=page["pageInfo"]["endCursor"])["keyResult"]["checkIns"]
    assert [node["value"] for node in page["nodes"] + rest["nodes"]] == ["4", "3", "2"]
    assert not rest["pageInfo"]["hasNextPage"]


def test_key_results_are_picked_by_who_does_them_and_what_they_say(company: Company) -> None:
    metric = {"kind": "INCREASE", "start": "0", "target": "10"}
    new = [{"title": title, "metric": metric} for title in ("Café", "Sales", "Cost")]
    cafe, sales, cost = (kr["id"] for kr in company.objective(keyResults=new)["keyResults"])
    company.api.made("delegateKR", "objective", keyResultId=sales, to={"ownerId": company.ana})
    company.api.made("recordCheckIn", "checkIn", keyResult={"id": cost}, value="1", confidence="0.9")

    def found(**where: Any) -> list[str]:
        query = "query($where: KeyResultWhere) { keyResults(where: $where) { totalCount nodes { id } } }"
        page = company.api.ask(query, where={"cycleId": company.cycle} | where)["keyResults"]
        assert page["totalCount"] == len(page["nodes"])
        return [node["id"] for node in page["nodes"]]

    assert found() == [cafe, sales, cost]
    assert found(dispositions=["DELEGATED"]) == [sales]
    assert found(search="CAFE") == [cafe]
    assert found(health=["ON_TRACK"]) == [cost]
    assert found(ownerIds=[company.ana]) == []
    assert found(checkInOverdue=True) == []
    query = "query($id: ID, $after: String) { keyResults(where: {cycleId: $id}, first: 2, after: $after) " + (
        "{ nodes { id } pageInfo { hasNextPage endCursor } } }"
    )
    first = company.api.ask(query, id=company.cycle)["keyResults"]
    rest = company.api.ask(query, id=company.cycle, after=first["pageInfo"]["endCursor"])["keyResults"]
    assert [node["id"] for node in first["nodes"] + rest["nodes"]] == [cafe, sales, cost]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


def test_how_much_serves_the_company_is_told(company: Company) -> None:
    above = company.objective("Above")
    company.objective("Below", ownerId=company.ana, alignTo=[{"objectiveId": above["id"]}])
    company.objective("Alone", ownerId=company.ana)
    company.objective("Alone too", ownerId=company.ana)
    query = "query($id: ID!) { alignmentHealth(cycleId: $id) { " + (
        "coverage objectives unaligned keyResults delegated depthHistogram } }"
    )
    assert company.api.ask(query, id=company.cycle)["alignmentHealth"] == {
        "coverage": "0.333333",
        "objectives": 4,
        "unaligned": 2,
        "keyResults": 4,
        "delegated": 0,
        "depthHistogram": [3, 1],
    }
    assert company.api.answer(query, {"id": "x"})["errors"][0]["extensions"]["code"] == "NOT_FOUND"
