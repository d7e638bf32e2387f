"""Two real clusters on one machine: a primary, and a standby without which it acknowledges nothing."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from okr_api.local.programs import Programs, complaint, is_working_folder

USER = "okr"
PATIENCE = 60.0
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "50",
    "shared_buffers": "32MB",
    "fsync": "off",  # no machine crashes here: what a killed server wrote, its files have
    "wal_level": "replica",
    "max_wal_senders": "4",
    "unix_socket_permissions": "0700",
}


@dataclass(frozen=True)
class Cluster:
    """A data folder with a server over a socket of its own."""

    programs: Programs
    folder: Path
    port: int

    @property
    def data(self) -> Path:
        return self.folder / f"data-{self.port}"

    @property
    def dsn(self) -> str:
        return make_conninfo(host=str(self.folder), port=self.port, user=USER, dbname="postgres")

    def create(self) -> None:
        self.run("initdb", "-D", self.data.name, "-U", USER, "--auth=trust", "--encoding=UTF8", "--no-sync")

    def copy(self, primary: "Cluster") -> None:
        """A standby of a running primary."""
        self.run("pg_basebackup", "-D", self.data.name, "-d", primary.dsn, "-X", "stream", "-c", "fast", "--no-sync")
        (self.data / "standby.signal").touch()
        with (self.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"primary_conninfo = '{primary.dsn}'\n")

    def start(self, **settings: str) -> None:
        given = SETTINGS | {"port": str(self.port), "unix_socket_directories": str(self.folder)} | settings
        options = " ".join(f"-c {name}={value}" for name, value in given.items())
        log = f"{self.data.name}.log"
        self.run("pg_ctl", "start", "-w", "-D", self.data.name, "-l", log, "-o", options)

    def kill(self) -> None:
        """kill -9: the postmaster, and with it all that belongs to it."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        _until(lambda: not is_working_folder(self.data))

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """A standby that takes nothing from its primary, though it is there."""
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute("SELECT pid FROM pg_stat_wal_receiver").fetchone()
        assert row is not None
        os.kill(row[0], signal.SIGSTOP)
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                os.kill(row[0], signal.SIGTERM)  # else it would still read what waits on its socket
                os.kill(row[0], signal.SIGCONT)

    def promote(self) -> None:
        self.run("pg_ctl", "promote", "-w", "-D", self.data.name)

    def stop(self) -> None:
        if is_working_folder(self.data):
            self.programs.run("pg_ctl", "stop", "-D", self.data.name, "-m", "immediate", cwd=self.folder)

    def run(self, program: str, *arguments: str) -> None:
        done = self.programs.run(program, *arguments, cwd=self.folder)
        assert done.returncode == 0, complaint(done.stderr)


@dataclass(frozen=True)
class Pair:
    primary: Cluster
    standby: Cluster

    @property
    def dsn(self) -> str:
        """Whichever of the two takes writes."""
        hosts, ports = (f"{one},{two}" for one, two in zip(_place(self.primary), _place(self.standby), strict=True))
        return make_conninfo(host=hosts, port=ports, user=USER, dbname="postgres", target_session_attrs="read-write")


@contextmanager
def replicating() -> Iterator[Pair]:
    """Streaming, and synchronous: a commit returns when the standby has it."""
    programs = Programs()
    folder = Path(tempfile.mkdtemp(prefix="okr-"))  # short: it holds sockets
    pair = Pair(Cluster(programs, folder, 5432), Cluster(programs, folder, 5433))
    try:
        pair.primary.create()
        pair.primary.start()
        pair.standby.copy(pair.primary)
        pair.standby.start()
        with psycopg.connect(pair.primary.dsn, autocommit=True) as primary:
            primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            primary.execute("SELECT pg_reload_conf()")
            _until(lambda: primary.execute("SELECT sync_state FROM pg_stat_replication").fetchall() == [("sync",)])
        yield pair
    finally:
        pair.standby.stop()
        pair.primary.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _place(cluster: Cluster) -> tuple[str, str]:
    return str(cluster.folder), str(cluster.port)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
