"""Turns are given up in whatever way the waiting ends."""

import asyncio
from uuid import UUID

import pytest

from okr_api.event_log.turns import Turns

FIRST, SECOND, THIRD = (UUID(int=n) for n in (1, 2, 3))


async def test_a_command_cancelled_while_it_waits_is_cancelled_and_holds_nobody_up() -> None:
    turns = Turns()

    async def wait() -> None:
        async with turns.of([FIRST, SECOND, THIRD]):
            raise AssertionError("not yet")

    async with turns.of([FIRST]):
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with asyncio.timeout(1), turns.of([FIRST, SECOND, THIRD]):
        pass
