"""What tests stand on: one PostgreSQL server per run, a fresh database for whoever asks, a free port."""

import os
import socket
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from okr_api.event_log.migrations import migrate
from okr_api.local.postgres import EmbeddedPostgres
from okr_api.settings import SCHEMA_DIR

TEMPLATE_LOCK = 0x74706C
PATIENCE = 60.0
"""Seconds."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with CREATEDB: OKR_TEST_DATABASE_URL, else one that all workers of this run share."""
    if given := os.environ.get("OKR_TEST_DATABASE_URL"):
        yield given
        return
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with EmbeddedPostgres(folder / "server", durable=False) as postgres:
        yield postgres.dsn()


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """The name of a database at this code's schema: made once, then only copied."""
    name = f"okr_template_{_schema_hash()}"
    unfinished = f"{name}_unfinished"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", (TEMPLATE_LOCK,))
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            _drop(admin, unfinished)
            admin.execute(SQL("CREATE DATABASE {}").format(Identifier(unfinished)))
            _prepare(make_conninfo(server, dbname=unfinished))
            admin.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(unfinished), Identifier(name)))
    return name


@pytest.fixture
def database(server: str, template: str) -> Iterator[str]:
    """The address of a database of one's own, migrated, with an empty facts schema."""
    yield from _database(server, template)


@pytest.fixture(scope="session")
def shared_database(server: str, template: str) -> Iterator[str]:
    """The same for all tests of a worker, which look at nothing but what they made."""
    yield from _database(server, template)


@pytest.fixture(scope="session")
def console_database(server: str, template: str) -> Iterator[str]:
    """The same for all who look at the console: the worked examples come first there, as after `okr up`."""
    yield from _database(server, template)


@pytest.fixture(scope="module")
def module_database(server: str, template: str) -> Iterator[str]:
    """The same for the tests of a module."""
    yield from _database(server, template)


@pytest.fixture
def empty_database(server: str) -> Iterator[str]:
    """The address of a database of one's own, in which nothing is."""
    yield from _database(server, "template0")


@pytest.fixture
def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
    return port


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that a test opens itself waits for its database as long as a busy machine may take."""
    from okr_api import asgi
    from okr_api.event_log.log import PostgresLog

    monkeypatch.setattr(asgi, "PostgresLog", partial(PostgresLog, seconds=PATIENCE))
    monkeypatch.setattr(asgi, "AWAY_SECONDS", PATIENCE)


def _database(server: str, template: str) -> Iterator[str]:
    name = f"okr_test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
    try:
        yield make_conninfo(server, dbname=name)
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            _drop(admin, name)


def _drop(admin: psycopg.Connection, name: str) -> None:
    admin.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def _prepare(dsn: str) -> None:
    from projector.facts_schema import ensure

    migrate(dsn)
    ensure(dsn)


def _schema_hash() -> str:
    files: list[Path] = sorted([*(SCHEMA_DIR / "log").glob("*.sql"), *(SCHEMA_DIR / "read_models").glob("*.sql")])
    return sha256(b"\0".join(part for file in files for part in (file.name.encode(), file.read_bytes()))).hexdigest()[
        :16
    ]


LONGEST_FIRST = (
    "faults",
    "failover",
    "deploy/test_monitoring",
    "deploy/test_restore",
    "deploy/test_rolling",
    "model",
    "event_log/test_concurrency",
    "year",
    "snapshot/test_refresh",
    "local/test_up",
    "api/test_hidden",
    "hostile/test_fuzz",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that take long begin first, so that no worker is left with one of them when the others are done."""
    items.sort(key=lambda item: not any(f"tests/{name}" in item.nodeid for name in LONGEST_FIRST))
