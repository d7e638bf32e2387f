"""Events in, out which check-in counts."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from okr_api.domain.events import (
    CheckInCorrected,
    CheckInRecorded,
    CheckInWithdrawn,
    CycleCreated,
    KRAdded,
    KRMoved,
    ObjectiveCreated,
)
from read_models.facts import project, ranges, rows
from read_models.history import GROW, SALES, START, YEAR, History, named, said

FIRST, SECOND = named("first"), named("second")
NOON = START + timedelta(days=30)


@pytest.fixture
def history(history: History) -> History:
    """An objective with a key result."""
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW), said(KRAdded, SALES))
    return history


async def counted(database: str, batch_events: int) -> list[UUID]:
    await project(database, batch_events)
    versions = await rows(database, "counting")
    assert versions[-1]["valid_to"] is None
    return [version["check_in_id"] for version in versions]


both_sizes = pytest.mark.parametrize("batch_events", [1, 5000])


@both_sizes
async def test_the_latest_effective_check_in_counts(database: str, history: History, batch_events: int) -> None:
    history.commit(said(CheckInRecorded, FIRST, effective_at=NOON))
    history.commit(said(CheckInRecorded, SECOND, effective_at=NOON + timedelta(hours=1)))
    assert await counted(database, batch_events) == [FIRST, SECOND]


@both_sizes
async def test_a_check_in_about_the_past_does_not_count(database: str, history: History, batch_events: int) -> None:
    history.commit(said(CheckInRecorded, FIRST, effective_at=NOON))
    history.commit(said(CheckInRecorded, SECOND, effective_at=NOON - timedelta(hours=1)))
    assert await counted(database, batch_events) == [FIRST]


@both_sizes
async def test_of_two_at_the_same_moment_the_later_in_the_log_counts(
    database: str, history: History, batch_events: int
) -> None:
    history.commit(said(CheckInRecorded, FIRST, effective_at=NOON))
    history.commit(said(CheckInRecorded, SECOND, effective_at=NOON))
    assert await counted(database, batch_events) == [FIRST, SECOND]


async def test_without_a_time_the_moment_of_recording_decides(database: str, history: History) -> None:
    history.commit(said(CheckInRecorded, FIRST))
    history.commit(said(CheckInRecorded, SECOND, effective_at=START))
    assert await counted(database, 5000) == [FIRST]


async def test_each_commit_says_what_counted_after_it(database: str, history: History) -> None:
    positions = [history.commit(said(CheckInRecorded, named(str(number)))) for number in range(3)]
    await project(database)
    versions = await rows(database, "counting")
    assert ranges(versions) == [(positions[0], positions[1]), (positions[1], positions[2]), (positions[2], None)]
    assert [version["position"] for version in versions] == positions


@both_sizes
async def test_what_is_left_counts_when_the_counting_one_is_withdrawn(
    database: str, history: History, batch_events: int
) -> None:
    hour = timedelta(hours=1)
    for name, effective_at in (("first", NOON), ("third", NOON), ("past", NOON - hour), ("second", NOON + hour)):
        history.commit(said(CheckInRecorded, named(name), effective_at=effective_at))
    history.commit(said(CheckInWithdrawn, named("past")))
    history.commit(said(CheckInWithdrawn, SECOND))
    history.commit(said(CheckInWithdrawn, named("third")))
    third = named("third")
    assert await counted(database, batch_events) == [FIRST, third, SECOND, third, FIRST]


@both_sizes
async def test_nothing_counts_when_nothing_is_left(database: str, history: History, batch_events: int) -> None:
    begun = history.commit(said(CheckInRecorded, FIRST))
    ended = history.commit(said(CheckInWithdrawn, FIRST))
    await project(database, batch_events)
    assert ranges(await rows(database, "counting")) == [(begun, ended)]
    again = history.commit(said(CheckInRecorded, SECOND, effective_at=START))
    await project(database, batch_events)
    assert ranges(await rows(database, "counting")) == [(begun, ended), (again, None)]


@both_sizes
@pytest.mark.parametrize("hours", [-2, 0, 2])
async def test_a_correction_counts_by_its_own_time(
    database: str, history: History, batch_events: int, hours: int
) -> None:
    new = named("new")
    history.commit(said(CheckInRecorded, FIRST, effective_at=NOON - timedelta(hours=1)))
    history.commit(said(CheckInRecorded, SECOND, effective_at=NOON))
    history.commit(
        said(CheckInCorrected, SECOND, corrected_by=new),
        said(CheckInRecorded, new, effective_at=NOON + timedelta(hours=hours), corrects=SECOND),
    )
    assert await counted(database, batch_events) == [FIRST, SECOND, FIRST if hours < 0 else new]


@both_sizes
@pytest.mark.parametrize(
    ("readings", "since"),
    [
        ([(0, 5)], 0),
        ([(0, 5), (7, 5), (14, 5)], 0),
        ([(0, 5), (7, 6), (14, 6)], 7),
        ([(0, 5), (7, 6), (14, 5)], 14),
        ([(7, 5), (14, 5), (0, 4)], 7),
        ([(0, 5), (14, 5), (7, 6)], 7),
        ([(0, 5), (14, 5), (7, 5)], 0),
    ],
)
async def test_it_tells_since_when_its_value_was_reported_without_a_break(
    database: str, history: History, batch_events: int, readings: list[tuple[int, int]], since: int
) -> None:
    for day, value in readings:
        moment = NOON + timedelta(days=day)
        history.commit(said(CheckInRecorded, named(str(day)), value=Decimal(value), effective_at=moment))
    await project(database, batch_events)
    assert (await rows(database, "counting"))[-1]["value_since"] == NOON + timedelta(days=since)


@both_sizes
async def test_what_is_withdrawn_no_longer_broke_what_its_value_was(
    database: str, history: History, batch_events: int
) -> None:
    for day, value in ((0, 5), (7, 6), (14, 5)):
        moment = NOON + timedelta(days=day)
        history.commit(said(CheckInRecorded, named(str(day)), value=Decimal(value), effective_at=moment))
    history.commit(said(CheckInWithdrawn, named("7")))
    await project(database, batch_events)
    versions = await rows(database, "counting")
    assert [(version["value_since"] - NOON).days for version in versions] == [0, 7, 14, 0]


async def test_what_counts_goes_with_its_key_result_to_another_year(database: str, history: History) -> None:
    later, far = named("2027"), named("Far")
    history.commit(said(CheckInRecorded, FIRST))
    history.commit(said(CycleCreated, later), said(ObjectiveCreated, far, cycle_id=later))
    history.commit(said(KRMoved, SALES, objective_id=far))
    await project(database, batch_events=1)
    assert [row["root_id"] for row in await rows(database, "counting")] == [YEAR, later]
