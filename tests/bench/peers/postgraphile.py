"""PostGraphile 4 and 5 as servers to measure against, on a database of plain tables."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

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
    with subprocess.Popen(
        [node(), "serve.cjs", str(port)],
        cwd=installed(name),
        env=os.environ | database(dsn) | {"NODE_ENV": "production", "GRAPHILE_ENV": "production"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as running:
        try:
            _wait(running, port)
            yield port, running.pid
        finally:
            running.kill()


def database(dsn: str) -> dict[str, str]:
    """Where the database is, as Node's driver reads it from its environment."""
    given = conninfo_to_dict(dsn)
    return {variable: str(given[name]) for name, variable in ENVIRONMENT.items()}


def _wait(running: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        if running.poll() is not None:
            assert running.stderr is not None
            raise Missing(f"it does not start: {running.stderr.read().decode(errors='replace')[:500]}")
        try:
            return Connection(port).ask(request("{ __typename }"))
        except (ConnectionError, EOFError):
            if time.monotonic() > deadline:
                raise Missing(f"it does not answer after {PATIENCE:.0f} seconds") from None
            time.sleep(0.1)
