"""One service for the tests of a worker."""

from collections.abc import Iterator

import pytest

from api.serving import Api, served


@pytest.fixture(scope="session")
def url(shared_database: str) -> Iterator[str]:
    with served(shared_database) as address:
        yield address


@pytest.fixture
def api(url: str) -> Api:
    return Api(url)
