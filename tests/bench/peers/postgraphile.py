"""PostGraphile 4 and 5 as servers to measure against, on a database of plain tables."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from psycopg.conninfo import conninfo_to_dict

from bench.measuring.client import Connection, request
from bench.measuring.service import free_port
from bench.peers.packages import Missing, installed, node

PATIENCE = 60.0
ENVIRONMENT = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
NAMES = ("postgraphile5", "postgraphile4")


@contextmanager
def postgraphile(name: str, dsn: str) -> Iterator[tuple[int, int]]:
    """The port and the process id of that version. Raises Missing."""
    port = free_port()
    environment = os.environ | database(dsn) | {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    command, folder = [node(), "serve.cjs", str(port)], installed(name)
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=said) as running,
    ):
        try:
            _wait(running, port, said)
            yield port, running.pid
        finally:
            running.kill()


def database(dsn: str) -> dict[str, str]:
    """Where the database is, as Node's driver reads it from its environment."""
    given = conninfo_to_dict(dsn)
    return {variable: str(given[name]) for name, variable in ENVIRONMENT.items()}


def _wait(running: subprocess.Popen[bytes], port: int, said: IO[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        if running.poll() is not None:
            said.seek(0)
            raise Missing(f"it does not start: {said.read().decode(errors='replace')[:500]}")
        try:
            return Connection(port).ask(request("{ __typename }"))
        except (ConnectionError, EOFError):
            if time.monotonic() > deadline:
                raise Missing(f"it does not answer after {PATIENCE:.0f} seconds") from None
            time.sleep(0.1)
