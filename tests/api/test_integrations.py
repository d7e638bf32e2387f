"""Integrations: made by administrators, with keys that are shown once and stand nowhere."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from api.serving import Api, Company
from okr_api.access.api_keys import hash_of, principal_of
from okr_api.access.policy import DEVELOPMENT, ActorKind, Principal, Role
from okr_api.asgi import opened
from okr_api.graphql.asked import Asked
from okr_api.graphql.context import Context, Service
from okr_api.graphql.execution import executed
from okr_api.settings import read_settings
from okr_api.snapshot.api_keys import find_api_key

IN_A_MONTH = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0).isoformat().replace("+00:00", "Z")
SHOWN = "id version name cycles { id } owners { id } keys { id createdAt expiresAt revokedAt } viewerCan"
CREATE = """mutation($input: CreateIntegrationInput!) { createIntegration(input: $input) {
  integration { id } secret position userErrors { code } } }"""


@pytest.fixture
async def service(shared_database: str, url: str) -> AsyncIterator[Service]:
    settings = read_settings(database_url=shared_database, environment="development")
    async with opened(settings) as service:
        yield service


def created(api: Api, **given: Any) -> dict[str, Any]:
    wanted = {"name": "CRM", "expiresAt": IN_A_MONTH} | given
    payload: dict[str, Any] = api.do("createIntegration", f"integration {{ {SHOWN} }} secret duplicate", **wanted)
    assert payload["userErrors"] == []
    return payload


def stored(dsn: str) -> str:
    """All that the database holds, as text."""
    tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname LIKE 'okr%'"
    with psycopg.connect(dsn) as connection:
        names = [name for (name,) in connection.execute(tables)]
        readable = connection.execute("SELECT string_agg(data::text, '') FROM okr.readable_events").fetchone()
        every = [connection.execute(f"SELECT string_agg(t::text, '') FROM {name} t").fetchone() for name in names]  # type: ignore[call-overload]
    return "".join(text for row in (readable, *every) if row for text in row if text)


async def ask(service: Service, principal: Principal, query: str, *, may_change: bool = False, **variables: Any) -> Any:
    asked = Asked(query, variables, None, may_change=may_change, min_position=None)
    return await executed(asked, Context(service, service.reading(principal), "request"))


def test_a_key_is_shown_once_and_stands_nowhere(company: Company, shared_database: str) -> None:
    payload = created(company.api, cycleIds=[company.cycle], ownerIds=[company.ana, company.ceo])
    integration, secret = payload["integration"], payload["secret"]
    (key,) = integration["keys"]
    assert secret.startswith(f"okr_{key['id']}_")
    assert (key["expiresAt"], key["revokedAt"]) == (IN_A_MONTH, None)
    assert integration["cycles"] == [{"id": company.cycle}]
    assert integration["owners"] == [{"id": company.ceo}, {"id": company.ana}]
    assert integration["viewerCan"] == ["editIntegration", "issueApiKey", "revokeApiKey"]

    query = f"query($id: ID!) {{ node(id: $id) {{ ... on Integration {{ {SHOWN} }} }} integrations {{ {SHOWN} }} }}"
    answer = company.api.post(query, {"id": integration["id"]})
    assert answer.json()["data"]["node"] == integration
    assert integration in answer.json()["data"]["integrations"]
    digest = hash_of(secret).hex()
    kept = stored(shared_database)
    assert digest in kept
    assert secret.split("_", 2)[2] not in kept + answer.text
    assert digest not in answer.text


def test_a_duplicate_answer_shows_no_secret(company: Company) -> None:
    key = {"idempotencyKey": f"{company.name}/crm"}
    first = created(company.api, **key)
    again = created(company.api, **key)
    assert (first["duplicate"], again["duplicate"], again["secret"]) == (False, True, None)
    assert again["integration"] == first["integration"]
    refused = company.api.refused("createIntegration", name="HR", expiresAt=IN_A_MONTH, **key)
    assert refused == ["IDEMPOTENCY_MISMATCH idempotencyKey"]


def test_a_refused_key_is_not_shown(company: Company) -> None:
    payload = company.api.do("createIntegration", "secret integration { id }", name="", expiresAt=IN_A_MONTH)
    assert (payload["secret"], payload["integration"]) == (None, None)
    given = {"name": "CRM", "expiresAt": "2020-01-01T00:00:00Z"}
    assert company.api.refused("createIntegration", **given) == ["OUT_OF_RANGE expiresAt"]
    given = {"name": "CRM", "expiresAt": IN_A_MONTH, "cycleIds": [company.cycle, "x"], "ownerIds": []}
    assert company.api.refused("createIntegration", **given) == ["NOT_FOUND cycleIds.1", "TOO_FEW_ITEMS ownerIds"]


def test_a_second_key_takes_the_place_of_the_first(company: Company) -> None:
    api, integration = company.api, created(company.api)["integration"]
    given = {"id": integration["id"], "expiresAt": IN_A_MONTH}
    second = api.do("issueApiKey", f"integration {{ {SHOWN} }} secret", expectedVersion=2, **given)
    first_key, second_key = second["integration"]["keys"]
    assert second["secret"].startswith(f"okr_{second_key['id']}_")
    assert second["integration"]["viewerCan"] == ["editIntegration", "revokeApiKey"]
    assert api.refused("issueApiKey", **given) == ["TOO_MANY_API_KEYS id"]

    revoke = {"id": integration["id"], "keyId": first_key["id"], "reason": "Changed over"}
    revoked = api.made("revokeApiKey", "integration", SHOWN, **revoke)
    assert [key["revokedAt"] is None for key in revoked["keys"]] == [False, True]
    assert revoked["viewerCan"] == ["editIntegration", "issueApiKey", "revokeApiKey"]
    again = api.do("revokeApiKey", "integration { id }", **revoke)
    assert (again["position"], again["userErrors"]) == (None, [])
    for odd in ("x", "", "AAAAAAAA"):
        assert api.refused("revokeApiKey", id=integration["id"], keyId=odd) == ["NOT_FOUND keyId"]
    assert api.refused("revokeApiKey", id="x", keyId="x") == ["NOT_FOUND id"]


def test_an_edit_changes_what_it_mentions_and_null_is_everything(company: Company) -> None:
    api, integration = company.api, created(company.api, cycleIds=[company.cycle])["integration"]
    changed = api.made("editIntegration", "integration", SHOWN, id=integration["id"], name="HR", ownerIds=[company.ana])
    assert (changed["name"], changed["cycles"]) == ("HR", [{"id": company.cycle}])
    assert changed["owners"] == [{"id": company.ana}]
    opened = api.made("editIntegration", "integration", SHOWN, id=integration["id"], cycleIds=None)
    assert (opened["name"], opened["cycles"], opened["owners"]) == ("HR", None, [{"id": company.ana}])
    assert api.refused("editIntegration", id=integration["id"], name=None) == ["VALUE_REQUIRED name"]
    assert api.refused("editIntegration", id=integration["id"], expectedVersion=1) == [
        "VERSION_CONFLICT expectedVersion"
    ]


def test_the_log_tells_who_did_it_and_why(company: Company, shared_database: str) -> None:
    integration = created(company.api, reason="For the sales team")["integration"]
    company.api.made("revokeApiKey", "integration", id=integration["id"], keyId=integration["keys"][0]["id"])
    query = """SELECT event, envelope ->> 'principal_id', envelope ->> 'command', envelope -> 'reason' ->> 'text'
    FROM okr.readable_events WHERE stream = %s ORDER BY position"""
    with psycopg.connect(shared_database) as connection:
        told = connection.execute(query, [integration["id"]]).fetchall()
    by = company.api.ask("{ viewer { actor { id } } }")["viewer"]["actor"]["id"]
    assert told == [
        ("IntegrationCreated", by, "CreateIntegration", "For the sales team"),
        ("ApiKeyIssued", by, "CreateIntegration", "For the sales team"),
        ("ApiKeyRevoked", by, "RevokeApiKey", None),
    ]


async def test_no_secret_is_logged(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    given = {"name": "CRM", "expiresAt": IN_A_MONTH}
    payload = (await ask(service, DEVELOPMENT, CREATE, may_change=True, input=given)).data["createIntegration"]
    assert payload["secret"].split("_", 2)[2] not in caplog.text
    assert hash_of(payload["secret"]).hex() not in caplog.text


async def test_an_integration_acts_under_its_own_name(company: Company, service: Service) -> None:
    payload = created(company.api, name="CRM of Ana")
    await service.live.at_least(int(payload["position"]), 5)
    found = principal_of(payload["secret"], lambda i: find_api_key(service.live.snapshot, i), datetime.now(UTC))
    assert found
    assert found.id == UUID(payload["integration"]["id"])

    query = "{ viewer { actor { id name kind } roles owner { id } } integrations { id } }"
    answer = await ask(service, found, query)
    assert answer.data is None
    assert [error.extensions["code"] for error in answer.errors] == ["FORBIDDEN"]
    viewer = (await ask(service, found, query.replace("integrations { id }", ""))).data["viewer"]
    actor = {"id": str(found.id), "name": "CRM of Ana", "kind": "INTEGRATION"}
    assert viewer == {"actor": actor, "roles": ["integration"], "owner": None}

    kr = company.key_result()
    await service.live.at_least(company.api.position(), 5)
    query = """mutation($kr: ID!) { recordCheckIn(input: {keyResult: {id: $kr}, value: "5"}) {
      position checkIn { author { id name kind } } userErrors { code } } }"""
    told = (await ask(service, found, query, may_change=True, kr=kr)).data["recordCheckIn"]
    assert told["checkIn"]["author"] == actor
    read = "query($kr: ID!) { keyResult(id: $kr) { checkIns(first: 1) { nodes { author { id name kind } } } } }"
    seen = company.api.post(read, {"kr": kr}, OKR_Min_Position=str(told["position"])).json()
    assert seen["data"]["keyResult"]["checkIns"]["nodes"] == [{"author": actor}]


@pytest.mark.parametrize("role", [Role.MEMBER, Role.AUDITOR, Role.INTEGRATION])
async def test_only_administrators_make_them_and_auditors_look_on(
    company: Company, service: Service, role: Role
) -> None:
    payload = created(company.api)
    await service.live.at_least(int(payload["position"]), 5)
    principal = Principal(uuid4(), ActorKind.PERSON, "Bob", frozenset({role}))
    given = {"name": "CRM", "expiresAt": IN_A_MONTH}
    told = (await ask(service, principal, CREATE, may_change=True, input=given)).data["createIntegration"]
    assert told == {"integration": None, "secret": None, "position": None, "userErrors": [{"code": "FORBIDDEN"}]}
    node = "query($id: ID!) { node(id: $id) { id ... on Integration { viewerCan } } }"
    seen = (await ask(service, principal, node, id=payload["integration"]["id"])).data["node"]
    assert (seen is not None) is (role is Role.AUDITOR)
    listed = await ask(service, principal, "{ integrations { id } }")
    if role is Role.AUDITOR:
        assert seen["viewerCan"] == []
        assert payload["integration"]["id"] in [integration["id"] for integration in listed.data["integrations"]]
    else:
        assert [error.extensions["code"] for error in listed.errors] == ["FORBIDDEN"]


def test_a_key_opens_the_door_for_check_ins_in_its_scope_until_it_is_revoked(company: Company) -> None:
    other = Company(company.api)
    payload = created(company.api, cycleIds=[company.cycle])
    crm, (key,) = company.api.with_key(payload["secret"]), payload["integration"]["keys"]
    mine, theirs = company.key_result(), other.key_result()
    crm.made("recordCheckIn", "checkIn", keyResult={"id": mine}, value="5")
    assert crm.refused("recordCheckIn", keyResult={"id": theirs}, value="5") == ["NOT_FOUND keyResult.id"]
    assert crm.refused("editKR", id=mine, title="Mine") == ["FORBIDDEN"]
    revoked = company.api.do("revokeApiKey", "__typename", keyId=key["id"], id=payload["integration"]["id"])
    company.api.answer("{ __typename }", OKR_Min_Position=revoked["position"])
    assert crm.post("{ __typename }").status_code == 401
