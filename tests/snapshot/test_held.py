"""Pages of check-ins that were read are answered from memory, for as long as they are true."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from psycopg_pool import AsyncConnectionPool

from okr_api.commands.check_ins import CorrectCheckIn, KeyResultRef, RecordCheckIn
from okr_api.snapshot.check_ins import CheckIns
from okr_api.snapshot.loading import load_as_of
from okr_api.snapshot.pages import Page
from okr_api.snapshot.rows import CheckInRow
from projector.rebuild import refill
from snapshot.conftest import Organisation

NOON = datetime(2026, 2, 15, 12, tzinfo=UTC)


@pytest.fixture
async def reported(organisation: Organisation) -> tuple[Organisation, UUID]:
    kr = await organisation.kr("KR")
    await organisation.read()
    return organisation, kr


def recorded(kr: UUID, value: int, hours: int = 0) -> RecordCheckIn:
    return RecordCheckIn(
        key_result=KeyResultRef(id=kr), value=Decimal(value), effective_at=NOON - timedelta(hours=hours)
    )


def told(page: Page[CheckInRow] | None) -> Any:
    return page and (list(page.rows), list(page.cursors), page.has_next, page.has_previous)


async def test_a_page_that_was_read_is_answered_from_memory(
    reported: tuple[Organisation, UUID], pool: AsyncConnectionPool[Any]
) -> None:
    (o, kr), check_ins = reported, CheckIns(pool)
    other = await o.kr("Other")
    for value in range(3):
        await o.given(recorded(kr, value))
    snapshot = await o.read()
    assert check_ins.held(snapshot, kr, 2, None) is None
    page = await check_ins.page(snapshot, kr, 2, None)
    assert check_ins.held(snapshot, kr, 2, None) is page
    assert check_ins.held(snapshot, kr, 3, None) is None
    assert check_ins.held(snapshot, kr, 2, page.cursors[-1]) is None
    assert check_ins.held(snapshot, other, 2, None) is None
    await o.given(recorded(other, 1))
    assert check_ins.held(await o.read(), kr, 2, None) is page, "what was said of another one changes nothing"
    assert [await page.total(), await page.total()] == [3, 3]


async def test_late_check_ins_corrections_and_withdrawals_are_seen_at_once(
    reported: tuple[Organisation, UUID], pool: AsyncConnectionPool[Any]
) -> None:
    (o, kr), check_ins = reported, CheckIns(pool)
    kept = []
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance, made = random.Random(seed), [await o.given(recorded(kr, 0))]
    for value in range(15):
        snapshot = await o.read()
        page = await check_ins.page(snapshot, kr, 3, None)
        assert told(page) == told(await CheckIns(pool).page(snapshot, kr, 3, None))
        assert check_ins.held(snapshot, kr, 3, None) is page
        kept.append((snapshot, told(page)))
        way = chance.choice(["late", "corrected", "withdrawn"])
        if way == "late" or not made:
            made.append(await o.given(recorded(kr, value, hours=chance.randrange(48))))
        elif way == "corrected":
            old = made.pop(chance.randrange(len(made)))
            made.append(await o.given(CorrectCheckIn(check_in_id=old, value=Decimal(value))))
        else:
            await o.given(CorrectCheckIn(check_in_id=made.pop(), withdraw=True))
    await check_ins.page(await o.read(), kr, 3, None)
    for snapshot, before in kept:
        assert told(await check_ins.page(snapshot, kr, 3, None)) == before, "a snapshot that is held stays what it was"


async def test_a_past_cut_is_never_answered_by_what_came_later(
    reported: tuple[Organisation, UUID], pool: AsyncConnectionPool[Any]
) -> None:
    (o, kr), check_ins = reported, CheckIns(pool)
    await o.given(recorded(kr, 1))
    then = (await o.read()).position
    await o.given(recorded(kr, 2))
    await check_ins.page(await o.read(), kr, 3, None)
    past = await load_as_of(o.reading, then)
    assert check_ins.held(past, kr, 3, None) is None
    assert [row.value for row in (await check_ins.page(past, kr, 3, None)).rows] == [1]
    assert check_ins.held(past, kr, 3, None) is None


async def test_after_a_rebuild_pages_are_read_anew(
    reported: tuple[Organisation, UUID], pool: AsyncConnectionPool[Any]
) -> None:
    (o, kr), check_ins = reported, CheckIns(pool)
    await o.given(recorded(kr, 1))
    await check_ins.page(await o.read(), kr, 3, None)
    await refill(o.dsn, lambda done, of: None)
    assert check_ins.held(await o.read(), kr, 3, None) is None


async def test_no_more_rows_are_held_than_there_is_room_for(
    reported: tuple[Organisation, UUID], pool: AsyncConnectionPool[Any]
) -> None:
    (o, kr), check_ins = reported, CheckIns(pool, 5)
    other = await o.kr("Other")
    for value in range(2):
        await o.given(recorded(kr, value))
        await o.given(recorded(other, value))
    snapshot = await o.read()
    await check_ins.page(snapshot, kr, 3, None)
    await check_ins.page(snapshot, other, 3, None)
    assert check_ins.held(snapshot, kr, 3, None) is None
    assert check_ins.held(snapshot, other, 3, None) is not None
    await check_ins.page(snapshot, kr, 3, None)
    assert check_ins.held(snapshot, other, 3, None) is None
