"""Limits: what frontends ask is far from them, and whoever takes too much time or too many doors is told so."""

import socket
import time
from collections.abc import Iterator

import httpx
import pytest
from graphql import GraphQLObjectType, get_introspection_query, get_named_type, is_leaf_type
from psycopg.conninfo import conninfo_to_dict

from api.serving import Api, served
from okr_api.asgi import bounded
from okr_api.graphql.documents import Documents
from okr_api.graphql.schema import SCHEMA
from okr_api.settings import Limits

NOWHERE_YET = {"OKR_Min_Position": "999999999"}
SLOW = {"OKR_READABLE_TIMEOUT": "20", "OKR_REQUEST_TIMEOUT": "0.5", "OKR_MAX_REQUESTS_PER_PRINCIPAL": "1"}
SOON = 10.0


def shown(name: str, deeper: bool = True) -> str:
    """All that a type says of itself, and of what it is next to."""
    kind = SCHEMA.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    parts = []
    for field, known in kind.fields.items():
        of = get_named_type(known.type)
        if any(argument.type.__class__.__name__ == "GraphQLNonNull" for argument in known.args.values()):
            continue
        if is_leaf_type(of):
            parts.append(field)
        elif deeper and isinstance(of, GraphQLObjectType) and not of.name.endswith("Connection"):
            parts.append(f"{field} {{ {shown(of.name, deeper=False)} }}")
    return " ".join(parts)


WHOLE_TREE = f"""query($id: ID!) {{ cascade(cycleId: $id) {{ position time totalCount truncated
    nodes {{ itemId parentId link depth childCount context item {{
        ... on Objective {{ {shown("Objective")} }} ... on KeyResult {{ {shown("KeyResult")} }}
        ... on Redacted {{ {shown("Redacted")} }} }} }}
    edges {{ {shown("CascadeEdge")} }} }} }}"""
INTROSPECTION = get_introspection_query(
    directive_is_repeatable=True, schema_description=True, specified_by_url=True, input_value_deprecation=True
)


@pytest.mark.parametrize("query", [WHOLE_TREE, INTROSPECTION], ids=["the whole tree", "introspection"])
def test_what_frontends_ask_is_within_the_limits(query: str) -> None:
    document = Documents(Limits()).prepared(query)
    assert document.errors == ()
    assert document.cost(document.operation(None), {}) <= Limits().max_cost


def test_what_was_asked_lately_is_remembered_within_bounds() -> None:
    documents = Documents(Limits())
    query = "{ " + " ".join(f"a{n}: __typename" for n in range(30)) + " }"
    for number in range(1000):
        documents.prepared(query + " " * number)
    assert documents.prepared(query + " " * 999) is documents.prepared(query + " " * 999)
    assert documents._size <= 32 * 1024 * 1024


def test_statements_end_when_their_request_does() -> None:
    given = conninfo_to_dict(bounded("postgresql://okr@db/okr?options=-c%20search_path%3Dokr", 10))
    assert given["options"] == "-c search_path=okr -c statement_timeout=10000"


@pytest.fixture(scope="module")
def slow(shared_database: str) -> Iterator[Api]:
    with served(shared_database, projector=False, **SLOW) as url:
        yield Api(url)


def test_a_request_is_given_up_in_time(slow: Api) -> None:
    response = slow.post("{ __typename }", **NOWHERE_YET)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (504, "TIMEOUT")
    assert slow.ask("{ __typename }") == {"__typename": "Query"}


def test_a_client_with_too_many_requests_under_way_is_told_to_wait(slow: Api) -> None:
    deadline = time.monotonic() + SOON
    # The other request may come before this one is read, or after it was given up.
    while (told := _beside_an_unfinished_one(slow)) is None:
        assert time.monotonic() < deadline
    response, unfinished = told
    assert response.headers["retry-after"] == "1"
    assert response.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert unfinished.startswith(b"HTTP/1.1 408 ")


def _beside_an_unfinished_one(api: Api) -> tuple[httpx.Response, bytes] | None:
    """What a request is told, if it is refused, and then the one whose body never comes."""
    host, _, port = api.url.removeprefix("http://").partition(":")
    sent = "".join(f"{name}: {value}\r\n" for name, value in api.http.headers.items() if name != "connection")
    sent += "Content-Type: application/json\r\nContent-Length: 9\r\n"
    with socket.create_connection((host, int(port)), timeout=SOON) as unfinished:
        unfinished.sendall(f"POST /graphql HTTP/1.1\r\nHost: {host}\r\n{sent}\r\n".encode())
        response = api.post("{ __typename }")
        return (response, unfinished.recv(100)) if response.status_code == 429 else None
