"""Every command against every state of its cycle: the table of COMMANDS.md."""

import pytest

from domain.catalogue import ELSEWHERE, EVERY, PLANS, REPORTS, STEPS, World
from okr_api.commands import (
    carry_over,
    check_ins,
    cycles,
    delegation,
    integrations,
    key_results,
    objectives,
    owners,
    transfers,
)
from okr_api.commands.decision import Command
from okr_api.domain.values import CycleState

DRAFT, OPEN, CLOSING, CLOSED = CycleState
BASES = {"Command", "CycleTransition", "OnDelegation", "OnKR", "OnObjective", "TransferPart", "AllOrNone", "WithNewKey"}
NO_CHECK_IN_YET = "no check-in can be there to be corrected"


@pytest.mark.parametrize("state", CycleState)
@pytest.mark.parametrize("name", PLANS)
async def test_plans_change_in_drafts_and_open_cycles(name: str, state: CycleState) -> None:
    world = await World().made(state)
    await world.when(PLANS[name](world))
    if state in (DRAFT, OPEN):
        assert world.new_events
    else:
        world.refused("CYCLE_CLOSING" if state is CLOSING else "CYCLE_CLOSED")


@pytest.mark.parametrize("state", CycleState)
@pytest.mark.parametrize("name", REPORTS)
async def test_check_ins_and_scores_are_taken_from_the_opening_to_the_close(name: str, state: CycleState) -> None:
    if state is DRAFT and name.startswith("CorrectCheckIn"):
        pytest.skip(NO_CHECK_IN_YET)
    world = await World().made(state)
    await world.when(REPORTS[name](world))
    if state in (OPEN, CLOSING):
        assert world.new_events
    else:
        world.refused("CYCLE_NOT_OPEN" if state is DRAFT else "CYCLE_CLOSED")


@pytest.mark.parametrize("state", CycleState)
@pytest.mark.parametrize("name", STEPS)
async def test_a_cycle_goes_one_way_and_may_be_reopened(name: str, state: CycleState) -> None:
    world = await World().made(state)
    make, allowed = STEPS[name]
    await world.when(make(world))
    if state in allowed:
        assert world.new_events
    else:
        world.refused("WRONG_CYCLE_STATE id")


@pytest.mark.parametrize("state", CycleState)
@pytest.mark.parametrize("name", ELSEWHERE)
async def test_what_does_not_write_into_the_cycle_does_not_ask_for_its_state(name: str, state: CycleState) -> None:
    world = await World().made(state)
    await world.when(ELSEWHERE[name](world))
    assert world.new_events


def test_no_command_is_left_out() -> None:
    pages = (carry_over, check_ins, cycles, delegation, integrations, key_results, objectives, owners, transfers)
    every = {kind.__name__ for page in pages for kind in vars(page).values() if _is_command(kind)}
    assert every - BASES == {name.split()[0] for name in EVERY}


def _is_command(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Command)
