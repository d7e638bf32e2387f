"""A cluster that archives its write-ahead log, and another that is made from a base backup and that archive."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Literal

from failover.clusters import Cluster
from local.processes import wait_until
from okr_api.local.programs import Programs

LAST_ARCHIVED = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"


@dataclass(frozen=True)
class Archive:
    """The cluster, the one that takes its place, and where segments of the log go in between."""

    cluster: Cluster
    restored: Cluster
    segments: Path

    def begin(self) -> None:
        self.cluster.create()
        self.cluster.start(archive_mode="on")
        with psycopg.connect(self.cluster.dsn, autocommit=True) as connection:
            # Never over a segment that is there.
            command = f"test ! -f {self.segments}/%f && cp %p {self.segments}/%f"
            connection.execute(SQL("ALTER SYSTEM SET archive_command = {}").format(Literal(command)))
            connection.execute("SELECT pg_reload_conf()")

    def back_up(self) -> None:
        """Without the log: that comes from the archive alone."""
        backup = ("-d", self.cluster.dsn, "-X", "none", "-c", "fast", "--no-sync")
        self.restored.run("pg_basebackup", "-D", self.restored.data.name, *backup)

    def moment(self) -> str:
        with psycopg.connect(self.cluster.dsn) as connection:
            row = connection.execute("SELECT clock_timestamp()::text").fetchone()
        assert row is not None
        return str(row[0])

    def finish_segment(self) -> None:
        """All that was written until now is in the archive."""
        with psycopg.connect(self.cluster.dsn, autocommit=True) as connection:
            row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
            assert row is not None
            wait_until(lambda: connection.execute(LAST_ARCHIVED, row).fetchone() == (True,))

    def restore(self, moment: str) -> None:
        (self.restored.data / "recovery.signal").touch()
        with (self.restored.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"restore_command = 'cp {self.segments}/%f %p'\n")
            settings.write(f"recovery_target_time = '{moment}'\nrecovery_target_action = 'promote'\n")
        self.restored.start()
        with psycopg.connect(self.restored.dsn, autocommit=True) as connection:
            wait_until(lambda: connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,))


@contextmanager
def archiving() -> Iterator[Archive]:
    programs = Programs()
    folder = Path(tempfile.mkdtemp(prefix="okr-"))  # short: it holds sockets
    archive = Archive(Cluster(programs, folder, 5432), Cluster(programs, folder, 5433), folder / "archive")
    archive.segments.mkdir()
    try:
        archive.begin()
        yield archive
    finally:
        archive.restored.stop()
        archive.cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
