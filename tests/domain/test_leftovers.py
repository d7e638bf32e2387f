"""What a command read is gone when the command is done: in loops it would stay until somebody looks for garbage."""

import gc

import pytest

from domain.catalogue import EVERY, World, state_for
from okr_api.commands.decision import Decision


@pytest.mark.parametrize("name", EVERY)
async def test_nothing_is_left_of_a_decision(name: str) -> None:
    world = await World().made(state_for(name))
    gc.collect()
    gc.disable()
    try:
        assert await world.when(EVERY[name](world)) is not None
        assert [each for each in gc.get_objects() if isinstance(each, Decision)] == []
    finally:
        gc.enable()
