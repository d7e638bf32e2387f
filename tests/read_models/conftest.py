"""A log to write by hand, and the facts that come of it."""

from collections.abc import Iterator

import pytest

from read_models.history import History


@pytest.fixture
def history(database: str) -> Iterator[History]:
    history = History(database)
    yield history
    history.close()
