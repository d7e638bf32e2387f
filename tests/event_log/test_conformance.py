"""The library's own recorder tests, run against our log."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Thread
from typing import Any
from unittest import TestCase
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.tests.persistence import ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase
from psycopg.conninfo import conninfo_to_dict

from okr_api.event_log.group_commit import GroupCommit
from okr_api.event_log.requests import Accepted, AppendRefused, Request


class LogRecorder(PostgresApplicationRecorder):
    """The library reads our table; what it writes goes through our group commit, on an event loop of its own."""

    def __init__(self, dsn: str, datastore: PostgresDatastore) -> None:
        super().__init__(datastore, events_table_name="events")
        self.channel_name = "okr_events"
        self.loop = asyncio.new_event_loop()
        self.thread = Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.log = GroupCommit(dsn)
        self.run(self.log.start()).result()

    def run(self, coroutine: Any) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def close(self) -> None:
        self.run(self.log.stop()).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int]:
        if not stored_events:
            return []
        request = Request(uuid4(), uuid4(), "Test", b"", tuple(stored_events))
        try:
            accepted: Accepted = self.run(self.log.append(request)).result()
        except AppendRefused as refused:
            raise IntegrityError(str(refused)) from refused
        assert accepted.first_position is not None
        assert accepted.last_position is not None
        return list(range(accepted.first_position, accepted.last_position + 1))


class OnOurLog(TestCase):
    dsn: str

    @pytest.fixture(autouse=True)
    def _database(self, database: str) -> None:
        self.dsn = database

    def create_recorder(self) -> LogRecorder:
        with psycopg.connect(self.dsn) as connection:
            # The library's tests write streams that count from 0 and states that are not JSON.
            connection.execute("DROP VIEW okr.readable_events")
        parts = conninfo_to_dict(self.dsn)
        datastore = PostgresDatastore(
            dbname=str(parts["dbname"]),
            host=str(parts["host"]),
            port=str(parts.get("port", 5432)),
            user=str(parts["user"]),
            password=str(parts.get("password", "-")),
            schema="okr",
            pool_size=3,
            max_overflow=3,
        )
        self.addCleanup(datastore.close)
        recorder = LogRecorder(self.dsn, datastore)
        self.addCleanup(recorder.close)
        return recorder


class TestRecorder(OnOurLog, ApplicationRecorderTestCase[LogRecorder]):
    def test_concurrent_throughput(self) -> None:
        self.skipTest("measures speed, which tests/bench does")

    def test_performance(self) -> None:
        self.skipTest("measures speed, which tests/bench does")


class TestPositionsDoNotInterleave(OnOurLog, NonInterleavingNotificationIDsBaseCase):
    pass


# Imported names that pytest would collect as tests of their own.
del ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase, OnOurLog
