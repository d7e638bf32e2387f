"""Events in, rows of cycles out."""

from okr_api.domain.events import CycleClosed, CycleCreated, CycleNested, CycleOpened
from okr_api.domain.values import Text
from read_models.facts import project, ranges, rows
from read_models.history import YEAR, History, named, said

QUARTER, MONTH = named("Q1"), named("January")


async def test_a_cycle_goes_from_draft_to_open_to_closed(database: str, history: History) -> None:
    for happened in (CycleCreated, CycleOpened, CycleClosed):
        history.commit(said(happened, YEAR))
    await project(database)
    versions = await rows(database, "cycles")
    assert [version["state"] for version in versions] == ["DRAFT", "OPEN", "CLOSED"]
    assert [version["version"] for version in versions] == [1, 2, 3]
    assert ranges(versions) == [(1, 2), (2, 3), (3, None)]
    assert versions[2]["updated_at"] > versions[2]["created_at"] == versions[0]["created_at"]


async def test_the_root_of_a_cycle_is_the_one_without_a_parent(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR))
    history.commit(said(CycleCreated, QUARTER, parent_id=YEAR), said(CycleNested, YEAR, child_id=QUARTER))
    history.commit(said(CycleCreated, MONTH, parent_id=QUARTER), said(CycleNested, QUARTER, child_id=MONTH))
    await project(database, batch_events=1)
    assert {cycle["root_id"] for cycle in await rows(database, "cycles")} == {YEAR}


async def test_nesting_a_cycle_changes_nothing_of_the_parent_but_its_version(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR))
    history.commit(said(CycleCreated, QUARTER, parent_id=YEAR), said(CycleNested, YEAR, child_id=QUARTER))
    await project(database)
    before, after = await rows(database, "cycles", cycle_id=YEAR)
    changed = {column for column in before if before[column] != after[column]}
    assert changed == {"version", "updated_at", "valid_from", "valid_to"}


async def test_a_redacted_name_is_null(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR, name=Text(digest="0" * 64)))
    await project(database)
    (cycle,) = await rows(database, "cycles")
    assert cycle["name"] is None
