"""Limits that are reached: a queue that is full."""

import psycopg

from faults.case import case
from faults.stage import Stage

HOLD = "SELECT pg_advisory_lock(hashtext('okr.append'))"


@case("append queue full")
async def queue_full(stage: Stage) -> None:
    async with stage.playing(OKR_APPEND_QUEUE_LIMIT="1"):
        await stage.load.goes_on()
        async with await psycopg.AsyncConnection.connect(stage.dsn, autocommit=True) as holder:
            await holder.execute(HOLD)
            await stage.load.is_told("TRY_LATER", times=3)
            async with stage.recovery():
                await holder.close()
