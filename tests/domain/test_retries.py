"""The same key with the same input answers the first result, whatever has happened since."""

from dataclasses import replace

import pytest

from domain.catalogue import EVERY, World, state_for
from okr_api.commands.cycles import CloseCycle, OpenCycle, ReopenCycle
from okr_api.commands.objectives import EditObjective, RetireObjective


@pytest.mark.parametrize("name", EVERY)
async def test_a_retry_answers_with_the_first_result(name: str) -> None:
    world = await World().made(state_for(name))
    command = EVERY[name](world)
    first = await world.when(command, key="k")
    assert first is not None
    await _life_goes_on(world)
    again = await world.when(command, key="k")
    world.unchanged()
    assert again is not None
    assert (again.result, again.position, again.duplicate) == (first.result, first.position, True)


@pytest.mark.parametrize("name", EVERY)
async def test_the_same_key_with_another_input_is_refused(name: str) -> None:
    world = await World().made(state_for(name))
    command = EVERY[name](world)
    await world.when(command, key="k")
    await world.when(replace(command, reason="Another"), key="k")
    world.refused("IDEMPOTENCY_MISMATCH idempotencyKey")


async def _life_goes_on(world: World) -> None:
    """Whatever can still be done is done; what cannot is refused."""
    for command in (
        EditObjective(id=world.top, title="Since"),
        RetireObjective(id=world.old),
        CloseCycle(id=world.cycle_id),
        ReopenCycle(id=world.cycle_id),
        OpenCycle(id=world.cycle_id),
        CloseCycle(id=world.cycle_id),
    ):
        await world.when(command)
