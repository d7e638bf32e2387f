"""A service of one's own for hostile clients, with its process, so that its time and memory can be read."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from api.serving import DATABASES, Api, process, wait_until_alive
from hostile.spending import Spending


@dataclass(frozen=True)
class Target:
    api: Api
    spending: Spending


@pytest.fixture(scope="module")
def target(shared_database: str) -> Iterator[Target]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with process("projector", shared_database), process("api", shared_database, OKR_PORT=str(port)) as running:
        url = f"http://127.0.0.1:{port}"
        DATABASES[url] = shared_database
        wait_until_alive(url)
        yield Target(Api(url), Spending(running.pid))
