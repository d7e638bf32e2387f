"""What a viewer may not read: nothing but its place in the tree and its share in the totals."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import orjson
import pytest
from graphql import ExecutionResult

from api.serving import Company
from okr_api.access.policy import ActorKind, Principal
from okr_api.asgi import opened
from okr_api.graphql.asked import Asked
from okr_api.graphql.context import Context, Service
from okr_api.graphql.execution import executed
from okr_api.settings import read_settings

STRANGER = Principal(UUID("00000000-0000-4000-8000-00000000000f"), ActorKind.PERSON, "Stranger", frozenset())
TREE = """query($cycle: ID!) { cascade(cycleId: $cycle) { totalCount edges { parentId childId }
  nodes { itemId parentId depth item { __typename ... on Redacted { id progress } } } } }"""


@pytest.fixture
async def service(shared_database: str, url: str) -> AsyncIterator[Service]:
    settings = read_settings(database_url=shared_database, environment="development")
    async with opened(settings) as service:
        yield service


async def ask(service: Service, query: str, **variables: Any) -> Any:
    """As a principal who was granted nothing."""
    reading = service.reading(STRANGER)
    asked = Asked(query, variables, None, may_change=False, min_position=None)
    result = await executed(asked, Context(service, reading, "request"))
    return ExecutionResult(orjson.loads(orjson.dumps(result.data)), result.errors)


async def test_a_tree_shows_places_and_progress_alone(company: Company, service: Service) -> None:
    objective = company.objective()
    kr = objective["keyResults"][0]["id"]
    done = company.api.do("recordCheckIn", "checkIn { id }", keyResult={"id": kr}, value="5")
    await service.live.at_least(int(done["position"]), 5)

    tree = (await ask(service, TREE, cycle=company.cycle)).data["cascade"]
    top, below = tree["nodes"]
    assert [node["item"]["__typename"] for node in tree["nodes"]] == ["Redacted", "Redacted"]
    assert [node["item"]["progress"] for node in tree["nodes"]] == ["0.5", "0.5"]
    assert (below["parentId"], top["item"]["id"], below["item"]["id"]) == (
        top["itemId"],
        top["itemId"],
        below["itemId"],
    )
    assert tree["edges"] == [{"parentId": top["itemId"], "childId": below["itemId"]}]
    assert not {top["itemId"], below["itemId"]} & {objective["id"], kr}


async def test_a_hidden_thing_is_not_found_and_not_counted(company: Company, service: Service) -> None:
    objective = company.objective()
    kr = objective["keyResults"][0]["id"]
    done = company.api.do("recordCheckIn", "checkIn { id }", keyResult={"id": kr}, value="5")
    await service.live.at_least(int(done["position"]), 5)

    query = """query($o: ID!, $kr: ID!, $c: ID!, $cycle: ID!) {
      objective(id: $o) { id } keyResult(id: $kr) { id } a: node(id: $o) { id } b: node(id: $kr) { id }
      c: node(id: $c) { id } objectives(where: {cycleId: $cycle}) { totalCount nodes { id } } }"""
    ids = {"o": objective["id"], "kr": kr, "c": done["checkIn"]["id"], "cycle": company.cycle}
    assert (await ask(service, query, **ids)).data == {
        "objective": None,
        "keyResult": None,
        "a": None,
        "b": None,
        "c": None,
        "objectives": {"totalCount": 0, "nodes": []},
    }
    rooted = "query($cycle: ID!, $o: ID!) { cascade(cycleId: $cycle, rootId: $o) { totalCount } }"
    (error,) = (await ask(service, rooted, cycle=company.cycle, o=objective["id"])).errors
    assert "NOT_FOUND" in str(error.original_error)


async def test_a_principal_who_was_granted_nothing_changes_nothing(company: Company, service: Service) -> None:
    query = """mutation { registerOwner(input: {name: "Bob", level: TEAM}) {
      owner { id } position userErrors { code } } }"""
    reading = service.reading(STRANGER)
    context = Context(service, reading, "request")
    result = await executed(Asked(query, {}, None, may_change=True, min_position=None), context)
    assert result.data == {"registerOwner": {"owner": None, "position": None, "userErrors": [{"code": "FORBIDDEN"}]}}
