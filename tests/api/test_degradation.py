"""The service while the database is away: reads go on and say how old they are, writes fail soon, all comes back."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from api.serving import DATABASES, Api, Company, served
from faults.proxy import Proxy, proxied

IN_TIME = 10.0
"""Seconds, where three or five are promised of a machine that has nothing else to do."""
READ = "query($kr: ID!) { keyResult(id: $kr) { title current } cycles { name } }"
PAGE = "query($kr: ID!) { keyResult(id: $kr) { checkIns(first: 2) { totalCount nodes { value } } } }"
HISTORY = "query($kr: ID!) { keyResult(id: $kr) { history(first: 2) { nodes { position } } } }"
PAST = '{ cycles(asOf: {position: "1"}) { name } }'
WRITE = """mutation($kr: ID!, $key: String!, $value: Decimal!) {
    recordCheckIn(input: {keyResult: {id: $kr}, value: $value, idempotencyKey: $key}) {
        duplicate position userErrors { code } } }"""


@contextmanager
def shut_out(server: str, dsn: str) -> Iterator[None]:
    """Nobody may connect to the database, and who was connected is not any more."""
    name = str(conninfo_to_dict(dsn)["dbname"])
    allow = SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(allow.format(Identifier(name), SQL("false")))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        yield
        admin.execute(allow.format(Identifier(name), SQL("true")))


@contextmanager
def black_hole(proxy: Proxy) -> Iterator[None]:
    proxy.swallow()
    yield
    proxy.heal()


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    with proxied(database) as proxy:
        yield proxy


@pytest.fixture
def api(database: str, proxy: Proxy) -> Iterator[Api]:
    with served(proxy.dsn) as url:
        DATABASES[url] = database
        yield Api(url)


def until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + IN_TIME
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def codes(answer: dict[str, Any]) -> set[str]:
    return {error["extensions"]["code"] for error in answer.get("errors", ())}


@pytest.mark.parametrize("silent", [False, True], ids=["gone", "silent"])
def test_reads_go_on_writes_fail_soon_and_all_comes_back(
    server: str, database: str, proxy: Proxy, api: Api, silent: bool
) -> None:
    kr = Company(api).key_result()
    written = api.answer(WRITE, {"kr": kr, "key": "before", "value": "1"})
    before = api.answer(READ, {"kr": kr})
    assert before["data"]["keyResult"]["current"] == "1"
    assert "age" not in before["extensions"]
    with black_hole(proxy) if silent else shut_out(server, database):
        began = time.monotonic()
        with ThreadPoolExecutor(16) as clients:
            failed = list(
                clients.map(lambda n: api.answer(WRITE, {"kr": kr, "key": f"{n}", "value": f"{n}"}), range(16))
            )
        assert time.monotonic() - began < IN_TIME
        assert {code for answer in failed for code in codes(answer)} == {"UNAVAILABLE"}
        assert all("idempotencyKey" in answer["errors"][0]["message"] for answer in failed)

        until(lambda: "age" in api.answer(READ, {"kr": kr})["extensions"])
        first = api.answer(READ, {"kr": kr})
        assert first["data"] == before["data"]
        assert int(first["extensions"]["position"]) >= int(written["data"]["recordCheckIn"]["position"])
        until(lambda: api.answer(READ, {"kr": kr})["extensions"]["age"] > first["extensions"]["age"])

        for query in (PAGE, HISTORY, PAST):
            began = time.monotonic()
            assert codes(api.answer(query, {"kr": kr})) == {"UNAVAILABLE"}
            assert time.monotonic() - began < IN_TIME

    until(lambda: "age" not in api.answer(READ, {"kr": kr})["extensions"])
    again = api.answer(WRITE, {"kr": kr, "key": "15", "value": "15"})
    assert codes(again) == set()
    assert again["data"]["recordCheckIn"]["userErrors"] == []
    until(lambda: api.answer(READ, {"kr": kr})["data"]["keyResult"]["current"] == "15")
    for query in (PAGE, HISTORY, PAST):
        assert codes(api.answer(query, {"kr": kr})) == set()


def test_a_cut_fails_no_request_that_comes_after_it(proxy: Proxy, api: Api) -> None:
    kr = Company(api).key_result()
    pages = [f'{{ keyResult(id: "{kr}") {{ checkIns(first: {n}) {{ totalCount }} }} }}' for n in range(1, 33)]
    with ThreadPoolExecutor(8) as clients:
        assert not any(map(codes, clients.map(api.answer, pages)))
        proxy.cut()
        writes = [{"kr": kr, "key": uuid4().hex, "value": "1"} for _ in range(8)]
        answers = list(clients.map(lambda given: api.answer(WRITE, given), writes))
        answers += clients.map(api.answer, pages)
    assert not any(map(codes, answers))
