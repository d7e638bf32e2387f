"""What is read from the facts beside the snapshot, at its position: targets, and the check-in in effect at a time."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg_pool import AsyncConnectionPool

from okr_api.commands.check_ins import CorrectCheckIn, KeyResultRef, RecordCheckIn
from okr_api.commands.key_results import RetargetKR
from okr_api.snapshot.check_ins import CheckIns
from okr_api.snapshot.targets import Targets
from snapshot.conftest import Organisation

NOON, DAY = datetime(2026, 2, 15, 12, tzinfo=UTC), timedelta(days=1)


async def test_targets_are_told_oldest_first_each_until_the_next(
    organisation: Organisation, pool: AsyncConnectionPool[Any]
) -> None:
    o, targets = organisation, Targets(pool)
    kr, other = await o.kr("Grow"), await o.kr("Other")
    before = await o.read()
    await o.given(RetargetKR(id=kr, target=Decimal(20), reason="Q2"))
    after = await o.read()
    (only,), (old, new), (others,) = await asyncio.gather(
        targets.of(before, kr), targets.of(after, kr), targets.of(after, other)
    )
    assert (only.metric.target, only.until) == (10, None)
    assert (old.metric.target, old.until, old.reason) == (10, new.since, None)
    assert (new.metric.target, new.until, new.reason) == (20, None, "Q2")
    assert (new.principal_id, others.key_result_id) == (o.caller.principal.id, other)


async def test_the_check_in_in_effect_is_the_latest_until_then_that_stands(
    organisation: Organisation, pool: AsyncConnectionPool[Any]
) -> None:
    o, check_ins = organisation, CheckIns(pool)
    kr = await o.kr("Grow")
    recorded = [
        await o.given(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(day), effective_at=NOON + day * DAY))
        for day in (2, 0, 1)
    ]
    before = await o.read()
    await o.given(CorrectCheckIn(check_in_id=recorded[2], withdraw=True))
    after = await o.read()
    cuts = [(before, -1), (before, 0), (before, 1), (before, 9), (after, 1), (after, 2)]
    found = await asyncio.gather(*(check_ins.at(cut, kr, NOON + day * DAY) for cut, day in cuts))
    assert [row and int(row.value) for row in found] == [None, 0, 1, 2, 0, 2]
