"""Numbered schemas: made once, and known to be out of date."""

from concurrent.futures import ThreadPoolExecutor

import psycopg

from okr_api.event_log.migrations import migrate
from projector.facts_schema import ensure, is_stale
from read_models.facts import pointer, position


def test_processes_that_race_make_one_schema(empty_database: str) -> None:
    migrate(empty_database)
    with ThreadPoolExecutor(8) as processes:
        list(processes.map(ensure, [empty_database] * 8))
    assert (pointer(empty_database), position(empty_database)) == (1, 0)


def test_facts_of_other_table_definitions_are_stale(database: str) -> None:
    assert not is_stale(database)
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE okr.facts_pointer SET fingerprint = 'older'")
    assert is_stale(database)
