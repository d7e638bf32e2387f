"""Migrations of the log: numbered SQL files, each applied once, in order, in a transaction of its own."""

import os
import re
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import psycopg

from okr_api.event_log.connections import impatient
from okr_api.settings import SCHEMA_DIR, CannotStart

LOG_SCHEMA = SCHEMA_DIR / "log"
OLDEST_POSTGRES = 15
# Any fixed number serves: it only has to be the same in every process that migrates.
ADVISORY_LOCK = 0x6F6B72
AGAIN_SECONDS = 0.5
FALSE = ("", "0", "n", "no", "f", "false", "off")

CREATE_LEDGER = """
CREATE SCHEMA IF NOT EXISTS okr;
CREATE TABLE IF NOT EXISTS okr.migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""
READ_LEDGER = "SELECT name, checksum FROM okr.migrations"
WRITE_LEDGER = "INSERT INTO okr.migrations (name, checksum) VALUES (%s, %s)"

ANY_EVENT = "SELECT 1 FROM okr.events LIMIT 1"


class Behind(CannotStart):
    """The database lacks migrations, which somebody may be applying right now."""


@dataclass(frozen=True)
class Migration:
    name: str
    sql: bytes

    @property
    def checksum(self) -> str:
        return sha256(self.sql).hexdigest()


def migrate(dsn: str, folder: Path = LOG_SCHEMA) -> list[str]:
    """Bring a database up to this code; the names of the files that were applied now.

    Processes that migrate at the same time wait for each other. Raises CannotStart when the server does not fit, an
    applied file was changed, the database is newer than this code, or a file fails: those before it stay applied.
    """
    files = _read(folder)
    with psycopg.connect(dsn, autocommit=True) as connection:
        _refuse_unfit(connection)
        connection.execute("SELECT pg_advisory_lock(%s)", (ADVISORY_LOCK,))
        connection.execute(CREATE_LEDGER)
        missing = _missing(files, _applied(connection))
        for file in missing:
            _apply(connection, file)
    return [file.name for file in missing]


def check(dsn: str, folder: Path = LOG_SCHEMA) -> None:
    """Raise CannotStart unless the database is exactly at this code's migrations; writes nothing."""
    files = _read(folder)
    with psycopg.connect(dsn, autocommit=True) as connection:
        _refuse_unfit(connection)
        missing = _missing(files, _applied(connection))
    if missing:
        names = ", ".join(file.name for file in missing)
        raise Behind(f"the database lacks {names}: run `okr migrate`")


def wait_until_migrated(dsn: str, seconds: float) -> None:
    """Check until it holds: a database that is away may come, and one that is behind be migrated. What else is wrong
    stays wrong, and is raised at once.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return check(impatient(dsn))
        except (Behind, psycopg.OperationalError):
            if time.monotonic() > deadline:
                raise
        time.sleep(AGAIN_SECONDS)


def is_empty(dsn: str) -> bool:
    """Whether nothing was ever recorded in this database, which is migrated."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(ANY_EVENT).fetchone() is None


def _read(folder: Path) -> list[Migration]:
    files = sorted(folder.glob("*.sql"))
    if not files:
        raise CannotStart(f"no migrations in {folder}: the installation is incomplete")
    for number, file in enumerate(files, start=1):
        if not re.fullmatch(rf"{number:03}_\w+\.sql", file.name):
            raise CannotStart(f"migration {file.name} should be number {number:03}: they count up without gaps")
    return [Migration(file.name, file.read_bytes()) for file in files]


def _applied(connection: psycopg.Connection) -> dict[str, str]:
    try:
        return dict(connection.execute(READ_LEDGER).fetchall())
    except psycopg.errors.UndefinedTable:
        return {}


def _missing(files: list[Migration], applied: dict[str, str]) -> list[Migration]:
    unknown = sorted(applied.keys() - {file.name for file in files})
    if unknown:
        raise CannotStart(f"the database is newer than this code, it has {', '.join(unknown)}: run a newer version")
    for file in files:
        if applied.get(file.name, file.checksum) != file.checksum:
            raise CannotStart(f"{file.name} was changed after it was applied: restore it and add a new migration")
    return [file for file in files if file.name not in applied]


def _apply(connection: psycopg.Connection, file: Migration) -> None:
    try:
        with connection.transaction():
            connection.execute(file.sql)
            connection.execute(WRITE_LEDGER, (file.name, file.checksum))
    except psycopg.Error as error:
        raise CannotStart(
            f"migration {file.name} failed and left nothing: {error.diag.message_primary or error}"
        ) from error


def _refuse_unfit(connection: psycopg.Connection) -> None:
    version = connection.info.server_version
    if version < OLDEST_POSTGRES * 10_000:
        raise CannotStart(f"PostgreSQL {version // 10_000} is too old: {OLDEST_POSTGRES} or newer is needed")
    # The library's own insert function takes no lock on the events table, so whoever follows the log misses events.
    if os.environ.get("POSTGRES_ENABLE_DB_FUNCTIONS", "").strip().lower() not in FALSE:
        raise CannotStart("POSTGRES_ENABLE_DB_FUNCTIONS loses events: unset it")
