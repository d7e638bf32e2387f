"""The eventsourcing library's projection runner on our log: one event, one transaction, which is its only mode."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from eventsourcing.application import Application
from eventsourcing.persistence import InfrastructureFactory, Mapper, Notification, Tracking
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresTrackingRecorder
from eventsourcing.projection import Projection as LibraryProjection
from eventsourcing.projection import ProjectionRunner
from eventsourcing.utils import Environment
from psycopg.conninfo import conninfo_to_dict

from okr_api.domain.events import CheckInRecorded
from okr_api.event_log.mapper import to_event
from projector.batches import Projection
from projector.connection import connect
from projector.log import Stored

READ = "SELECT * FROM okr.events WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
LEAN = "CREATE TABLE IF NOT EXISTS lean (key_result_id uuid PRIMARY KEY, value numeric, check_ins bigint)"
UPSERT = """
INSERT INTO lean VALUES (%s, %s, 1)
ON CONFLICT (key_result_id) DO UPDATE SET value = excluded.value, check_ins = lean.check_ins + 1
"""
PATIENCE = 120.0
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Placed(Notification):
    """With the columns that our log has beyond the library's."""

    commit_position: int
    recorded_at: datetime


class Recorder(PostgresApplicationRecorder):
    """Reads our table, which is the library's with two columns more."""

    def __init__(self, datastore: Any, *, events_table_name: str = "events") -> None:
        super().__init__(datastore, events_table_name="events")

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        after = (start or 0) - (1 if inclusive_of_start and start else 0)
        with self.datastore.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(READ, (after, limit), prepare=True)
            return [_placed(row) for row in cursor.fetchall()]


def _placed(row: Any) -> Placed:
    return Placed(
        row["originator_id"],
        row["originator_version"],
        row["topic"],
        bytes(row["state"]),
        row["notification_id"],
        row["commit_position"],
        row["recorded_at"],
    )


class AsStored(Mapper[Any]):
    """Leaves decoding to the projection, so that nothing is decoded twice."""

    def to_domain_event(self, stored_event: Any) -> Any:
        at = stored_event.id, stored_event.commit_position
        of = stored_event.originator_id, stored_event.originator_version
        return Stored(*at, *of, stored_event.topic, stored_event.state, stored_event.recorded_at)


class Log(Application[Any]):
    def construct_mapper(self) -> Mapper[Any]:
        return AsStored(self.construct_transcoder())


class Folding(LibraryProjection[PostgresTrackingRecorder]):
    """Every table of facts, by the projector's own folding; how far it is stands in the same transaction."""

    into: tuple[asyncio.AbstractEventLoop, Projection]

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        loop, projection = self.into
        loop.run_until_complete(projection.project([domain_event]))


class LeanView(PostgresTrackingRecorder):
    def upsert(self, event: CheckInRecorded, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(UPSERT, (event.key_result_id, event.value), prepare=True)


class Lean(LibraryProjection[LeanView]):
    """One row for each key result and nothing else."""

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        stored: Stored = domain_event
        event = to_event(stored.stream, stored.version, stored.topic, stored.state, stored.recorded_at)
        assert isinstance(event, CheckInRecorded)
        self.view.upsert(event, tracking)


def folded(dsn: str, schema: str, after: int, until: int) -> float:
    """Seconds in which the library brings a schema of facts from one position to another."""
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(connect(dsn))
    projection = loop.run_until_complete(Projection.of(connection, schema))
    Folding.into = loop, projection
    try:
        return _run(dsn, Folding, PostgresTrackingRecorder, after, lambda: projection.position >= until)
    finally:
        loop.run_until_complete(connection.close())
        loop.close()


def lean(dsn: str, after: int, until: int) -> float:
    """The same where one row for each key result is all that is kept."""
    with psycopg.connect(dsn) as connection:
        connection.execute(LEAN)
    with psycopg.connect(dsn, autocommit=True) as watching:

        def done() -> bool:
            row = watching.execute("SELECT max(notification_id) FROM lean_tracking").fetchone()
            return row is not None and row[0] >= until

        return _run(dsn, Lean, LeanView, after, done)


def _run(dsn: str, projection: Any, view: Any, after: int, done: Callable[[], bool]) -> float:
    environment = _environment(dsn)
    _begin_after(environment, projection, view, after)
    begun = time.perf_counter()
    runner = ProjectionRunner(application_class=Log, projection_class=projection, view_class=view, env=environment)
    with runner:
        while not done():
            runner.run_forever(timeout=POLL_SECONDS)
            if time.perf_counter() - begun > PATIENCE:
                raise TimeoutError("the library's runner does not come to the end of the log")
        return time.perf_counter() - begun


def _begin_after(environment: dict[str, str], projection: Any, view: Any, position: int) -> None:
    """Tell its tracking that everything up to a position was projected before."""
    named = Environment(projection.name, environment)
    factory: Any = InfrastructureFactory.construct(named)
    factory.tracking_recorder(view).insert_tracking(Tracking(Log.name, position))
    factory.close()


def _environment(dsn: str) -> dict[str, str]:
    given = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": given["dbname"],
        "POSTGRES_HOST": given["host"],
        "POSTGRES_PORT": given["port"],
        "POSTGRES_USER": given["user"],
        "POSTGRES_PASSWORD": "none",
        "LOG_POSTGRES_SCHEMA": "okr",
        "LOG_CREATE_TABLE": "no",
        "LOG_APPLICATION_RECORDER_TOPIC": f"{__name__}:{Recorder.__name__}",
    }
