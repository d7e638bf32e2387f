"""Batches: the same facts whatever their size, one projector at a time, and what a poisoned commit holds up."""

from decimal import Decimal

import psycopg
import pytest

from okr_api.domain.events import CheckInRecorded, CycleCreated, KRAdded, ObjectiveCreated
from okr_api.domain.values import Metric, MetricKind, Text
from projector import storing
from projector.batches import Overtaken, Poison, Projection
from projector.connection import connect
from projector.rebuild import catch_up
from read_models.facts import dump, project, rows
from read_models.history import GROW, SALES, YEAR, History, named, said
from read_models.random_history import random_history


@pytest.mark.parametrize("seed", range(4))
async def test_the_facts_are_the_same_for_every_batch_size(database: str, history: History, seed: int) -> None:
    history.commits(list(random_history(seed, events=700)))
    for batch_events in (1, 7, 5000):
        await project(database, batch_events, schema=f"by_{batch_events}")
    by_commit = dump(database, "by_1")
    assert all(by_commit.values())
    assert dump(database, "by_7") == by_commit
    assert dump(database, "by_5000") == by_commit


async def test_any_text_and_number_is_the_same_in_few_rows_and_in_many(
    database: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = Text.typed('"quoted" \\ \\u0041 %s {} \' \n\t é 🎯 </script>')
    history.commit(said(CycleCreated, YEAR, name=title))
    history.commit(said(ObjectiveCreated, GROW, title=title, external_ref="JIRA %(x)s"))
    history.commit(
        said(KRAdded, SALES, title=title, metric=Metric(MetricKind.INCREASE, Decimal("1E-9"), Decimal("9E+15")))
    )
    history.commit(said(CheckInRecorded, named("one"), value=Decimal("-0.000000001"), note=title))
    await project(database, schema="in_few")
    monkeypatch.setattr(storing, "FEW", 0)
    await project(database, schema="in_many")
    assert dump(database, "in_few") == dump(database, "in_many")


async def test_of_two_projectors_at_one_position_exactly_one_advances(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR))
    history.commit(said(ObjectiveCreated, GROW))
    async with await connect(database) as one, await connect(database) as other:
        ahead, behind = await Projection.of(one, "okr_facts_1"), await Projection.of(other, "okr_facts_1")
        stale = await behind.read(limit=5000)
        await ahead.project(await ahead.read(limit=1))
        with pytest.raises(Overtaken):
            await behind.project(stale)
        assert (ahead.position, behind.position) == (1, 0)
        await ahead.project(await ahead.read(limit=5000))
    assert len(await rows(database, "cycles")) == 1


async def test_what_precedes_a_poisoned_commit_is_projected(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW), said(KRAdded, SALES))
    for number in range(50):
        history.commit(said(CheckInRecorded, named(str(number))))
    poisoned = history.commit(
        said(CheckInRecorded, named("fine")), said(CheckInRecorded, named("lost"), key_result_id=named("nowhere"))
    )
    history.commit(said(CheckInRecorded, named("later")))
    async with await connect(database) as connection:
        projection = await Projection.of(connection, "okr_facts_1")
        with pytest.raises(Poison, match=f"position {poisoned - 1} cannot be projected: KeyError") as poison:
            await catch_up(projection, lambda done, of: None, batch_events=5000)
    assert (projection.position, poison.value.position) == (poisoned - 2, poisoned - 1)
    assert len(await rows(database, "check_ins")) == 50


async def test_a_value_that_no_table_takes_poisons_its_commit_alone(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR))
    history.commit(said(ObjectiveCreated, GROW, external_ref="half\0"))
    with pytest.raises(Poison, match="position 2 cannot be projected: UntranslatableCharacter"):
        await project(database)
    assert len(await rows(database, "cycles")) == 1


async def test_a_database_that_goes_away_poisons_nothing(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR))
    async with await connect(database) as connection:
        projection = await Projection.of(connection, "okr_facts_1")
        batch = await projection.read(limit=5000)
        with psycopg.connect(database, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        with pytest.raises(psycopg.OperationalError):
            await projection.project(batch)
    assert await rows(database, "cycles") == []
