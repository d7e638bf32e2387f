"""What a commit is to the facts: one moment, however many events it has and whichever batch it comes in."""

import psycopg
import pytest

from okr_api.domain.events import CheckInRecorded, CycleCreated, CycleOpened, KRAdded, KRDelegated, ObjectiveCreated
from projector.facts_schema import TABLES
from projector.folding import Facts
from read_models.facts import project, ranges, rows
from read_models.history import GROW, SALES, YEAR, History, named, said


async def test_the_events_of_a_commit_make_one_version_of_a_row(database: str, history: History) -> None:
    last = history.commit(said(CycleCreated, YEAR), said(CycleOpened, YEAR))
    await project(database)
    (cycle,) = await rows(database, "cycles")
    assert (cycle["state"], cycle["version"], cycle["valid_from"]) == ("OPEN", 2, last)


async def test_two_commits_make_two_versions_though_they_share_a_batch(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR))
    history.commit(said(CycleOpened, YEAR))
    await project(database)
    assert ranges(await rows(database, "cycles")) == [(1, 2), (2, None)]


@pytest.mark.parametrize("batch_events", [1, 2, 5000])
async def test_a_commit_is_never_cut(database: str, history: History, batch_events: int) -> None:
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW), said(KRAdded, SALES))
    last = history.commit(*[said(CheckInRecorded, named(str(number))) for number in range(20)])
    await project(database, batch_events)
    assert {check_in["valid_from"] for check_in in await rows(database, "check_ins")} == {last}
    assert ranges(await rows(database, "counting")) == [(last, None)]


async def test_an_event_may_name_what_a_later_one_of_its_commit_creates(database: str, history: History) -> None:
    last = history.commit(
        said(CheckInRecorded, named("first")),
        said(KRAdded, SALES),
        said(KRDelegated, SALES, objective_id=named("Sell")),
        said(ObjectiveCreated, named("Sell")),
        said(ObjectiveCreated, GROW),
        said(CycleCreated, YEAR),
    )
    projection = await project(database)
    assert projection.position == last
    for table in ("key_results", "links", "check_ins"):
        assert [(row["root_id"], row["valid_from"]) for row in await rows(database, table)] == [(YEAR, last)]


async def test_the_facts_say_which_position_they_are_at_and_when_that_was(database: str, history: History) -> None:
    last = history.commit(said(CycleCreated, YEAR))
    await project(database)
    (cycle,) = await rows(database, "cycles")
    with psycopg.connect(database) as connection:
        projected = connection.execute("SELECT position, recorded_at FROM okr_facts_1.projected").fetchone()
    assert projected == (last, cycle["created_at"])


def test_every_table_has_its_page_with_the_same_columns(database: str) -> None:
    pages = {page.table.name: {*page.table.types, "valid_from", "valid_to"} for page in Facts().tables}
    assert pages.keys() == {file.stem for file in TABLES.glob("*.sql")} - {"projected"}
    with psycopg.connect(database) as connection:
        for name, columns in pages.items():
            table = connection.execute(f"SELECT * FROM okr_facts_1.{name}")
            assert {column.name for column in table.description or ()} == columns, name
