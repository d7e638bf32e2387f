"""The database that a command means: the one of DATABASE_URL, else an embedded one, running while it is used."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from okr_api.event_log.migrations import check
from okr_api.local.postgres import EmbeddedPostgres
from okr_api.local.supervisor import end_in_good_order
from okr_api.settings import CannotStart, database_is_named, read_settings


@dataclass(frozen=True)
class Database:
    dsn: str
    place: str
    """Where the data lie, in words for people."""
    embedded: EmbeddedPostgres | None = None


@contextmanager
def new_or_standing(data: Path | None) -> Iterator[Database]:
    """The database, made when there is none; it may lack migrations. From here on, signals end in good order."""
    end_in_good_order()
    if database_is_named():
        if data is not None:
            raise CannotStart("both --data and DATABASE_URL are given: leave one out")
        yield Database(read_settings().database_url, "the database of DATABASE_URL")
        return
    with EmbeddedPostgres(data or _default_folder()) as postgres:
        yield Database(postgres.dsn(), str(postgres.data_dir), postgres)


@contextmanager
def standing(data: Path | None) -> Iterator[Database]:
    """The database, which must stand already and be at this version."""
    folder = data or _default_folder()
    if not database_is_named() and not EmbeddedPostgres(folder).exists:
        raise CannotStart(f"no database in {folder}: `okr up` makes one, or set DATABASE_URL")
    with new_or_standing(data) as database:
        check(database.dsn)
        yield database


def _default_folder() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "okr"
