"""RecordCheckIn: what people and integrations report."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from examples import REVENUE, Company
from okr_api.access.policy import DEVELOPMENT
from okr_api.application import AT_ONCE, Caller
from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn
from okr_api.commands.cycles import CloseCycle, CreateCycle, OpenCycle
from okr_api.commands.key_results import AddKR, NewKR
from okr_api.domain.events import CheckInRecorded
from okr_api.domain.values import Metric, MetricKind


async def test_a_check_in_tells_of_now_unless_it_says_otherwise(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.when(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal("3.50"), note="signed"))
    company.then((CheckInRecorded, {"key_result_id": kr, "value": Decimal("3.50"), "effective_at": None}))
    last_week = datetime.now(UTC) - timedelta(days=7)
    await company.when(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(2), effective_at=last_week))
    company.then((CheckInRecorded, {"effective_at": last_week}))


async def test_a_key_result_is_found_by_the_name_that_another_system_gave_it(company: Company) -> None:
    objective = await company.objective("O")
    kr = await company.given(AddKR(objective_id=objective, kr=NewKR(title="KR", metric=REVENUE, external_ref="jira-1")))
    await company.when(RecordCheckIn(key_result=KeyResultRef(external_ref="jira-1"), value=Decimal(1)))
    company.then((CheckInRecorded, {"key_result_id": kr}))
    await company.when(RecordCheckIn(key_result=KeyResultRef(external_ref="jira-2"), value=Decimal(1)))
    company.refused("NOT_FOUND keyResult.externalRef")


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"key_result": KeyResultRef(id=uuid4())}, ["NOT_FOUND keyResult.id"]),
        ({"confidence": Decimal("1.1")}, ["OUT_OF_RANGE confidence"]),
        ({"note": "x" * 10_001}, ["TEXT_TOO_LONG note"]),
        ({"source": ""}, ["TEXT_EMPTY source"]),
        ({"effective_at": datetime.now(UTC) + timedelta(days=365)}, ["FUTURE_CHECK_IN effectiveAt"]),
        ({"effective_at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))}, ["OUT_OF_RANGE effectiveAt"]),
        ({"effective_at": datetime(9999, 12, 31, tzinfo=UTC)}, ["OUT_OF_RANGE effectiveAt"]),
        ({"confidence": Decimal(-1), "note": "\0"}, ["OUT_OF_RANGE confidence", "TEXT_NOT_STORABLE note"]),
    ],
)
async def test_a_check_in_that_cannot_be(company: Company, given: dict[str, Any], problems: list[str]) -> None:
    kr = await company.kr("Grow")
    await company.when(RecordCheckIn(**{"key_result": KeyResultRef(id=kr), "value": Decimal(1)} | given))
    company.refused(*problems)


async def test_a_milestone_goes_from_0_to_1(company: Company) -> None:
    objective = await company.objective("O")
    kr = await company.given(AddKR(objective_id=objective, kr=NewKR(title="KR", metric=Metric(MetricKind.MILESTONE))))
    await company.when(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal("1.5")))
    company.refused("OUT_OF_RANGE value")
    await company.when(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal("0.5")))
    company.then((CheckInRecorded, {}))


async def test_a_draft_cycle_takes_no_check_ins(company: Company) -> None:
    draft = await company.given(
        CreateCycle(name="Draft", starts_on=datetime(2026, 1, 1).date(), ends_on=datetime(2026, 3, 31).date())
    )
    kr = await company.kr("Grow", cycle=draft)
    check_in = RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(1))
    await company.when(check_in)
    company.refused("CYCLE_NOT_OPEN keyResult")
    await company.given(OpenCycle(id=draft))
    await company.when(check_in)
    company.then((CheckInRecorded, {}))


async def test_a_retry_answers_with_the_first_result_even_after_its_cycle_closed(company: Company) -> None:
    kr = await company.kr("Grow")
    check_in = RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(1))
    first = await company.when(check_in, key="jira-7")
    await company.given(CloseCycle(id=company.q1))
    again = await company.when(check_in, key="jira-7")
    assert not company.new_events
    assert first is not None
    assert again is not None
    assert (again.result, again.position, again.duplicate) == (first.result, first.position, True)
    await company.when(check_in, key="jira-8")
    company.refused("CYCLE_CLOSED keyResult")


async def test_a_key_belongs_to_one_input(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.when(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(1)), key="k")
    await company.when(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(2)), key="k")
    company.refused("IDEMPOTENCY_MISMATCH idempotencyKey")


async def test_while_many_are_recorded_others_have_their_turn(company: Company) -> None:
    check_in = RecordCheckIn(key_result=KeyResultRef(id=await company.kr("Grow")), value=Decimal(1))
    batch = company.application.execute_all([(check_in, Caller(DEVELOPMENT))] * (3 * AT_ONCE))
    recorded = [len(company.log.requests)]

    async def another() -> None:
        while not recording.done():
            await asyncio.sleep(0)
            recorded.append(len(company.log.requests))

    recording = asyncio.create_task(batch)
    await another()
    assert recorded[-1] - recorded[0] == 3 * AT_ONCE
    assert all(after - before <= AT_ONCE for before, after in pairwise(recorded))
