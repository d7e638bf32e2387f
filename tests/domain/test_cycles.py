"""CreateCycle, OpenCycle, CloseCycle: periods, their nesting and their states."""

from datetime import date
from typing import Any

import pytest

from examples import Q1, Q2, YEAR, Company
from okr_api.commands.cycles import CloseCycle, CreateCycle, OpenCycle
from okr_api.domain.events import CycleClosed, CycleCreated, CycleNested, CycleOpened
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
