"""CarryOverObjective: what goes on in another cycle continues the old."""

from uuid import uuid4

import pytest

from examples import Q2, Company
from okr_api.commands.branches import ChildPolicy
from okr_api.commands.carry_over import CarryOverObjective
from okr_api.commands.cycles import BeginClosingCycle, CloseCycle
from okr_api.commands.key_results import EditKR, RetireKR, ScoreKR
from okr_api.commands.objectives import RetireObjective
from okr_api.commands.owners import DeactivateOwner
from okr_api.domain.events import KRAdded, ObjectiveCreated
from okr_api.domain.values import Approach


@pytest.fixture
async def quarters(company: Company) -> Company:
    """With a second quarter, q2."""
    company.q2 = await company.cycle("Q2", Q2, parent=company.year)  # type: ignore[attr-defined]
    return company


def over(company: Company, old: object, **fields: object) -> CarryOverObjective:
    return CarryOverObjective(**{"id": old, "to_cycle_id": company.q2} | fields)  # type: ignore[attr-defined, arg-type]


async def test_it_continues_the_old_and_its_live_key_results(quarters: Company) -> None:
    old = await quarters.objective("Win", krs=("A",))
    kr, gone = await quarters.kr_of(old, "B", due_on=quarters.state(quarters.q1).ends_on), await quarters.kr_of(old)
    await quarters.given(RetireKR(id=gone))
    await quarters.checked_in(kr)
    await quarters.given(ScoreKR(id=kr, score=quarters.state(kr).weight))
    await quarters.given(CloseCycle(id=quarters.q1))
    await quarters.when(over(quarters, old))
    quarters.then(
        (ObjectiveCreated, {"title": "Win", "continues_from": old, "cycle_id": quarters.q2}),  # type: ignore[attr-defined]
        (KRAdded, {"title": "A"}),
        (KRAdded, {"title": "B", "continues_from": kr, "due_on": None}),
    )
    await quarters.when(over(quarters, old))
    quarters.unchanged()


async def test_key_results_are_chosen(quarters: Company) -> None:
    old = await quarters.objective("Win")
    one, two, gone = [await quarters.kr_of(old, title) for title in ("One", "Two", "Gone")]
    other = await quarters.kr("Other")
    await quarters.given(RetireKR(id=gone))
    await quarters.when(over(quarters, old, key_result_ids=(one, other, uuid4(), gone)))
    quarters.refused("NOT_FOUND keyResultIds.1", "NOT_FOUND keyResultIds.2", "RETIRED keyResultIds.3")
    await quarters.when(over(quarters, old, key_result_ids=(two,)))
    quarters.then((ObjectiveCreated, {}), (KRAdded, {"continues_from": two}))


async def test_a_key_result_named_twice_is_carried_once(quarters: Company) -> None:
    old = await quarters.objective("Win")
    kr = await quarters.kr_of(old)
    await quarters.when(over(quarters, old, key_result_ids=(kr, kr)))
    quarters.then((ObjectiveCreated, {}), (KRAdded, {}))


async def test_another_owner_takes_all_of_it(quarters: Company) -> None:
    old = await quarters.objective("Win", owner=quarters.ana, krs=("A",))
    await quarters.given(DeactivateOwner(id=quarters.ana))
    await quarters.when(over(quarters, old))
    quarters.refused("OWNER_INACTIVE ownerId")
    await quarters.when(over(quarters, old, owner_id=quarters.vp))
    quarters.then((ObjectiveCreated, {"owner_id": quarters.vp}), (KRAdded, {"owner_id": quarters.vp}))


async def test_the_delegation_from_above_goes_along(quarters: Company) -> None:
    kr = await quarters.kr("Grow", cycle=quarters.year)
    old = await quarters.delegated(kr, cycle=quarters.q1)
    await quarters.given(CloseCycle(id=quarters.q1))
    new = await quarters.given(over(quarters, old))
    assert quarters.state(kr).delegated_to == new
    assert quarters.state(new).delegated_from == kr


@pytest.mark.parametrize("why", ["outside", "closing", "above retired"])
async def test_the_delegation_stays_where_it_may_not_go_along(quarters: Company, why: str) -> None:
    above = await quarters.objective("Above", cycle=quarters.q1 if why == "outside" else quarters.year)
    kr = await quarters.kr_of(above)
    old = await quarters.delegated(kr, cycle=quarters.q1)
    if why == "closing":
        await quarters.given(BeginClosingCycle(id=quarters.year))
    if why == "above retired":
        await quarters.given(RetireObjective(id=above, children=ChildPolicy.DETACH))
    new = await quarters.given(over(quarters, old))
    assert quarters.state(kr).delegated_to == old
    assert quarters.state(new).delegated_from is None


async def test_what_it_served_is_served_where_that_may_be(quarters: Company) -> None:
    year, quarter = await quarters.objective("Y", cycle=quarters.year), await quarters.objective("Q")
    gone = await quarters.objective("Gone", cycle=quarters.year)
    old = await quarters.objective("Win")
    for above in (year, quarter, gone):
        await quarters.aligned(old, above)
    await quarters.given(RetireObjective(id=gone, children=ChildPolicy.DETACH))
    new = await quarters.given(over(quarters, old))
    assert quarters.serves(new) == {year}


async def test_a_cycle_that_takes_no_such_link_gets_the_objective_alone() -> None:
    company = await Company().founded(Approach.MIXED)
    top, old = await company.objective("Top", cycle=company.year), await company.objective("Win")
    await company.aligned(old, top)
    tight = await company.cycle("Q2", Q2, Approach.TIGHT, company.year)
    new = await company.given(CarryOverObjective(id=old, to_cycle_id=tight))
    assert company.serves(new) == set()


async def test_what_is_retired_is_not_carried(quarters: Company) -> None:
    old = await quarters.objective("Win")
    await quarters.given(RetireObjective(id=old))
    await quarters.when(over(quarters, old))
    quarters.refused("RETIRED id")
    await quarters.when(over(quarters, uuid4()))
    quarters.refused("NOT_FOUND id")


async def test_what_was_carried_is_edited_on_its_own(quarters: Company) -> None:
    old = await quarters.objective("Win", krs=("A",))
    await quarters.given(over(quarters, old))
    new_kr = quarters.log.events[-1].originator_id
    await quarters.given(EditKR(id=new_kr, title="B"))
    await quarters.when(over(quarters, old))
    quarters.unchanged()
