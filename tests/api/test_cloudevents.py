"""Check-ins as CloudEvents over HTTP: three modes, answered event by event, each recorded once."""

import json
import socket
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.serving import Api, Company, served

EVENT, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
DOOR = "/v1/check-ins"
TYPE = "okr.check-in.v1"
IN_A_MONTH = (datetime.now(UTC) + timedelta(days=30)).isoformat()


@pytest.fixture
def kr(company: Company) -> str:
    metric = {"kind": "INCREASE", "start": "0", "target": "10"}
    new = [{"title": "Revenue", "metric": metric, "externalRef": f"{company.name}-1"}]
    key_result: str = company.objective(keyResults=new)["keyResults"][0]["id"]
    return key_result


def event(company: Company, kr: str, name: object = 1, /, **more: Any) -> dict[str, Any]:
    data = {"keyResult": {"id": kr}, "value": "4.5"} | more.pop("data", {})
    named = {"specversion": "1.0", "id": str(name), "source": f"/sales/{company.name}", "type": TYPE}
    return named | {"data": data} | more


def send(api: Api, given: object, mode: str = EVENT, /, **headers: str) -> httpx.Response:
    return api.http.post(DOOR, content=json.dumps(given), headers={"Content-Type": mode} | headers)


def result(response: httpx.Response) -> dict[str, Any]:
    """Of a single event."""
    (only,) = response.json()
    found: dict[str, Any] = only
    return found


def told(one: dict[str, Any]) -> list[str]:
    return [f"{error['code']} {'.'.join(error['path'])}" for error in one["userErrors"]]


def check_ins(company: Company, kr: str) -> list[dict[str, Any]]:
    query = (
        "query($id: ID!) { keyResult(id: $id) { checkIns { nodes { id value confidence note source effectiveAt } } } }"
    )
    found: list[dict[str, Any]] = company.api.ask(query, id=kr)["keyResult"]["checkIns"]["nodes"]
    return found


def test_an_event_is_the_check_in_that_the_mutation_would_record(company: Company, kr: str) -> None:
    data = {"value": 4.50, "confidence": "0.8", "note": "as planned", "effectiveAt": "2026-02-01T10:00:00+01:00"}
    response = send(company.api, event(company, kr, data=data))
    assert response.status_code == 200
    answer = result(response)
    assert (answer["id"], answer["source"], answer["status"]) == ("1", f"/sales/{company.name}", "ACCEPTED")
    assert int(answer["position"]) == company.api.position()
    (recorded,) = check_ins(company, kr)
    assert recorded == {
        "id": answer["checkIn"],
        "value": "4.5",
        "confidence": "0.8",
        "note": "as planned",
        "source": f"/sales/{company.name}",
        "effectiveAt": "2026-02-01T09:00:00Z",
    }


def test_the_three_modes_say_the_same(company: Company, kr: str) -> None:
    given = event(
        company, kr, "ü 1", time="2026-03-01T00:00:00Z", data={"keyResult": {"externalRef": f"{company.name}-1"}}
    )
    first = result(send(company.api, given))
    headers = {f"ce-{name}": value for name, value in given.items() if name != "data"}
    binary = send(company.api, given["data"], "application/json; charset=utf-8", **headers | {"ce-id": "%C3%BC%201"})
    batch = send(company.api, [given], BATCH)
    assert first["status"] == "ACCEPTED"
    assert result(binary) == result(batch) == first | {"status": "DUPLICATE"}
    assert [one["effectiveAt"] for one in check_ins(company, kr)] == ["2026-03-01T00:00:00Z"]


def test_events_of_a_batch_are_answered_in_their_order_each_for_itself(company: Company, kr: str) -> None:
    batch = [
        event(company, kr, 1),
        event(company, "x", 2),
        event(company, kr, 3, type="other"),
        {"specversion": "1.0", "source": "/s", "type": TYPE},
        5,
        event(company, kr, 1),
        event(company, kr, 1, data={"value": 5}),
        event(company, kr, 4, data={"confidence": 2, "effectiveAt": "2999-01-01T00:00:00Z"}),
        event(company, kr, 5, time="2999-01-01T00:00:00Z"),
    ]
    response = send(company.api, batch, BATCH)
    assert response.status_code == 207
    answers = response.json()
    assert [one["status"] for one in answers[:2]] == ["ACCEPTED", "REJECTED"]
    assert answers[5] == answers[0] | {"status": "DUPLICATE"}
    assert [told(answers[place]) for place in (1, 2, 3, 4, 6, 7, 8)] == [
        ["NOT_FOUND data.keyResult.id"],
        ["UNKNOWN_EVENT_TYPE type"],
        ["NOT_A_CLOUD_EVENT id"],
        ["NOT_A_CLOUD_EVENT "],
        ["IDEMPOTENCY_MISMATCH id"],
        ["OUT_OF_RANGE data.confidence"],
        ["FUTURE_CHECK_IN time"],
    ]
    assert (answers[3]["id"], answers[3]["source"]) == (None, "/s")
    assert len(check_ins(company, kr)) == 1


def test_an_event_sent_again_is_answered_with_its_first_result(company: Company, kr: str) -> None:
    first = result(send(company.api, event(company, kr)))
    company.api.made("closeCycle", "cycle", id=company.cycle)
    assert result(send(company.api, event(company, kr))) == first | {"status": "DUPLICATE"}
    other = send(company.api, event(company, kr, data={"value": 7}))
    assert (other.status_code, told(result(other))) == (422, ["IDEMPOTENCY_MISMATCH id"])
    assert told(result(send(company.api, event(company, kr, 2)))) == ["CYCLE_CLOSED data.keyResult"]
    assert len(check_ins(company, kr)) == 1


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
def test_what_lacks_an_attribute_is_no_event_and_none_is_invented(company: Company, kr: str, name: str) -> None:
    given = event(company, kr)
    for without in ({n: v for n, v in given.items() if n != name}, given | {name: ""}, given | {name: None}):
        response = send(company.api, without)
        assert response.status_code == 400
        (error,) = response.json()["errors"]
        assert error["extensions"] == {"code": "NOT_A_CLOUD_EVENT"}
        assert name in error["message"]
        headers = {f"ce-{n}": v for n, v in without.items() if n != "data" and v is not None}
        assert send(company.api, given["data"], "application/json", **headers).status_code == 400
    assert check_ins(company, kr) == []


def test_where_one_name_ends_and_the_other_begins_makes_another_event(company: Company, kr: str) -> None:
    source = f"/{company.name}"
    batch = [event(company, kr, "b/c", source=f"{source}/a"), event(company, kr, "c", source=f"{source}/a/b")]
    answers = send(company.api, batch, BATCH).json()
    assert [one["status"] for one in answers] == ["ACCEPTED", "ACCEPTED"]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"data": None}, "BAD_USER_INPUT data"),
        ({"data": "4"}, "BAD_USER_INPUT data"),
        ({"data": {}}, "VALUE_REQUIRED data.keyResult VALUE_REQUIRED data.value"),
        ({"data": {"keyResult": {"id": "x", "externalRef": "y"}, "value": 1}}, "BAD_USER_INPUT data.keyResult"),
        ({"data": {"keyResult": {"externalRef": "\ud83d"}, "value": 1}}, "BAD_USER_INPUT data.keyResult"),
        ({"data": {"keyResult": {"externalRef": "a\0b"}, "value": 1}}, "NOT_FOUND data.keyResult.externalRef"),
        ({"data": {"keyResult": {"id": "x"}, "value": 1, "confidance": 1}}, "BAD_USER_INPUT data.confidance"),
        ({"data": {"keyResult": {"id": "x"}, "value": 1, "\ud83d": 1}}, "BAD_USER_INPUT data.?"),
        ({"data": {"keyResult": {"id": "x"}, "value": "1,5"}}, "BAD_USER_INPUT data.value"),
        ({"data": {"keyResult": {"id": "x"}, "value": True}}, "BAD_USER_INPUT data.value"),
        ({"data": {"keyResult": {"id": "x"}, "value": 1e300}}, "BAD_USER_INPUT data.value"),
        ({"data": {"keyResult": {"id": "x"}, "value": 1, "effectiveAt": "2026"}}, "BAD_USER_INPUT data.effectiveAt"),
        ({"data": {"keyResult": {"id": "x"}, "value": 1, "note": 5}}, "BAD_USER_INPUT data.note"),
        ({"data": {"keyResult": {"id": "x"}, "value": 1, "note": "\ud83d"}}, "BAD_USER_INPUT data.note"),
        ({"type": "com.example"}, "UNKNOWN_EVENT_TYPE type"),
    ],
)
def test_data_that_is_wrong_is_told_where_it_is(company: Company, kr: str, wrong: dict[str, Any], problem: str) -> None:
    response = send(company.api, event(company, kr) | wrong)
    assert response.status_code == 422
    assert " ".join(told(result(response))) == problem


def test_a_source_and_a_note_have_the_length_that_the_api_gives_them(company: Company, kr: str) -> None:
    long = event(company, kr, source="/" + "x" * 100, data={"note": "n" * 10_001})
    assert told(result(send(company.api, long))) == ["TEXT_TOO_LONG data.note", "TEXT_TOO_LONG source"]
    assert result(send(company.api, event(company, kr, "i" * 5000)))["status"] == "ACCEPTED"


DEEP = b"[" * 100_000
HOSTILE: list[tuple[str, int, str, bytes]] = [
    ("nothing", 400, EVENT, b""),
    ("a number", 400, EVENT, b"5"),
    ("a list where one event is told", 400, EVENT, b"[]"),
    ("an event where a batch is told", 400, BATCH, b"{}"),
    ("deep JSON", 400, BATCH, DEEP),
    ("a deep event", 400, EVENT, b'{"specversion": "1.0", "data": ' + DEEP),
    ("a number of 10,000 digits", 400, EVENT, b'{"data": ' + b"9" * 10_000 + b"}"),
    ("no number", 400, EVENT, b'{"data": NaN}'),
    ("a name twice", 400, EVENT, b'{"id": "1", "id": "2"}'),
    ("no UTF-8", 400, EVENT, b'{"id": "\xff"}'),
    ("UTF-16", 400, EVENT, '{"id": "1"}'.encode("utf-16")),
    ("NUL in a name", 400, EVENT, b'{"specversion": "1.0", "id": "a\\u0000", "source": "/", "type": "x"}'),
    ("half a pair in a name", 400, EVENT, b'{"specversion": "1.0", "id": "\\ud83d", "source": "/", "type": "x"}'),
    ("a source that is none", 400, EVENT, b'{"specversion": "1.0", "id": "1", "source": "a b", "type": "x"}'),
    ("an attribute in capitals", 400, EVENT, b'{"specversion": "1.0", "id": "1", "source": "/", "type": "x", "ID": 1}'),
    ("another version", 400, EVENT, b'{"specversion": "0.3", "id": "1", "source": "/", "type": "x"}'),
    ("a time that is none", 400, EVENT, b'{"specversion": "1.0", "id": "1", "source": "/", "type": "x", "time": 5}'),
    (
        "binary data",
        400,
        EVENT,
        b'{"specversion": "1.0", "id": "1", "source": "/", "type": "x", "data_base64": "AA=="}',
    ),
    ("2 MiB", 413, BATCH, b" " * 2 * 1024 * 1024),
    ("1,001 events", 413, BATCH, b"[" + b"1," * 1000 + b"1]"),
    ("1,000 that are none", 422, BATCH, b"[" + b"1," * 999 + b"1]"),
    ("no event by its headers", 400, "application/json", b"{}"),
    ("text", 415, "text/plain", b"{}"),
    ("another encoding", 415, f"{EVENT}; charset=utf-16", b"{}"),
    ("another format", 415, "application/cloudevents+avro", b"{}"),
]


@pytest.mark.parametrize(("status", "mode", "body"), [each[1:] for each in HOSTILE], ids=[each[0] for each in HOSTILE])
def test_a_hostile_body_is_refused(api: Api, status: int, mode: str, body: bytes) -> None:
    response = api.http.post(DOOR, content=body, headers={"Content-Type": mode})
    assert response.status_code == status, response.text[:500]
    answer = response.json()
    assert isinstance(answer, list) or answer["errors"][0]["extensions"]["code"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["specversion", "id", "source", "type", "time", "data", "datacontenttype", "x"])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changed=st.dictionaries(NAMES, ANYTHING, max_size=3), data=st.dictionaries(st.text(max_size=5), ANYTHING))
def test_whatever_is_sent_is_never_our_fault(
    company: Company, kr: str, changed: dict[str, Any], data: dict[str, Any]
) -> None:
    given = event(company, kr, data=data) | changed
    for body, mode in ((given, EVENT), ([given, given], BATCH), (given.get("data"), "application/json")):
        headers = {"ce-id": "1", "ce-source": "/s", "ce-type": TYPE, "ce-specversion": "1.0"} if "+" not in mode else {}
        assert send(company.api, body, mode, **headers).status_code < 500


def test_headers_that_name_no_event_are_refused(company: Company, kr: str) -> None:
    data, named = event(company, kr)["data"], {"ce-specversion": "1.0", "ce-source": "/s", "ce-type": TYPE}
    headers = {"Content-Type": "application/json", **named}
    for name, value in (("ce-id", b"\xff"), ("ce-id", b"%ff"), ("ce-id", b"%00"), ("ce-data", b"x"), ("ce-a-b", b"x")):
        pairs = (
            [*headers.items(), ("ce-id", "1"), (name, value)] if name != "ce-id" else [*headers.items(), (name, value)]
        )
        response = company.api.http.post(DOOR, content=json.dumps(data), headers=pairs)
        assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (400, "NOT_A_CLOUD_EVENT")
    twice = [*headers.items(), ("ce-id", "1"), ("ce-id", "2")]
    assert company.api.http.post(DOOR, content=json.dumps(data), headers=twice).status_code == 400
    assert check_ins(company, kr) == []


def test_an_empty_batch_is_answered_with_nothing(api: Api) -> None:
    response = send(api, [], BATCH)
    assert (response.status_code, response.json()) == (200, [])


def test_a_thousand_events_are_one_batch(company: Company, kr: str) -> None:
    response = send(company.api, [event(company, kr, n, data={"value": n}) for n in range(1000)], BATCH)
    assert {one["status"] for one in response.json()} == {"ACCEPTED"}


def test_only_those_who_sign_in_and_may_report_are_heard(company: Company, kr: str) -> None:
    given = json.dumps(event(company, kr))
    for headers, status in (({}, 401), ({"Authorization": "Bearer x"}, 401)):
        response = httpx.post(
            company.api.url + DOOR, content=given, headers={"Content-Type": EVENT, **headers}, trust_env=False
        )
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (status, "Bearer")
    auditor = send(company.api.as_("auditor"), event(company, kr))
    assert (auditor.status_code, told(result(auditor))) == (422, ["FORBIDDEN "])


def test_an_integration_reports_within_its_scope(company: Company, kr: str) -> None:
    given = {"name": "Jira", "expiresAt": IN_A_MONTH, "cycleIds": [company.cycle]}
    jira = company.api.with_key(company.api.do("createIntegration", "secret", **given)["secret"])
    assert result(send(jira, event(company, kr)))["status"] == "ACCEPTED"
    elsewhere = Company(company.api)
    assert told(result(send(jira, event(elsewhere, elsewhere.key_result(), 2)))) == ["NOT_FOUND data.keyResult.id"]


def test_only_sending_is_answered_and_permission_to_send(api: Api) -> None:
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        response = api.http.request(method, DOOR)
        assert (response.status_code, response.headers["Allow"]) == (405, "POST, OPTIONS")
    asked = api.http.options(DOOR, headers={"WebHook-Request-Origin": "events.example", "WebHook-Request-Rate": "120"})
    assert asked.status_code == 200
    assert asked.headers["WebHook-Allowed-Origin"] == "events.example"
    assert asked.headers["WebHook-Allowed-Rate"] == "120"
    origin = {"WebHook-Request-Origin": "events.example"}
    assert httpx.options(api.url + DOOR, headers=origin, trust_env=False).status_code == 401


def test_the_limits_are_those_of_the_api(database: str) -> None:
    limits = {"OKR_MAX_REQUESTS_PER_PRINCIPAL": "1", "OKR_MAX_BODY_BYTES": "100", "OKR_REQUEST_TIMEOUT": "2"}
    with served(database, projector=False, **limits) as url:
        api = Api(url)
        long = send(api, " " * 101)
        assert (long.status_code, long.json()["errors"][0]["extensions"]["code"]) == (413, "CONTENT_TOO_LARGE")
        with socket.create_connection((api.http.base_url.host, api.http.base_url.port)) as slow:
            head = f"POST {DOOR} HTTP/1.1\r\nHost: x\r\nAuthorization: {api.http.headers['Authorization']}\r\n"
            slow.sendall(f"{head}Content-Type: {EVENT}\r\nContent-Length: 50\r\n\r\n".encode())
            statuses = {429: 0}
            until = time.monotonic() + 20
            while not statuses[429] and time.monotonic() < until:
                status = send(api, {}).status_code
                statuses[status] = statuses.get(status, 0) + 1
            assert statuses.keys() <= {400, 429}
            assert statuses[429]
            assert slow.recv(100).startswith(b"HTTP/1.1 408 ")
