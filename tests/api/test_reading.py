"""Reading: every answer is of one snapshot, and as new as the reader needs it."""

import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from api.serving import Api, Company, served

UNKNOWN = "0b5bd1de-0000-4000-8000-000000000000"


@pytest.mark.parametrize("bad", [UNKNOWN, "", "x", UNKNOWN.replace("-", ""), "{" + UNKNOWN + "}", "0" * 100_000])
def test_an_id_that_nothing_has_is_null(api: Api, bad: str) -> None:
    query = "query($id: ID!) { node(id: $id) { id } cycle(id: $id) { id } owner(id: $id) { id } " + (
        "objective(id: $id) { id } keyResult(id: $id) { id } objectives(where: {cycleId: $id}) { totalCount } }"
    )
    assert api.ask(query, id=bad) == {
        "node": None,
        "cycle": None,
        "owner": None,
        "objective": None,
        "keyResult": None,
        "objectives": {"totalCount": 0},
    }


def test_a_node_is_found_whatever_it_is(company: Company) -> None:
    objective = company.objective()
    kr = objective["keyResults"][0]["id"]
    check_in = company.api.made("recordCheckIn", "checkIn", keyResult={"id": kr}, value="1")["id"]
    query = "query($id: ID!) { node(id: $id) { __typename id } }"
    for kind, node_id in (
        ("Owner", company.ceo),
        ("Cycle", company.cycle),
        ("Objective", objective["id"]),
        ("KeyResult", kr),
        ("CheckIn", check_in),
    ):
        assert company.api.ask(query, id=node_id)["node"] == {"__typename": kind, "id": node_id}
        assert company.api.ask(query, id=node_id.upper())["node"]["id"] == node_id


def test_things_are_found_by_their_names_in_another_system(company: Company) -> None:
    name, api = f"jira {uuid4()}", company.api
    owner = api.made("registerOwner", "owner", name="Team", level="TEAM", externalRef=name)["id"]
    kr = {"title": "KR", "metric": {"kind": "MILESTONE"}, "externalRef": name}
    objective = company.objective(externalRef=name, keyResults=[kr])
    query = "query($r: String) { owner(externalRef: $r) { id } objective(externalRef: $r) { id } " + (
        "keyResult(externalRef: $r) { id externalRef } }"
    )
    assert api.ask(query, r=name) == {
        "owner": {"id": owner},
        "objective": {"id": objective["id"]},
        "keyResult": {"id": objective["keyResults"][0]["id"], "externalRef": name},
    }
    assert api.ask(query, r=name + "?") == {"owner": None, "objective": None, "keyResult": None}
    check_in = api.made(
        "recordCheckIn", "checkIn", "keyResult { externalRef }", keyResult={"externalRef": name}, value=1
    )
    assert check_in["keyResult"]["externalRef"] == name


def test_one_of_two_ways_to_ask_is_needed(api: Api) -> None:
    for asked in ("owner", f'owner(id: "{UNKNOWN}", externalRef: "x")'):
        answer = api.answer(f"{{ {asked} {{ id }} }}")
        assert answer["data"] == {"owner": None}
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_tree_of_nothing_is_not_found(company: Company) -> None:
    for cycle, root in (("x", None), (UNKNOWN, None), (company.cycle, UNKNOWN), (company.cycle, "x")):
        query = "query($c: ID!, $r: ID) { cascade(cycleId: $c, rootId: $r) { totalCount } }"
        answer = company.api.answer(query, {"c": cycle, "r": root})
        assert answer["data"] is None
        assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert answer["errors"][0]["path"] == ["cascade"]
    too_small = company.api.answer(f'{{ cascade(cycleId: "{company.cycle}", maxNodes: 0) {{ totalCount }} }}')
    assert too_small["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_tree_is_cut_to_what_was_asked_for(company: Company) -> None:
    root = company.objective("Root")
    company.objective("Other")
    query = """query($c: ID!, $r: ID, $d: Int!, $n: Int!) {
      cascade(cycleId: $c, rootId: $r, maxDepth: $d, maxNodes: $n) { totalCount truncated
        nodes { itemId depth childCount } edges { parentId childId link contributes } } }"""
    whole = company.api.ask(query, c=company.cycle, r=root["id"], d=64, n=100)["cascade"]
    kr = root["keyResults"][0]["id"]
    assert (whole["totalCount"], whole["truncated"]) == (2, False)
    assert whole["edges"] == [{"parentId": root["id"], "childId": kr, "link": "CONTAINS", "contributes": True}]
    shallow = company.api.ask(query, c=company.cycle, r=root["id"], d=0, n=100)["cascade"]
    assert (shallow["totalCount"], shallow["truncated"]) == (2, True)
    assert shallow["nodes"] == [{"itemId": root["id"], "depth": 0, "childCount": 1}]
    assert company.api.ask(query, c=company.cycle, r=None, d=64, n=3)["cascade"]["truncated"]


def test_every_answer_says_which_position_it_was_read_at(company: Company) -> None:
    payload = company.api.do("registerOwner", "owner { id }", name="Bob", level="TEAM")
    answer = company.api.answer("{ viewer { actor { name } roles owner { id } } }")
    assert answer["data"]["viewer"] == {"actor": {"name": "Development"}, "roles": ["admin"], "owner": None}
    assert int(answer["extensions"]["position"]) >= int(payload["position"])


def test_a_reader_waits_for_the_position_that_it_names(company: Company) -> None:
    position = company.api.do("registerOwner", "owner { id }", name="Bob", level="TEAM")["position"]
    answer = company.api.answer("{ __typename }", OKR_Min_Position=position)
    assert int(answer["extensions"]["position"]) >= int(position)


def test_what_is_not_readable_in_time_is_told(api: Api) -> None:
    begun = time.monotonic()
    response = api.post("{ __typename }", OKR_Min_Position="999999999999")
    assert time.monotonic() - begun < 5
    assert response.status_code == 503
    answer = response.json()
    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "NOT_YET_READABLE"


@pytest.mark.parametrize("bad", ["-1", "x", "1.0", "", "9" * 19, "²"])
def test_a_position_is_a_number(api: Api, bad: str) -> None:
    response = api.http.post("/graphql", json={"query": "{ __typename }"}, headers={"OKR-Min-Position": bad.encode()})
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT", "variable": "OKR-Min-Position"}


def test_one_request_reads_one_snapshot(company: Company) -> None:
    """What is asked before and after a wait for the database agrees, while others write."""
    objective = company.objective()
    kr = objective["keyResults"][0]["id"]
    company.api.made("recordCheckIn", "checkIn", keyResult={"id": kr}, value="1")
    query = """query($id: ID!) { keyResult(id: $id) {
      objective { keyResults { id } }
      checkIns(first: 1) { totalCount nodes { keyResult { checkIns(first: 1) { totalCount nodes {
        keyResult { objective { keyResults { id } } checkIns { totalCount } } } } } } } } }"""
    with _writing(company.api.url, objective["id"], kr):
        for _ in range(40):
            seen = company.api.ask(query, id=kr)["keyResult"]
            later = seen["checkIns"]["nodes"][0]["keyResult"]["checkIns"]
            latest = later["nodes"][0]["keyResult"]
            assert latest["objective"] == seen["objective"]
            assert seen["checkIns"]["totalCount"] == later["totalCount"] == latest["checkIns"]["totalCount"]


class _writing:
    """Others, who add key results and check-ins until the block ends."""

    def __init__(self, url: str, objective: str, kr: str) -> None:
        self._api, self._objective, self._kr = Api(url), objective, kr
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        added = 0
        while not self._stop.is_set():
            self._api.do("recordCheckIn", "__typename", keyResult={"id": self._kr}, value="1")
            if added < 40:
                added += 1
                kr = {"title": "KR", "metric": {"kind": "MILESTONE"}}
                self._api.do("addKR", "__typename", objectiveId=self._objective, kr=kr)


@pytest.fixture
def unprojected(database: str) -> Iterator[Api]:
    """A service whose facts nobody keeps."""
    with served(database, projector=False, OKR_READABLE_TIMEOUT="0.2") as url:
        yield Api(url)


def test_what_is_accepted_and_not_yet_readable_is_pending(unprojected: Api) -> None:
    query = """mutation($input: RegisterOwnerInput!) { registerOwner(input: $input) {
      owner { id } position userErrors { code } } }"""
    given = {"input": {"name": "Bob", "level": "TEAM", "idempotencyKey": "bob"}}
    answer = unprojected.answer(query, given)
    assert answer["data"]["registerOwner"] == {"owner": None, "position": "1", "userErrors": []}
    assert answer["extensions"] == {"position": "0", "pending": True}
    assert unprojected.answer(query, given) == answer
    assert unprojected.post("{ __typename }", OKR_Min_Position="1").status_code == 503


def test_several_things_are_asked_for_by_id_in_one_go(company: Company) -> None:
    kr = company.key_result()
    check_in = company.api.made("recordCheckIn", "checkIn", keyResult={"id": kr}, value="1")["id"]
    ids = [check_in, "x", company.ana, kr, company.cycle, kr]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    found = company.api.ask(query, ids=ids)["nodes"]
    assert [node and (node["__typename"], node["id"]) for node in found] == [
        ("CheckIn", check_in),
        None,
        ("Owner", company.ana),
        ("KeyResult", kr),
        ("Cycle", company.cycle),
        ("KeyResult", kr),
    ]
    assert company.api.ask(query, ids=[])["nodes"] == []
    (error,) = company.api.answer(query, {"ids": [kr] * 201})["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
