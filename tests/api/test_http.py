"""GraphQL over HTTP: methods, media types, and bodies that nobody should send."""

from typing import Any

import httpx
import pytest

from api.serving import GRAPHQL, Api

JSON = "application/json"
SEND_JSON = {"Content-Type": JSON}
MUTATION = 'mutation { openCycle(input: {id: "x"}) { position userErrors { code } } }'


def code_of(response: httpx.Response) -> str:
    code: str = response.json()["errors"][0]["extensions"]["code"]
    return code


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (GRAPHQL, GRAPHQL),
        (JSON, JSON),
        ("*/*", JSON),
        ("application/*", GRAPHQL),
        (f"{JSON};q=0.5, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"text/html, {JSON};q=0.1", JSON),
        (f"{GRAPHQL}; charset=utf-8, {JSON}", GRAPHQL),
        ("", None),
        ("text/html", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=much", None),
    ],
)
def test_the_answer_has_the_media_type_that_the_client_likes_best(api: Api, accept: str, media: str | None) -> None:
    response = api.http.get("/graphql", params={"query": "{ __typename }"}, headers={"Accept": accept})
    assert response.status_code == (200 if media else 406)
    assert response.headers["content-type"] == f"{media or JSON}; charset=utf-8"
    assert response.headers["vary"] == "Accept, Authorization"
    assert "data" in response.json() if media else code_of(response) == "NOT_ACCEPTABLE"


def test_a_client_that_says_nothing_gets_graphql(api: Api) -> None:
    signed_in = {"Authorization": api.http.headers["authorization"]}
    request = httpx.Request("GET", f"{api.url}/graphql?query={{__typename}}", headers=signed_in)
    response = httpx.Client(trust_env=False).send(request)
    assert response.headers["content-type"].startswith(GRAPHQL)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($x: Int!) { objectives(first: $x) { totalCount } }", "BAD_USER_INPUT"),
        ('{ objectives(first: "1") { totalCount } }', "BAD_USER_INPUT"),
        ("query A { __typename } query B { __typename }", "BAD_REQUEST"),
        ("subscription { cascadeChanged }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ a" * 300 + "}" * 300, "QUERY_TOO_COMPLEX"),
    ],
)
def test_a_request_that_cannot_be_executed_has_no_data(api: Api, query: str, code: str) -> None:
    response = api.post(query)
    assert (response.status_code, code_of(response)) == (400, code)
    assert "data" not in response.json()
    told = api.http.post("/graphql", json={"query": query}, headers={"Accept": JSON})
    assert told.status_code == 200
    assert told.json()["errors"] == response.json()["errors"]


def test_nothing_is_suggested(api: Api) -> None:
    assert "Did you mean" not in api.post("{ objectivs { totalCount } }").text
    assert "Did you mean" not in api.post("query($a: OwnerLevl) { owners(levels: [TEEM]) { totalCount } }").text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"5",
        b'"x"',
        b"null",
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{",
        b'{"query": 5}',
        b"{}",
        b'{"query": "{ __typename }", "query": "{ __typename }"}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": {"a": 1, "a": 2}}',
        b'{"query": "{ __typename }", "operationName": 5}',
        b'{"query": "{ __typename }", "extensions": 5}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 5000 + b"}}",
        b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
        b"[" * 100_000,
        b'{"query": "\xff"}',
        '{"query": "{ __typename }"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"query": "{ __typename }"}',
    ],
)
def test_a_body_that_is_no_request_is_told_in_json(api: Api, body: bytes) -> None:
    response = api.http.post("/graphql", content=body, headers=SEND_JSON)
    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("kind", ["text/plain", "text/xapplication/json", "application/json; charset=latin-1", ""])
def test_only_json_is_read(api: Api, kind: str) -> None:
    response = api.http.post("/graphql", content=b'{"query": "{ __typename }"}', headers={"Content-Type": kind})
    assert (response.status_code, code_of(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_body_is_at_most_1_mib(api: Api) -> None:
    def chunks() -> Any:
        for _ in range(1100):
            yield b" " * 1024

    for body in (b" " * 1_048_577, chunks()):
        response = api.http.post("/graphql", content=body, headers=SEND_JSON)
        assert (response.status_code, code_of(response)) == (413, "CONTENT_TOO_LARGE")
    largest = b'{"query": "{ __typename }"}'.ljust(1_048_576)
    assert api.http.post("/graphql", content=largest, headers=SEND_JSON).status_code == 200


def test_queries_may_be_asked_with_get_and_mutations_may_not(api: Api) -> None:
    asked = {"query": "query Q($n: Int) { owners(first: $n) { pageInfo { hasNextPage } } }", "variables": '{"n": 1}'}
    assert api.http.get("/graphql", params=asked | {"operationName": "Q"}).json()["data"]
    assert api.http.get("/graphql", params=asked | {"variables": "{"}).status_code == 400
    assert api.http.get("/graphql").status_code == 400
    refused = api.http.get("/graphql", params={"query": MUTATION})
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert code_of(refused) == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(api: Api, method: str) -> None:
    response = api.http.request(method, "/graphql")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


def test_a_document_is_remembered_by_its_text_and_not_by_its_variables(api: Api) -> None:
    query = "query($first: Int) { owners(first: $first) { totalCount } }"
    assert "errors" not in api.answer(query, {"first": 1})
    assert api.answer(query, {"first": 0})["errors"]
    assert "errors" not in api.answer(query, {"first": 2})
    long = "{ __typename }" + " " * 30_000
    assert api.ask(long) == api.ask(long) == {"__typename": "Query"}
