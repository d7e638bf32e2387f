"""One service for the tests of a worker, each with a company of its own."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from api.serving import Api, Company, served


@pytest.fixture(scope="session")
def shared_database(server: str, template: str) -> Iterator[str]:
    name = f"okr_test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
        yield make_conninfo(server, dbname=name)
        admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture(scope="session")
def url(shared_database: str) -> Iterator[str]:
    with served(shared_database) as address:
        yield address


@pytest.fixture
def api(url: str) -> Api:
    return Api(url)


@pytest.fixture
def company(api: Api) -> Company:
    return Company(api)
