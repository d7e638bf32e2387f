"""One service for the tests of a worker, each with a company of its own."""

from collections.abc import Iterator

import pytest

from api.serving import Api, Company, served


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
