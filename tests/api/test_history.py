"""History: who changed what, when and why, of what the viewer may see; and the hash that covers it."""

from typing import Any
from uuid import uuid4

import pytest

from api.serving import Api, Company
from api.test_integrations import IN_A_MONTH

EVENT = """id position type recordedAt effectiveAt stream streamVersion entityIds actor { id kind } command commandId
  reason correlationId changes { field before after } data hash"""
HISTORY = f"""query($where: HistoryWhere, $first: Int, $after: String, $asOf: AsOf) {{
  history(where: $where, first: $first, after: $after, asOf: $asOf) {{
    totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ {EVENT} }} }} }}"""


def history(api: Api, first: int = 200, as_of: Any = None, **where: Any) -> list[Any]:
    """All of it, page after page."""
    found: list[Any] = []
    after, more = None, True
    while more:
        page = api.ask(HISTORY, where=where, first=first, after=after, asOf=as_of)["history"]
        found += page["nodes"]
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
    assert page["totalCount"] == len(found)
    return found


def types(events: list[Any]) -> list[str]:
    return [event["type"] for event in events]


def test_an_edit_tells_what_was_before_who_did_it_and_why(company: Company) -> None:
    objective = company.objective("Grow")
    done = company.api.do("editObjective", "objective { id }", id=objective["id"], title="Again", reason="Louder")
    (event,) = history(company.api, entityIds=[objective["id"]], types=["ObjectiveRetitled"])
    me = company.api.ask("{ viewer { actor { id } } }")["viewer"]["actor"]["id"]
    assert event["position"] == done["position"]
    assert event["changes"] == [{"field": "title", "before": "Grow", "after": "Again"}]
    assert (event["actor"], event["command"], event["reason"]) == (
        {"id": me, "kind": "PERSON"},
        "EditObjective",
        "Louder",
    )
    assert event["data"] == {"title": "Again"}
    assert (
        company.api.ask(f"query($id: ID!) {{ node(id: $id) {{ ... on AuditEvent {{ {EVENT} }} }} }}", id=event["id"])[
            "node"
        ]
        == event
    )


def test_a_delegation_is_history_of_the_key_result_and_of_both_objectives(company: Company) -> None:
    objective = company.objective()
    kr = objective["keyResults"][0]["id"]
    made = company.api.do("delegateKR", "objective { id }", keyResultId=kr, to={"ownerId": company.ana})
    delegate = made["objective"]["id"]
    query = """query($kr: ID!, $o: ID!, $d: ID!) { keyResult(id: $kr) { history { nodes { type entityIds } } }
      objective(id: $o) { history { nodes { type } } } delegate: objective(id: $d) { history { nodes { type } } } }"""
    found = company.api.ask(query, kr=kr, o=objective["id"], d=delegate)
    for place in ("keyResult", "objective", "delegate"):
        assert "KRDelegated" in types(found[place]["history"]["nodes"])
    (told,) = (e for e in found["keyResult"]["history"]["nodes"] if e["type"] == "KRDelegated")
    assert set(told["entityIds"]) == {kr, objective["id"], delegate}


def test_check_ins_are_history_of_their_key_result_and_not_of_its_objective(company: Company) -> None:
    objective = company.objective()
    kr = objective["keyResults"][0]["id"]
    effective = "2026-02-01T00:00:00Z"
    company.api.made("recordCheckIn", "checkIn", keyResult={"id": kr}, value="5", effectiveAt=effective)
    (event,) = history(company.api, entityIds=[kr], types=["CheckInRecorded"])
    assert event["effectiveAt"] == effective
    assert {"field": "value", "before": None, "after": "5"} in event["changes"]
    assert "CheckInRecorded" not in types(history(company.api, entityIds=[objective["id"]]))


def test_history_is_picked_by_cycle_with_all_inside_by_actor_and_by_time(company: Company) -> None:
    api = company.api
    dates = {"startsOn": "2026-01-01", "endsOn": "2026-03-31"}
    quarter = api.made("createCycle", "cycle", name="Q", parentId=company.cycle, **dates)["id"]
    api.made("openCycle", "cycle", id=quarter)
    year, inside = company.objective("Year"), company.objective("Quarter", cycleId=quarter)
    whole, part = history(api, cycleId=company.cycle), history(api, cycleId=quarter)
    assert {year["id"], inside["id"]} <= {event["stream"] for event in whole}
    assert inside["id"] in {event["stream"] for event in part}
    assert year["id"] not in {event["stream"] for event in part}

    actor, moment = whole[0]["actor"]["id"], part[0]["recordedAt"]
    assert history(api, cycleId=company.cycle, actors=[actor]) == whole
    assert history(api, cycleId=company.cycle, actors=[str(uuid4()), "nobody"]) == []
    since = history(api, cycleId=company.cycle, since=moment)
    until = history(api, cycleId=company.cycle, until=moment)
    assert since + until == whole
    assert all(event["recordedAt"] >= moment for event in since)
    assert history(api, cycleId=str(uuid4())) == history(api, types=["Nothing"]) == history(api, entityIds=["x"]) == []


@pytest.mark.parametrize("first", [1, 3])
def test_pages_stay_whole_while_more_happens(company: Company, first: int) -> None:
    objective = company.objective()["id"]
    for number in range(4):
        company.api.made("editObjective", "objective", id=objective, title=f"Title {number}")
    whole = history(company.api, entityIds=[objective])
    page = company.api.ask(HISTORY, where={"entityIds": [objective]}, first=first)["history"]
    company.api.made("editObjective", "objective", id=objective, title="Later")
    after = page["pageInfo"]["endCursor"]
    rest = company.api.ask(HISTORY, where={"entityIds": [objective]}, first=200, after=after)["history"]["nodes"]
    assert page["nodes"] + rest == whole


def test_history_as_of_a_position_ends_there(company: Company) -> None:
    objective = company.objective()["id"]
    before = company.api.position()
    company.api.made("editObjective", "objective", id=objective, title="Later")
    then = history(company.api, entityIds=[objective], as_of={"position": str(before)})
    assert then == history(company.api, entityIds=[objective])[1:]


def test_the_head_of_the_log_is_the_hash_of_its_last_event(company: Company) -> None:
    company.objective()
    head = company.api.ask("{ logHead { position time hash } }")["logHead"]
    last = company.api.ask(HISTORY, first=1, asOf={"position": head["position"]})["history"]["nodes"][0]
    assert head == {"position": last["position"], "time": last["recordedAt"], "hash": last["hash"]}
    query = "query($p: Position!) { logHead(asOf: {position: $p}) { position hash } }"
    company.objective()
    assert company.api.ask(query, p=head["position"])["logHead"] == {k: head[k] for k in ("position", "hash")}
    assert company.api.ask(query, p="0")["logHead"] == {"position": "0", "hash": "0" * 64}


def test_events_about_integrations_are_for_those_who_administer_or_audit(company: Company) -> None:
    made = company.api.made("createIntegration", "integration", name="CRM", expiresAt=IN_A_MONTH)
    where = {"entityIds": [made["id"]]}
    shown = [history(company.api.as_(role), **where) for role in ("admin", "auditor", "member")]
    assert [len(events) for events in shown] == [2, 2, 0]
    query = "query($id: ID!) { node(id: $id) { id } }"
    assert company.api.as_("member").ask(query, id=shown[0][0]["id"]) == {"node": None}


def test_what_a_visible_event_names_and_the_viewer_may_not_see_goes_by_what_stands_for_it(company: Company) -> None:
    hidden = company.objective("Hidden", visibility="LINE")["id"]
    shown = company.objective("Shown")["id"]
    company.api.do("alignObjective", "objective { id }", objectiveId=shown, to={"objectiveId": hidden})
    member = company.api.as_("member")
    (event,) = history(member, entityIds=[shown], types=["ObjectiveAligned"])
    assert hidden not in str(event)
    stands_for = event["data"]["targetId"]
    assert event["entityIds"] == [shown, stands_for]
    assert event["changes"][0]["after"]["targetId"] == stands_for
    assert history(member, entityIds=[hidden]) == []
    assert len(history(company.api, entityIds=[hidden], types=["ObjectiveAligned"])) == 1


def test_a_list_of_more_than_200_is_refused(api: Api) -> None:
    for name in ("entityIds", "types", "actors"):
        (error,) = api.answer(HISTORY, {"where": {name: ["x"] * 201}})["errors"]
        assert error["message"] == f"{name} must be at most 200, not 201."
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
