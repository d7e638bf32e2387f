"""Facts that do not hold a position, as a standby's when it is promoted, do not answer as if nothing were missing."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool

from okr_api.snapshot.audit import AuditEvents, AuditWhere
from okr_api.snapshot.behind import FactsBehind
from okr_api.snapshot.check_ins import CheckIns
from okr_api.snapshot.loading import load_as_of
from okr_api.snapshot.steps import before_all
from snapshot.conftest import Organisation
from snapshot.test_steps import asked, walked


async def refused(answer: Awaitable[Any]) -> None:
    with pytest.raises(FactsBehind):
        await answer


async def test_what_is_not_projected_yet_is_not_left_out_in_silence(
    organisation: Organisation, pool: AsyncConnectionPool[Any]
) -> None:
    o = organisation
    objective = await o.objective("Grow", krs=("Sign",))
    present = await o.read()
    ahead = replace(present, position=present.position + 1)
    audit, key_result = AuditEvents(pool), present.key_results_of[objective][0]
    await refused(audit.commits(ahead, present.position, ahead.position, 10, AuditWhere()))
    await refused(audit.page(ahead, AuditWhere(), 10, None))
    await refused(CheckIns(pool).page(ahead, key_result, 3, None))
    await refused(walked(pool, asked(before_all(present), ahead, present.objectives[objective].cycle.id)))
    async with pool.connection() as connection:
        await refused(load_as_of(connection, ahead.position))
        await load_as_of(connection, present.position)
    assert await audit.commits(present, present.position - 1, present.position, 10, AuditWhere())
    await o.objective("Shrink")
    await o.read()
    assert await audit.commits(ahead, present.position, ahead.position + 9, 10, AuditWhere())
