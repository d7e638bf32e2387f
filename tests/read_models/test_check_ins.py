"""Events in, rows of check-ins out."""

from datetime import timedelta
from decimal import Decimal

import pytest

from okr_api.domain.events import (
    CheckInCorrected,
    CheckInRecorded,
    CheckInWithdrawn,
    CycleCreated,
    KRAdded,
    ObjectiveCreated,
)
from okr_api.domain.values import Text
from read_models.facts import project, rows
from read_models.history import GROW, PRINCIPAL, SALES, START, YEAR, History, named, said


@pytest.fixture
def history(history: History) -> History:
    """An objective with a key result."""
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW), said(KRAdded, SALES))
    return history


async def test_a_check_in_keeps_what_was_recorded_and_by_whom(database: str, history: History) -> None:
    effective_at = START - timedelta(days=1)
    recorded = history.commit(
        said(
            CheckInRecorded,
            named("first"),
            value=Decimal("12.30"),
            confidence=Decimal("0.7"),
            note=Text.typed("Going well"),
            effective_at=effective_at,
        )
    )
    await project(database)
    (check_in,) = await rows(database, "check_ins")
    assert check_in == {
        "check_in_id": named("first"),
        "key_result_id": SALES,
        "root_id": YEAR,
        "value": Decimal("12.30"),
        "confidence": Decimal("0.7"),
        "note": "Going well",
        "source": "api",
        "principal_id": PRINCIPAL,
        "effective_at": effective_at,
        "recorded_at": check_in["recorded_at"],
        "position": recorded,
        "corrects": None,
        "corrected_by": None,
        "withdrawn": False,
        "valid_from": recorded,
        "valid_to": None,
    }
    assert check_in["recorded_at"] > START


async def test_a_check_in_without_a_time_is_effective_when_it_was_recorded(database: str, history: History) -> None:
    history.commit(said(CheckInRecorded, named("first")))
    await project(database)
    (check_in,) = await rows(database, "check_ins")
    assert check_in["effective_at"] == check_in["recorded_at"]


async def test_check_ins_of_one_commit_keep_their_own_places(database: str, history: History) -> None:
    last = history.commit(said(CheckInRecorded, named("first")), said(CheckInRecorded, named("second")))
    await project(database)
    check_ins = await rows(database, "check_ins")
    assert sorted(check_in["position"] for check_in in check_ins) == [last - 1, last]
    assert {check_in["valid_from"] for check_in in check_ins} == {last}


async def test_a_corrected_check_in_stays_readable(database: str, history: History) -> None:
    old, new = named("old"), named("new")
    recorded = history.commit(said(CheckInRecorded, old))
    corrected = history.commit(said(CheckInCorrected, old, corrected_by=new), said(CheckInRecorded, new, corrects=old))
    await project(database, batch_events=1)
    before, after = await rows(database, "check_ins", check_in_id=old)
    assert (before["valid_from"], before["valid_to"], before["corrected_by"]) == (recorded, corrected, None)
    assert (after["corrected_by"], after["position"]) == (new, before["position"])
    (instead,) = await rows(database, "check_ins", check_in_id=new)
    assert (instead["corrects"], instead["corrected_by"]) == (old, None)


async def test_a_withdrawn_check_in_stays_readable(database: str, history: History) -> None:
    history.commit(said(CheckInRecorded, named("old")))
    history.commit(said(CheckInWithdrawn, named("old")))
    await project(database, batch_events=1)
    assert [row["withdrawn"] for row in await rows(database, "check_ins")] == [False, True]
