"""Bad input: told by code and place, never a fault of the service, and nothing is written."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.serving import GRAPHQL, Api, Company

UNKNOWN = "0b5bd1de-0000-4000-8000-000000000000"
KR = {"title": "KR", "metric": {"kind": "INCREASE", "start": "0", "target": "10"}}
NEXT_YEAR = (datetime.now(UTC) + timedelta(days=366)).isoformat()


def metric(**changed: Any) -> list[dict[str, Any]]:
    return [KR | {"metric": KR["metric"] | changed}]  # type: ignore[operator]


def kr(**changed: Any) -> list[dict[str, Any]]:
    return [KR | changed]


REFUSED = [
    ("createObjective", {"title": ""}, "TEXT_EMPTY", "title"),
    ("createObjective", {"title": " \n"}, "TEXT_EMPTY", "title"),
    ("createObjective", {"title": "x" * 10_000}, "TEXT_TOO_LONG", "title"),
    ("createObjective", {"description": "x" * 10_001}, "TEXT_TOO_LONG", "description"),
    ("createObjective", {"reason": "x" * 10_001}, "TEXT_TOO_LONG", "reason"),
    ("createObjective", {"ownerId": UNKNOWN}, "NOT_FOUND", "ownerId"),
    ("createObjective", {"ownerId": "nobody"}, "NOT_FOUND", "ownerId"),
    ("createObjective", {"cycleId": ""}, "NOT_FOUND", "cycleId"),
    ("createObjective", {"alignTo": [{"keyResultId": "?"}]}, "NOT_FOUND", "alignTo.0.keyResultId"),
    ("createObjective", {"alignTo": [{"objectiveId": ""}]}, "NOT_FOUND", "alignTo.0.objectiveId"),
    ("createObjective", {"keyResults": metric(target=None)}, "METRIC_INCOMPLETE", "keyResults.0.metric.target"),
    ("createObjective", {"keyResults": metric(start="10")}, "METRIC_DIRECTION", "keyResults.0.metric.target"),
    ("createObjective", {"keyResults": kr(weight=-1)}, "OUT_OF_RANGE", "keyResults.0.weight"),
    ("createObjective", {"keyResults": kr(weight="1000.1")}, "OUT_OF_RANGE", "keyResults.0.weight"),
    ("createObjective", {"keyResults": kr(ownerId="x")}, "NOT_FOUND", "keyResults.0.ownerId"),
    ("createObjective", {"keyResults": kr(checkInEveryDays=0)}, "OUT_OF_RANGE", "keyResults.0.checkInEveryDays"),
    ("createObjective", {"keyResults": [KR] * 51}, "TOO_MANY_KEY_RESULTS", "keyResults"),
    ("createObjective", {"idempotencyKey": ""}, "TEXT_EMPTY", "idempotencyKey"),
    ("createObjective", {"externalRef": ""}, "TEXT_EMPTY", "externalRef"),
    ("recordCheckIn", {"effectiveAt": NEXT_YEAR}, "FUTURE_CHECK_IN", "effectiveAt"),
    ("recordCheckIn", {"keyResult": {"externalRef": "no such"}}, "NOT_FOUND", "keyResult.externalRef"),
    ("recordCheckIn", {"keyResult": {"id": "no such"}}, "NOT_FOUND", "keyResult.id"),
    ("recordCheckIn", {"confidence": "1.01"}, "OUT_OF_RANGE", "confidence"),
    ("delegateKR", {"to": {"ownerId": ""}}, "NOT_FOUND", "to.ownerId"),
    ("delegateKR", {"to": {"objectiveId": UNKNOWN}}, "NOT_FOUND", "to.objectiveId"),
    ("delegateKR", {"expectedVersion": 7}, "VERSION_CONFLICT", "expectedVersion"),
    ("addKR", {"objectiveId": "x"}, "NOT_FOUND", "objectiveId"),
    ("addKR", {"kr": KR | {"title": ""}}, "TEXT_EMPTY", "kr.title"),
    ("alignObjective", {"to": {"objectiveId": "x"}}, "NOT_FOUND", "to.objectiveId"),
    ("registerOwner", {"name": ""}, "TEXT_EMPTY", "name"),
    ("registerOwner", {"parentId": "x"}, "NOT_FOUND", "parentId"),
    ("createCycle", {"endsOn": "2025-12-31"}, "DATES_REVERSED", "endsOn"),
    ("createCycle", {"timeZone": "Mars/Phobos"}, "TIME_ZONE_UNKNOWN", "timeZone"),
    ("openCycle", {"id": "x"}, "NOT_FOUND", "id"),
    ("closeCycle", {"expectedVersion": 99}, "VERSION_CONFLICT", "expectedVersion"),
]

UNREADABLE = [
    ("createObjective", {"title": None}),
    ("createObjective", {"title": 5}),
    ("createObjective", {"title": "nul \0"}),
    ("createObjective", {"title": "half a \ud83d pair"}),
    ("createObjective", {"description": "nul \0"}),
    ("createObjective", {"ownerId": "\ud800"}),
    ("createObjective", {"idempotencyKey": "\ud800"}),
    ("createObjective", {"commitment": "SOME"}),
    ("createObjective", {"keyResults": kr(weight="NaN")}),
    ("createObjective", {"keyResults": kr(weight="Infinity")}),
    ("createObjective", {"keyResults": kr(weight="1e999")}),
    ("createObjective", {"keyResults": kr(weight=True)}),
    ("createObjective", {"keyResults": kr(weight="0.1234567890123456789")}),
    ("createObjective", {"keyResults": kr(dueOn="2026-02-30")}),
    ("createObjective", {"alignTo": [{}]}),
    ("createObjective", {"alignTo": [{"objectiveId": UNKNOWN, "keyResultId": UNKNOWN}]}),
    ("createObjective", {"colour": "red"}),
    ("recordCheckIn", {"effectiveAt": "2026-11-01T09:00:00"}),
    ("recordCheckIn", {"effectiveAt": "2026"}),
    ("recordCheckIn", {"effectiveAt": "now"}),
    ("recordCheckIn", {"effectiveAt": 1793500000}),
    ("recordCheckIn", {"keyResult": {"id": UNKNOWN, "externalRef": "x"}}),
    ("recordCheckIn", {"value": "\u0661"}),
    ("closeCycle", {"expectedVersion": 2**31}),
]


@pytest.fixture(scope="module")
def company(url: str) -> Company:
    """One for all: nothing of what these tests send is ever written."""
    return Company(Api(url))


@pytest.fixture(scope="module")
def good(company: Company) -> dict[str, dict[str, Any]]:
    """Inputs that are accepted as they stand."""
    objective, other = company.objective(), company.objective()
    kr = objective["keyResults"][0]["id"]
    return {
        "registerOwner": {"name": "Bob", "level": "TEAM"},
        "createCycle": {"name": "2026", "startsOn": "2026-01-01", "endsOn": "2026-12-31"},
        "openCycle": {"id": company.cycle},
        "closeCycle": {"id": company.cycle},
        "createObjective": {"cycleId": company.cycle, "ownerId": company.ceo, "title": "Grow"},
        "addKR": {"objectiveId": objective["id"], "kr": KR},
        "delegateKR": {"keyResultId": kr, "to": {"ownerId": company.ana}},
        "alignObjective": {"objectiveId": objective["id"], "to": {"objectiveId": other["id"]}},
        "recordCheckIn": {"keyResult": {"id": kr}, "value": "1"},
    }


@pytest.mark.parametrize(("name", "bad", "code", "path"), REFUSED)
def test_what_a_user_gets_wrong_is_told_by_code_and_path(
    company: Company, good: dict[str, Any], name: str, bad: dict[str, Any], code: str, path: str
) -> None:
    given = good[name] | bad
    before = company.api.position()
    payload = company.api.do(name, "__typename", **given)
    assert [(e["code"], e["path"]) for e in payload["userErrors"]] == [(code, ["input", *path.split(".")])]
    assert payload["position"] is None
    assert company.api.position() == before


@pytest.mark.parametrize(("name", "bad"), UNREADABLE)
def test_what_cannot_be_read_names_its_variable(
    company: Company, good: dict[str, Any], name: str, bad: dict[str, Any]
) -> None:
    given = good[name] | bad
    before = company.api.position()
    kind = {"closeCycle": "CycleTransition", "recordCheckIn": "CheckIn"}.get(name, name[0].upper() + name[1:])
    query = f"mutation($asked: {kind}Input!) {{ {name}(input: $asked) {{ position }} }}"
    # httpx refuses half a pair, and JSON can spell it.
    body = json.dumps({"query": query, "variables": {"asked": given}})
    response = company.api.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400, response.text
    answer = response.json()
    assert "data" not in answer
    assert {(e["extensions"]["code"], e["extensions"]["variable"]) for e in answer["errors"]} == {
        ("BAD_USER_INPUT", "asked")
    }
    assert company.api.position() == before


@pytest.mark.parametrize(
    ("literal", "code"),
    [
        ('value: NaN, note: ""', "BAD_USER_INPUT"),
        ('value: "many"', "BAD_USER_INPUT"),
        ('value: 1, note: "nul \\u0000"', "BAD_USER_INPUT"),
        ('value: 1, effectiveAt: "2026-11-01T09:00:00"', "BAD_USER_INPUT"),
        ('value: 1, colour: "red"', "BAD_USER_INPUT"),
        ("note: null", "BAD_USER_INPUT"),
        ('value: 1, note: "half a \\ud83d pair"', "GRAPHQL_PARSE_FAILED"),
    ],
)
def test_a_bad_literal_names_its_argument(company: Company, literal: str, code: str) -> None:
    kr = company.key_result()
    before = company.api.position()
    response = company.api.post(
        f'mutation {{ recordCheckIn(input: {{keyResult: {{id: "{kr}"}}, {literal}}}) {{ position }} }}'
    )
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == code
    assert error["extensions"].get("variable") == ("input" if code == "BAD_USER_INPUT" else None)
    assert company.api.position() == before


def test_several_mistakes_are_told_at_once(company: Company) -> None:
    payload = company.api.do(
        "createObjective", "objective { id }", cycleId="x", ownerId=UNKNOWN, title="", keyResults=kr(weight=-1)
    )
    assert payload["objective"] is None
    assert [e["path"][1] for e in payload["userErrors"]] == ["title", "cycleId", "ownerId"]
    assert {e["__typename"] for e in payload["userErrors"]} == {"InvalidInput", "RuleViolation"}


def test_an_error_tells_what_its_kind_adds(company: Company) -> None:
    kinds = "userErrors { code ... on RuleViolation { entityIds } ... on VersionConflict { currentVersion } params }"
    kr = company.key_result()
    company.api.made("delegateKR", "objective", keyResultId=kr, to={"ownerId": company.ana})
    query = f"mutation($input: DelegateKRInput!) {{ delegateKR(input: $input) {{ {kinds} }} }}"
    again = {"keyResultId": kr, "to": {"ownerId": company.ana}}
    (twice,) = company.api.ask(query, input=again)["delegateKR"]["userErrors"]
    assert twice["code"] == "ALREADY_DELEGATED"
    assert twice["entityIds"][0] == kr
    (conflict,) = company.api.ask(query, input=again | {"expectedVersion": 1})["delegateKR"]["userErrors"]
    assert conflict == {"code": "VERSION_CONFLICT", "currentVersion": 2, "params": {}}


def test_lists_say_what_pages_they_have(api: Api) -> None:
    for query in ("{ objectives(first: 0) { totalCount } }", "{ owners(first: 201) { totalCount } }"):
        answer = api.answer(query)
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert "between 1 and 200" in answer["errors"][0]["message"]
    answer = api.answer('{ objectives(after: "x") { totalCount } }')
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert answer["data"] is None


def test_half_a_pair_in_a_document_is_answered(api: Api) -> None:
    response = api.http.post(
        "/graphql", content=b'{"query": "{ a(b: \\"\\ud800\\") }"}', headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 400
    assert response.headers["content-type"].startswith(GRAPHQL)
