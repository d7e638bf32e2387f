"""The service as it runs for everybody: an API process, its projector, access control on, a member who asks."""

import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from api.serving import DATABASES, process, token, wait_until_alive
from bench.measuring.dataset import Organisation, write
from okr_api.cli import prepare
from okr_api.local.postgres import EmbeddedPostgres

RAISED = {"OKR_MAX_COST": "1000000000", "OKR_REQUEST_TIMEOUT": "300", "OKR_MAX_REQUESTS_PER_PRINCIPAL": "500"}
"""A nested tree of 10,000 nodes is estimated by what it might hold at most."""
NOTE = "okr: API and projector together, access control on, a member's token; " + ", ".join(
    f"{name}={value}" for name, value in RAISED.items()
)

PATIENCE = 300.0


@dataclass(frozen=True)
class Service:
    url: str
    port: int
    pids: list[int]

    def token(self, role: str = "member") -> str:
        return token(self.url, role)


@contextmanager
def cluster() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of the measurement's own, as durable as in production."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "server") as server:
        yield server


def filled(dsn: str, organisation: Organisation) -> None:
    """The database with that organisation in it."""
    prepare(dsn)
    write(dsn, organisation)


@contextmanager
def served(dsn: str) -> Iterator[Service]:
    port = free_port()
    with ExitStack() as running:
        projector = running.enter_context(process("projector", dsn))
        api = running.enter_context(process("api", dsn, OKR_PORT=str(port), **RAISED))
        url = f"http://127.0.0.1:{port}"
        DATABASES[url] = dsn
        wait_until_serving(url)
        yield Service(url, port, [api.pid, projector.pid])


def wait_until_serving(url: str) -> None:
    """Also where so much is loaded that it takes longer than a test would wait."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(AssertionError):
            return wait_until_alive(url)
    raise TimeoutError("the API does not start")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
    return port
