"""The API process: it starts only where it may, serves while the database is away, and ends in good order."""

import signal
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from api.serving import Api, process, served, wait_until_alive
from okr_api.asgi import create_app
from okr_api.settings import CannotStart, read_settings


def test_production_does_not_begin_where_nobody_could_sign_in() -> None:
    with pytest.raises(CannotStart, match="set OKR_OIDC_ISSUER, OKR_OIDC_AUDIENCE and OKR_OIDC_JWKS_URL"):
        create_app(read_settings(database_url="postgresql://okr@127.0.0.1:1/okr", environment="production"))


@pytest.fixture
def cut_off(server: str, database: str) -> Iterator[Api]:
    """A service whose database lets nobody in any more."""
    name = Identifier(str(conninfo_to_dict(database)["dbname"]))
    with served(database, projector=False) as url:
        api = Api(url)
        assert api.position() == 0
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [str(conninfo_to_dict(database)["dbname"])],
            )
            yield api
            admin.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


def test_reads_go_on_and_writes_are_told_to_try_again_while_the_database_is_away(cut_off: Api) -> None:
    assert cut_off.ask("{ cycles { id } owners { totalCount } }") == {"cycles": [], "owners": {"totalCount": 0}}
    assert httpx.get(f"{cut_off.url}/livez", trust_env=False).status_code == 200
    query = 'mutation { registerOwner(input: {name: "Bob", level: TEAM, idempotencyKey: "b"}) { position } }'
    answer = cut_off.answer(query)
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert "idempotencyKey" in answer["errors"][0]["message"]


def test_sigterm_ends_it_without_a_word(database: str, free_port: int) -> None:
    with process("api", database, OKR_PORT=str(free_port)) as running:
        wait_until_alive(f"http://127.0.0.1:{free_port}")
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
