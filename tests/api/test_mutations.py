"""Mutations: a payload is what a query would say right after, and a retry is answered with the first result."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from api.serving import Api, Company

OBJECTIVE = """
  id version title description externalRef visibility state commitment progress health createdAt updatedAt
  cycle { id name state approach } owner { id name }
  keyResults { id title weight metric { kind start target limit inclusive unit } dueOn checkInEveryDays externalRef }
  alignments { contributes weight since target { __typename ... on Objective { id } ... on KeyResult { id } }
               objective { ... on Objective { id } } }
"""
KR = """
  id version title disposition progress progressSource measuredProgress rawProgress cascadedProgress current confidence
  health retired accountable { id } responsible { id } delegatedTo { id title owner { id } } objective { id }
"""


def said_again(api: Api, entity: str, shown: str, found: dict[str, Any]) -> bool:
    again = api.ask(f"query($id: ID!) {{ {entity}(id: $id) {{ {shown} }} }}", id=found["id"])[entity]
    return bool(again == found)


def test_an_owner_is_registered(company: Company) -> None:
    shown = "id version name level active externalRef parent { id } lead { id }"
    made = company.api.made(
        "registerOwner", "owner", shown, name="Sales", level="TEAM", parentId=company.ceo, leadId=company.ana
    )
    assert made | {"id": ""} == {
        "id": "",
        "version": 1,
        "name": "Sales",
        "level": "TEAM",
        "active": True,
        "externalRef": None,
        "parent": {"id": company.ceo},
        "lead": {"id": company.ana},
    }
    assert said_again(company.api, "owner", shown, made)


def test_a_cycle_is_created_opened_and_closed(company: Company) -> None:
    shown = "id version state startsOn endsOn approach timeZone checkInEveryDays parent { id } children { id }"
    quarter = {"name": "Q1", "startsOn": "2026-01-01", "endsOn": "2026-03-31", "parentId": company.cycle}
    made = company.api.made("createCycle", "cycle", shown, **quarter)
    assert (made["state"], made["approach"], made["timeZone"], made["checkInEveryDays"]) == ("DRAFT", "MIXED", "UTC", 7)
    assert made["parent"] == {"id": company.cycle}
    assert company.api.made("openCycle", "cycle", shown, id=made["id"])["state"] == "OPEN"
    closed = company.api.made("closeCycle", "cycle", shown, id=made["id"], expectedVersion=2)
    assert (closed["state"], closed["version"]) == ("CLOSED", 3)
    assert said_again(company.api, "cycle", shown, closed)
    year = company.api.made("closeCycle", "cycle", "id children { id state }", id=company.cycle)
    assert year["children"] == [{"id": made["id"], "state": "CLOSED"}]


def test_an_objective_is_created_with_its_key_results_and_what_it_serves(company: Company) -> None:
    above = company.objective("Above")
    made = company.api.made(
        "createObjective",
        "objective",
        OBJECTIVE,
        cycleId=company.cycle,
        ownerId=company.ana,
        title="Grow",
        description="More of it",
        commitment="COMMITTED",
        draft=True,
        externalRef=company.name,
        alignTo=[{"objectiveId": above["id"]}, {"keyResultId": above["keyResults"][0]["id"]}],
        keyResults=[
            {
                "title": "Revenue",
                "metric": {"kind": "DECREASE", "start": "1.50", "target": "-0.10", "unit": "%"},
                "weight": 2.50,
                "dueOn": "2026-06-30",
                "checkInEveryDays": 14,
            },
            {"title": "Speed", "metric": {"kind": "MAINTAIN_AT_MOST", "target": 3, "limit": 1e1, "inclusive": False}},
        ],
    )
    assert (made["state"], made["commitment"], made["progress"], made["health"]) == (
        "DRAFT",
        "COMMITTED",
        None,
        "NO_DATA",
    )
    first, second = made["keyResults"]
    assert first["metric"] == {
        "kind": "DECREASE",
        "start": "1.5",
        "target": "-0.1",
        "limit": None,
        "inclusive": True,
        "unit": "%",
    }
    assert (first["weight"], first["dueOn"], first["checkInEveryDays"]) == ("2.5", "2026-06-30", 14)
    assert (second["metric"]["limit"], second["metric"]["inclusive"], second["checkInEveryDays"]) == ("10", False, 7)
    # The strongest link first: a key result before an objective.
    assert [a["target"]["__typename"] for a in made["alignments"]] == ["KeyResult", "Objective"]
    assert said_again(company.api, "objective", OBJECTIVE, made)


def test_a_key_result_is_added_delegated_and_reported_on(company: Company) -> None:
    api, objective = company.api, company.objective(keyResults=[])
    metric = {"kind": "INCREASE", "start": "0", "target": "10"}
    kr = api.made("addKR", "keyResult", KR, objectiveId=objective["id"], kr={"title": "Sign", "metric": metric})
    assert (kr["disposition"], kr["accountable"]["id"], kr["responsible"]["id"]) == ("OWNED", company.ceo, company.ceo)

    payload = api.do(
        "delegateKR",
        f"keyResult {{ {KR} }} objective {{ {OBJECTIVE} delegatedFrom {{ id }} }}",
        keyResultId=kr["id"],
        to={"ownerId": company.ana},
        keyResults=[{"title": "Call", "metric": metric}],
        retain=True,
    )
    kr, delegate = payload["keyResult"], payload["objective"]
    assert (kr["disposition"], kr["accountable"]["id"], kr["responsible"]["id"]) == ("BOTH", company.ceo, company.ana)
    assert kr["delegatedTo"] == {"id": delegate["id"], "title": "Sign", "owner": {"id": company.ana}}
    assert delegate["delegatedFrom"] == {"id": kr["id"]}

    called = {"keyResult": {"id": delegate["keyResults"][0]["id"]}, "value": "2.5", "confidence": "0.70"}
    shown = "id value confidence source withdrawn author { name kind } corrects { id } keyResult { progress current }"
    check_in = api.made("recordCheckIn", "checkIn", shown, **called)
    assert check_in | {"id": ""} == {
        "id": "",
        "value": "2.5",
        "confidence": "0.7",
        "source": "api",
        "withdrawn": False,
        "author": {"name": "Development", "kind": "PERSON"},
        "corrects": None,
        "keyResult": {"progress": "0.25", "current": "2.5"},
    }
    kr = api.ask(f"query($id: ID!) {{ keyResult(id: $id) {{ {KR} }} }}", id=kr["id"])["keyResult"]
    assert (kr["progress"], kr["progressSource"], kr["cascadedProgress"]) == ("0.25", "DELEGATE", "0.25")
    breakdown = "progress progressBreakdown { weight progress source item { ... on KeyResult { title } } }"
    above = api.ask(f"query($id: ID!) {{ objective(id: $id) {{ {breakdown} }} }}", id=objective["id"])["objective"]
    assert above == {
        "progress": "0.25",
        "progressBreakdown": [{"weight": "1", "progress": "0.25", "source": "DELEGATE", "item": {"title": "Sign"}}],
    }


def test_an_objective_serves_another_from_now_on(company: Company) -> None:
    below, above = company.objective("Below", ownerId=company.ana), company.objective("Above")
    to = {"to": {"objectiveId": above["id"]}, "contributes": True, "weight": "2"}
    made = company.api.made("alignObjective", "objective", OBJECTIVE, objectiveId=below["id"], **to)
    (alignment,) = made["alignments"]
    assert (alignment["contributes"], alignment["weight"]) == (True, "2")
    assert alignment["target"] == {"__typename": "Objective", "id": above["id"]}
    shown = "lineOfSight { __typename ... on Objective { id } } alignedObjectives { totalCount nodes { id } }"
    query = f"query($a: ID!, $b: ID!) {{ a: objective(id: $a) {{ {shown} }} b: objective(id: $b) {{ {shown} }} }}"
    seen = company.api.ask(query, a=above["id"], b=below["id"])
    assert seen["a"] == {"lineOfSight": [], "alignedObjectives": {"totalCount": 1, "nodes": [{"id": below["id"]}]}}
    assert seen["b"]["lineOfSight"] == [{"__typename": "Objective", "id": above["id"]}]
    loop = company.api.do(
        "alignObjective", "__typename", objectiveId=above["id"], to={"keyResultId": below["keyResults"][0]["id"]}
    )
    assert [e["code"] for e in loop["userErrors"]] == ["LEVEL_ABOVE_PARENT"]


def test_several_mutations_of_a_document_run_one_after_another(company: Company) -> None:
    shown = "{ objective { title keyResults { title } cycle { id } } position }"
    query = (
        f"mutation($a: CreateObjectiveInput!, $b: CreateObjectiveInput!) {{ a: createObjective(input: $a) {shown} "
        f"b: createObjective(input: $b) {shown} }}"
    )
    given = {"cycleId": company.cycle, "ownerId": company.ceo}
    answer = company.api.answer(query, {"a": given | {"title": "A"}, "b": given | {"title": "B"}})
    a, b = answer["data"]["a"], answer["data"]["b"]
    assert (a["objective"]["title"], b["objective"]["title"]) == ("A", "B")
    assert int(a["position"]) < int(b["position"]) <= int(answer["extensions"]["position"])


def test_the_same_command_sent_twice_is_done_once(company: Company) -> None:
    given = {"cycleId": company.cycle, "ownerId": company.ceo, "title": "Once", "idempotencyKey": company.name}
    first = company.api.do("createObjective", "objective { id }", **given)
    assert company.api.do("createObjective", "objective { id }", **given) == first
    other = company.api.do("createObjective", "objective { id }", **given | {"title": "Twice"})
    assert [(e["code"], e["path"]) for e in other["userErrors"]] == [
        ("IDEMPOTENCY_MISMATCH", ["input", "idempotencyKey"])
    ]


def test_a_check_in_sent_many_times_at_once_is_one_check_in_also_after_the_cycle_closed(company: Company) -> None:
    kr = company.key_result()
    given = {"keyResult": {"id": kr}, "value": "1", "idempotencyKey": f"{company.name}/check-in"}

    def send(value: Any) -> Any:
        return company.api.do("recordCheckIn", "duplicate checkIn { id value }", **given | {"value": value})

    # However the number is spelt, it is the same input.
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(send, ["1", 1, 1.0, "1.00", "1E0", "1", "1", "1"]))
    company.api.made("closeCycle", "cycle", id=company.cycle)
    answers.append(send("1"))
    assert sorted(answer["duplicate"] for answer in answers) == [False] + [True] * 8
    assert {repr((answer["checkIn"], answer["position"], answer["userErrors"])) for answer in answers} == {
        repr((answers[0]["checkIn"], answers[0]["position"], []))
    }
    counted = company.api.ask("query($id: ID!) { keyResult(id: $id) { checkIns { totalCount } } }", id=kr)
    assert counted["keyResult"]["checkIns"]["totalCount"] == 1
