"""Cycles: periods, their nesting and their states."""

from datetime import date
from typing import Any

import pytest

from examples import Q1, Q2, YEAR, Company
from okr_api.commands.cycles import BeginClosingCycle, CloseCycle, CreateCycle, EditCycle, OpenCycle, ReopenCycle
from okr_api.domain.events import (
    CycleClosed,
    CycleClosingBegun,
    CycleCreated,
    CycleNested,
    CycleOpened,
    CycleRenamed,
    CycleReopened,
    CycleRescheduled,
    CycleRhythmChanged,
)
from okr_api.domain.values import Approach


def cycle(**given: Any) -> CreateCycle:
    return CreateCycle(**{"name": "Q2", "starts_on": Q2[0], "ends_on": Q2[1]} | given)


async def test_a_new_cycle_is_a_draft_that_keeps_its_rules_for_ever(company: Company) -> None:
    await company.when(cycle(approach=Approach.TIGHT, time_zone="Europe/Berlin", check_in_every_days=14))
    company.then(
        (
            CycleCreated,
            {"name": "Q2", "approach": "TIGHT", "time_zone": "Europe/Berlin", "check_in_every_days": 14, "rules": 1},
        )
    )


async def test_the_year_hears_of_every_quarter_inside_it(company: Company) -> None:
    await company.when(cycle(parent_id=company.year))
    child = company.new_events[0].originator_id
    company.then((CycleCreated, {"parent_id": company.year}), (CycleNested, {"child_id": child}))


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"name": " "}, ["TEXT_EMPTY name"]),
        ({"name": "x" * 501}, ["TEXT_TOO_LONG name"]),
        ({"name": "Q\x002"}, ["TEXT_NOT_STORABLE name"]),
        ({"name": "Q\ud8002"}, ["TEXT_NOT_STORABLE name"]),
        ({"ends_on": date(2026, 3, 1)}, ["DATES_REVERSED endsOn"]),
        ({"starts_on": date(1, 1, 1)}, ["OUT_OF_RANGE startsOn"]),
        ({"ends_on": date(9999, 12, 31)}, ["OUT_OF_RANGE endsOn"]),
        ({"time_zone": "Berlin"}, ["TIME_ZONE_UNKNOWN timeZone"]),
        ({"check_in_every_days": 0}, ["OUT_OF_RANGE checkInEveryDays"]),
        ({"name": "", "time_zone": "CEST+1"}, ["TEXT_EMPTY name", "TIME_ZONE_UNKNOWN timeZone"]),
    ],
)
async def test_a_cycle_that_cannot_be(company: Company, given: dict[str, Any], problems: list[str]) -> None:
    await company.when(cycle(**given))
    company.refused(*problems)


async def test_a_cycle_lies_inside_its_parent(company: Company) -> None:
    await company.when(cycle(parent_id=company.q1))
    company.refused("DATES_NOT_INSIDE_PARENT startsOn")


async def test_opening_and_closing_go_one_way(company: Company) -> None:
    q2 = await company.given(cycle(parent_id=company.year))
    await company.when(CloseCycle(id=q2))
    company.refused("WRONG_CYCLE_STATE id")
    await company.when(OpenCycle(id=q2))
    company.then((CycleOpened, {}))
    await company.when(OpenCycle(id=q2))
    company.refused("WRONG_CYCLE_STATE id")
    await company.when(CloseCycle(id=q2))
    company.then((CycleClosed, {}))
    await company.when(CloseCycle(id=q2))
    company.refused("WRONG_CYCLE_STATE id")


async def test_a_year_closes_when_all_its_quarters_are_closed(company: Company) -> None:
    await company.when(CloseCycle(id=company.year))
    company.refused("CYCLES_INSIDE_NOT_CLOSED id")
    await company.given(CloseCycle(id=company.q1))
    await company.when(CloseCycle(id=company.year))
    company.then((CycleClosed, {}))


async def test_nothing_is_nested_in_or_opened_under_a_closed_year(company: Company) -> None:
    year = await company.given(cycle(name="2027", starts_on=YEAR[0], ends_on=YEAR[1]))
    quarter = await company.given(cycle(name="Q1", starts_on=Q1[0], ends_on=Q1[1], parent_id=year))
    await company.given(OpenCycle(id=year))
    await company.when(CloseCycle(id=year))
    company.refused("CYCLES_INSIDE_NOT_CLOSED id")
    await company.given(OpenCycle(id=quarter))
    await company.given(CloseCycle(id=quarter))
    await company.given(CloseCycle(id=year))
    await company.when(cycle(parent_id=year))
    company.refused("CYCLE_CLOSED parentId")


async def test_each_field_of_a_cycle_is_edited_and_nothing_is_written_twice(company: Company) -> None:
    edit = EditCycle(id=company.q1, name="First", ends_on=date(2026, 3, 30), check_in_every_days=14)
    await company.when(edit)
    company.then(
        (CycleRenamed, {"name": "First"}),
        (CycleRhythmChanged, {"check_in_every_days": 14}),
        (CycleRescheduled, {"starts_on": Q1[0], "ends_on": date(2026, 3, 30)}),
    )
    await company.when(edit)
    company.unchanged()


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"starts_on": date(2025, 12, 31)}, ["DATES_NOT_INSIDE_PARENT startsOn"]),
        ({"ends_on": date(2027, 1, 1)}, ["DATES_NOT_INSIDE_PARENT startsOn"]),
        ({"ends_on": date(2025, 1, 1)}, ["DATES_REVERSED endsOn"]),
        ({"name": "", "check_in_every_days": 367}, ["TEXT_EMPTY name", "OUT_OF_RANGE checkInEveryDays"]),
    ],
)
async def test_a_cycle_is_not_edited_into_what_cannot_be(
    company: Company, given: dict[str, Any], problems: list[str]
) -> None:
    await company.when(EditCycle(id=company.q1, **given))
    company.refused(*problems)


async def test_a_year_stays_around_its_quarters(company: Company) -> None:
    await company.when(EditCycle(id=company.year, ends_on=Q1[0]))
    company.refused("DATES_NOT_INSIDE_PARENT startsOn")
    await company.when(EditCycle(id=company.year, ends_on=Q1[1]))
    company.then((CycleRescheduled, {"starts_on": YEAR[0], "ends_on": Q1[1]}))


async def test_a_quarter_is_not_reopened_under_a_closed_year(company: Company) -> None:
    await company.given(CloseCycle(id=company.q1))
    await company.given(CloseCycle(id=company.year))
    await company.when(ReopenCycle(id=company.q1))
    company.refused("CYCLE_CLOSED id")
    await company.when(ReopenCycle(id=company.year))
    company.then((CycleReopened, {}))
    await company.when(ReopenCycle(id=company.q1))
    company.then((CycleReopened, {}))


async def test_a_cycle_may_be_open_in_a_closing_one(company: Company) -> None:
    q2 = await company.given(cycle(parent_id=company.year))
    await company.when(BeginClosingCycle(id=company.year))
    company.then((CycleClosingBegun, {}))
    await company.when(OpenCycle(id=q2))
    company.then((CycleOpened, {}))


async def test_a_cycle_that_another_changed_since_is_read_again_first(company: Company) -> None:
    for command in (EditCycle, OpenCycle, BeginClosingCycle, CloseCycle, ReopenCycle):
        await company.when(command(id=company.q1, expected_version=1))
        company.refused("VERSION_CONFLICT expectedVersion")
