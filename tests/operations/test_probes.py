"""Probes: what a process says of itself while it begins, serves, loses the database, is parked, and ends."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import httpx
import psycopg
import pytest

from api.serving import DATABASES, Api, process, served, token, wait_until_alive
from api.test_degradation import shut_out
from local.test_cli import okr, refusal
from okr_api.event_log.standing import Standing, Watch, migrations
from okr_api.operations.heads import MOST_BYTES
from okr_api.operations.health import ApiHealth, ProjectorHealth
from operations.asking import free_port, probe, until, until_status

UNKNOWN = "INSERT INTO okr.events VALUES (gen_random_uuid(), 1, 'NeverHeardOf', '{}', 1, 1, clock_timestamp())"
OLDER = "DROP TABLE okr_facts_1.owners CASCADE; UPDATE okr.facts_pointer SET fingerprint = 'of another version'"
WELL = Standing(head=7, waits_seconds=0.0, lacking=[])


@contextmanager
def beside(command: str, dsn: str, **settings: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A process and the URL of its operations port, which may not be open yet."""
    port = free_port()
    with process(command, dsn, OKR_OPERATIONS_PORT=str(port), **settings) as running:
        yield f"http://127.0.0.1:{port}", running


def test_an_api_that_serves_says_so_on_both_ports(database: str) -> None:
    port = free_port()
    with served(database, OKR_OPERATIONS_PORT=str(port)) as url:
        operations = f"http://127.0.0.1:{port}"
        for path in ("/livez", "/readyz", "/startupz"):
            assert probe(operations, path).status == probe(url, path).status == 200
        found = until(lambda: (ready := probe(operations, "/readyz")).checks.get("lag") and ready)
        assert found.checks == {
            "snapshot": "at position 0",
            "database": "answers",
            "migrations": "applied",
            "lag": "none",
        }
        assert httpx.get(f"{url}/readyz", trust_env=False).json() == {"failing": []}
        assert httpx.get(f"{operations}/graphql", trust_env=False).status_code == 404


def test_an_api_has_not_started_until_it_holds_the_organisation(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(OLDER)
    with beside("api", database, OKR_PORT=str(free_port())) as (url, _):
        until_status(url, "/livez", 200)
        assert probe(url, "/startupz").checks == {"snapshot": "is being loaded"}
        assert probe(url, "/startupz").status == probe(url, "/readyz").status == 503
        with process("projector", database):
            until_status(url, "/startupz", 200)
            assert probe(url, "/readyz").status == 200


def test_an_api_stays_ready_while_the_database_is_away(server: str, database: str) -> None:
    with beside("api", database, OKR_PORT=str(free_port())) as (url, _):
        until_status(url, "/readyz", 200)
        with shut_out(server, database):
            told = until(lambda: (ready := probe(url, "/readyz")).checks["database"] != "answers" and ready)
        assert told.status == 200
        assert "reads go on from memory, writes are told to try again" in told.checks["database"]


def test_an_api_that_is_told_to_end_says_so_and_serves_on_for_a_while(database: str) -> None:
    port, operations = free_port(), free_port()
    settings = {"OKR_PORT": str(port), "OKR_OPERATIONS_PORT": str(operations), "OKR_DRAIN_SECONDS": "1.5"}
    url = f"http://127.0.0.1:{port}"
    with process("api", database, **settings) as running, httpx.Client(base_url=url, trust_env=False) as kept:
        wait_until_alive(url)
        assert "connection" not in kept.get("/livez").headers
        running.send_signal(signal.SIGTERM)
        for asked in (f"http://127.0.0.1:{operations}", url):
            assert until_status(asked, "/readyz", 503).failing == ["draining"]
            assert probe(asked, "/livez").status == 200
        answered = kept.get("/livez")
        assert (answered.status_code, answered.headers["connection"]) == (200, "close")
        assert running.wait(10) == 0


def test_a_second_signal_ends_the_draining(database: str) -> None:
    port = free_port()
    with process("api", database, OKR_PORT=str(port), OKR_DRAIN_SECONDS="600") as running:
        wait_until_alive(f"http://127.0.0.1:{port}")
        running.send_signal(signal.SIGTERM)
        until_status(f"http://127.0.0.1:{port}", "/readyz", 503)
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0


def test_a_request_under_way_is_answered_before_the_process_ends(database: str) -> None:
    port, body = free_port(), b'{"query": "{ __typename }"}'
    address = f"http://127.0.0.1:{port}"
    DATABASES[address] = database
    with beside("api", database, OKR_PORT=str(port)) as (url, running):
        wait_until_alive(address)
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: okr\r\nAuthorization: Bearer {token(address)}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
            client.sendall(head.encode() + body[:5])
            assert probe(address, "/livez").status == 200  # what came before this has been read
            running.send_signal(signal.SIGTERM)
            until_status(url, "/readyz", 503)
            client.sendall(body[5:])
            assert client.recv(1000).startswith(b"HTTP/1.1 200")
        assert running.wait(10) == 0


def test_of_two_projectors_one_leads_and_both_are_ready(database: str) -> None:
    with beside("projector", database) as (first, leader):
        until(lambda: probe(first, "/readyz").checks["projector"] == "leads")
        with beside("projector", database) as (second, _):
            assert until_status(second, "/readyz", 200).checks["projector"] == "stands by"
            assert probe(first, "/livez").status == probe(second, "/startupz").status == 200
            leader.send_signal(signal.SIGTERM)
            assert leader.wait(10) == 0
            until(lambda: probe(second, "/readyz").checks["projector"] == "leads")


def test_a_projector_is_not_ready_where_it_is_parked_or_the_database_is_away(server: str, database: str) -> None:
    with beside("projector", database) as (url, _):
        until_status(url, "/readyz", 200)
        with psycopg.connect(database) as connection:
            connection.execute(UNKNOWN)
            connection.execute("NOTIFY okr_events")
        parked = until_status(url, "/readyz", 503)
        assert parked.checks["projector"] == "is parked: the event at position 1 cannot be projected"
        assert probe(url, "/livez").status == probe(url, "/startupz").status == 200
        with shut_out(server, database):
            until(lambda: "was interrupted" in probe(url, "/readyz").checks["projector"])


def test_a_projector_whose_heart_stands_still_does_not_live(monkeypatch: pytest.MonkeyPatch) -> None:
    health = ProjectorHealth()
    health.does("stands by")
    assert health.live()["heartbeat"].well
    monkeypatch.setattr("okr_api.operations.health.HEARTBEAT_SECONDS", -1.0)
    assert not health.live()["heartbeat"].well


async def test_it_is_seen_which_migrations_a_database_lacks(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM okr.migrations WHERE name = %s", [migrations()[-1]])
        connection.execute("INSERT INTO okr.migrations VALUES ('999_next_year.sql', '')")
    standing = await Watch(database, lambda: 0).look()
    assert standing == Standing(head=0, waits_seconds=0.0, lacking=[migrations()[-1]])


async def test_it_is_seen_for_how_long_the_facts_are_behind(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(UNKNOWN.replace("clock_timestamp()", "clock_timestamp() - interval '1 minute'"))
    standing = await Watch(database, lambda: 0).look()
    assert standing.head == 1
    assert standing.waits_seconds > 60
    assert (await Watch(database, lambda: 1).look()).waits_seconds == 0


def api_at(position: int, standing: Standing | None) -> ApiHealth:
    health = ApiHealth()
    snapshot = SimpleNamespace(position=position)
    health.begin(SimpleNamespace(snapshot=snapshot, age=None), SimpleNamespace(standing=standing))
    return health


@pytest.mark.parametrize(
    ("silence", "told"),
    [(9.0, "away for 9 s: reads go on from memory, writes are told"), (0.4, "its facts cannot be read since 10 s")],
)
def test_a_database_that_answers_is_not_away_because_its_facts_cannot_be_read(silence: float, told: str) -> None:
    health = ApiHealth()
    shown = SimpleNamespace(snapshot=SimpleNamespace(position=1), age=10.0, silence=silence)
    health.begin(shown, SimpleNamespace(standing=None))
    assert told in health.ready()["database"].told
    assert all(check.well for check in health.ready().values())


def test_an_api_behind_the_log_says_how_far_and_stays_ready() -> None:
    checks = api_at(3, WELL._replace(waits_seconds=90.4)).ready()
    assert checks["lag"].told == "4 positions, for 90 s"
    assert all(check.well for check in checks.values())


def test_an_api_is_not_ready_on_a_database_that_lacks_its_migrations() -> None:
    checks = api_at(7, WELL._replace(lacking=["007_more.sql"])).ready()
    assert [(check.told, check.well) for name, check in checks.items() if name == "migrations"] == [
        ("the database lacks 007_more.sql: run `okr migrate`", False)
    ]


def test_an_operations_port_that_is_taken_is_named(database: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for command in ("api", "projector"):
            given = {"OKR_ENVIRONMENT": "development", "OKR_PORT": str(free_port()), "OKR_OPERATIONS_PORT": port}
            line = refusal(okr(command, DATABASE_URL=database, OKR_LOG_LEVEL="error", **given))
            assert line.startswith(f"Error: OKR_OPERATIONS_PORT={port}: Address already in use")


def test_a_head_is_read_up_to_its_limit(api: Api) -> None:
    fits = {"X-Long": "a" * (MOST_BYTES - 2000)}
    assert api.http.get("/livez", headers=fits).status_code == 200
    for name, told in (("X-Long", "a" * MOST_BYTES), *((f"X-{n}", "a" * 8000) for n in range(9))):
        fits |= {name: told}
    refused = api.http.get("/livez", headers=fits)
    assert refused.status_code == 431
    assert refused.json()["errors"][0]["extensions"]["code"] == "HEADERS_TOO_LARGE"


@pytest.mark.parametrize("begin", [b"GET /", b"GET / HTTP/1.1\r\nX-Long: ", b"X"], ids=["line", "header", "method"])
def test_a_line_without_an_end_is_given_up(api: Api, begin: bytes) -> None:
    address = (api.http.base_url.host, api.http.base_url.port)
    with socket.create_connection(address, timeout=30) as client:
        client.sendall(begin)
        with suppress(ConnectionError):
            for _ in range(1000):
                client.sendall(b"a" * 10_000)
            pytest.fail("10 MB were read")


def test_a_long_body_behind_a_short_head_is_none_of_it(api: Api) -> None:
    body = b'{"query": "{ __typename }"}'.ljust(1_000_000)
    for _ in range(2):
        response = api.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
        assert response.status_code == 200
