"""Events in, out who holds a reference, and who shows it."""

from uuid import UUID

import pytest

from okr_api.domain.events import (
    CycleCreated,
    ExternalRefMoved,
    ExternalRefTaken,
    ObjectiveCreated,
    ObjectiveReferenceChanged,
)
from read_models.facts import project, rows
from read_models.history import GROW, YEAR, History, named, said

X, Y, SELL = named("ref x"), named("ref y"), named("Sell")


@pytest.fixture
def history(history: History) -> History:
    """An objective with a reference."""
    taken = said(ExternalRefTaken, X, kind="Objective", ref="x", holder_id=GROW)
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW, external_ref="x"), taken)
    return history


async def shown(database: str, batch_events: int) -> dict[UUID, str | None]:
    await project(database, batch_events)
    standing = [row for row in await rows(database, "objectives") if row["valid_to"] is None]
    return {row["objective_id"]: row["external_ref"] for row in standing}


both_sizes = pytest.mark.parametrize("batch_events", [1, 5000])


@both_sizes
async def test_a_reference_that_moves_is_shown_by_its_new_holder_only(
    database: str, history: History, batch_events: int
) -> None:
    moved = history.commit(said(ExternalRefMoved, X, holder_id=SELL), said(ObjectiveCreated, SELL, external_ref="x"))
    assert await shown(database, batch_events) == {GROW: None, SELL: "x"}
    before, after = await rows(database, "objectives", objective_id=GROW)
    assert (after["valid_from"], after["version"]) == (moved, before["version"])
    assert [row["holder_id"] for row in await rows(database, "external_refs")] == [GROW, SELL]


@both_sizes
async def test_a_holder_that_takes_another_keeps_that(database: str, history: History, batch_events: int) -> None:
    history.commit(
        said(ObjectiveReferenceChanged, GROW, external_ref="y"),
        said(ExternalRefMoved, X, holder_id=None),
        said(ExternalRefTaken, Y, kind="Objective", ref="y", holder_id=GROW),
    )
    assert await shown(database, batch_events) == {GROW: "y"}


@both_sizes
async def test_what_is_restored_shows_its_reference_again(database: str, history: History, batch_events: int) -> None:
    history.commit(said(ObjectiveCreated, SELL, external_ref="x"), said(ExternalRefMoved, X, holder_id=SELL))
    history.commit(said(ObjectiveReferenceChanged, SELL), said(ExternalRefMoved, X, holder_id=None))
    history.commit(said(ExternalRefMoved, X, holder_id=GROW))
    assert await shown(database, batch_events) == {GROW: "x", SELL: None}
