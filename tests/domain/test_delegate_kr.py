"""DelegateKR: the key result becomes the objective of the level below."""

import asyncio
from collections import Counter
from uuid import uuid4

from examples import Q2, REVENUE, Company
from okr_api.access.policy import DEVELOPMENT
from okr_api.application import Caller
from okr_api.commands.branches import ChildPolicy
from okr_api.commands.cycles import BeginClosingCycle, CloseCycle
from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.commands.key_results import AddKR, NewKR, RetireKR
from okr_api.commands.objectives import AlignObjective
from okr_api.domain.errors import Refused
from okr_api.domain.events import DelegationAccepted, KRAdded, KRDelegated, ObjectiveCreated
from okr_api.domain.objective import LinkTarget
from okr_api.domain.values import Approach, TargetKind


async def test_a_new_objective_takes_the_title_and_the_cycle_of_the_key_result(company: Company) -> None:
    kr = await company.kr("Grow revenue from 0-10%")
    done = await company.when(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=company.vp)))
    assert done is not None
    delegate = company.new_events[0].originator_id
    company.then(
        (ObjectiveCreated, {"title": "Grow revenue from 0-10%", "cycle_id": company.q1, "owner_id": company.vp}),
        (DelegationAccepted, {"key_result_id": kr}),
        (KRDelegated, {"objective_id": delegate, "retain": False}),
    )


async def test_the_text_may_be_edited_because_the_link_is_the_identity(company: Company) -> None:
    kr = await company.kr("Grow revenue from 0-10% by the end of the planning period.")
    new = (NewKR(title="Hire 2", metric=REVENUE),)
    await company.when(
        DelegateKR(
            key_result_id=kr,
            to=Delegation(to_owner_id=company.vp, title="Grow revenue 0-10%.", key_results=new, retain=True),
        )
    )
    company.then(
        (ObjectiveCreated, {"title": "Grow revenue 0-10%."}),
        (DelegationAccepted, {}),
        (KRAdded, {"title": "Hire 2", "owner_id": company.vp}),
        (KRDelegated, {"retain": True}),
    )


async def test_a_key_result_is_delegated_once_however_many_try_at_once(company: Company) -> None:
    kr = await company.kr("Grow")
    outcomes = await asyncio.gather(
        *(
            company.application.execute(
                DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=company.vp)), Caller(DEVELOPMENT)
            )
            for _ in range(64)
        ),
        return_exceptions=True,
    )
    codes = Counter(o.problems[0].code if isinstance(o, Refused) else type(o).__name__ for o in outcomes)
    assert codes == {"Done": 1, "ALREADY_DELEGATED": 63}


async def test_a_year_s_key_result_goes_to_q2_once_q1_is_closed(company: Company) -> None:
    kr = await company.kr("Grow", cycle=company.year)
    await company.given(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=company.vp, cycle_id=company.q1)))
    q2 = await company.cycle("Q2", Q2, parent=company.year)
    await company.when(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=company.vp, cycle_id=q2)))
    company.refused("ALREADY_DELEGATED keyResultId")
    await company.given(CloseCycle(id=company.q1))
    await company.when(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=company.vp, cycle_id=q2)))
    company.then((ObjectiveCreated, {"cycle_id": q2}), (DelegationAccepted, {}), (KRDelegated, {}))


async def test_a_standing_objective_can_take_it_on(company: Company) -> None:
    kr, standing = await company.kr("Grow"), await company.objective("Grow revenue", owner=company.vp)
    await company.when(DelegateKR(key_result_id=kr, to=Delegation(to_objective_id=standing)))
    company.then((KRDelegated, {"objective_id": standing}), (DelegationAccepted, {"key_result_id": kr}))


async def test_an_objective_restates_one_key_result(company: Company) -> None:
    one, two = await company.kr("One"), await company.kr("Two")
    standing = await company.objective("Both", owner=company.vp)
    await company.given(DelegateKR(key_result_id=one, to=Delegation(to_objective_id=standing)))
    await company.when(DelegateKR(key_result_id=two, to=Delegation(to_objective_id=standing)))
    company.refused("OBJECTIVE_ALREADY_DELEGATED to.objectiveId")


async def test_what_stands_above_cannot_take_it_on(company: Company) -> None:
    top = await company.objective("Top", krs=("Grow",))
    kr = company.log.events[-1].originator_id
    await company.when(DelegateKR(key_result_id=kr, to=Delegation(to_objective_id=top)))
    company.refused("WOULD_CREATE_LOOP to.objectiveId")
    lower = await company.objective("Lower", krs=("Hire",))
    hire = company.log.events[-1].originator_id
    await company.given(AlignObjective(objective_id=lower, to=LinkTarget(TargetKind.KEY_RESULT, kr)))
    await company.when(DelegateKR(key_result_id=hire, to=Delegation(to_objective_id=top)))
    company.refused("WOULD_CREATE_LOOP to.objectiveId")


async def test_a_quarter_cannot_delegate_to_the_year_that_contains_it(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.when(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=company.vp, cycle_id=company.year)))
    company.refused("CYCLE_NOT_INSIDE cycleId")


async def test_a_team_cannot_delegate_upward(company: Company) -> None:
    objective = await company.objective("Team", owner=company.vp)
    kr = await company.given(AddKR(objective_id=objective, kr=NewKR(title="Grow", metric=REVENUE)))
    await company.when(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=company.ceo)))
    company.refused("LEVEL_ABOVE_PARENT to.ownerId")


async def test_a_loose_cycle_delegates_nothing() -> None:
    company = await Company().founded(Approach.LOOSE)
    kr = await company.kr("Grow")
    await company.when(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=company.vp)))
    company.refused("LINK_NOT_ADMITTED to.ownerId")


async def test_everything_wrong_with_the_new_objective_is_told_at_once(company: Company) -> None:
    kr = await company.kr("Grow")
    bad = (NewKR(title="", metric=REVENUE), NewKR(title="Hire", metric=REVENUE, owner_id=uuid4()))
    await company.when(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=uuid4(), title=" ", key_results=bad)))
    company.refused(
        "TEXT_EMPTY title", "NOT_FOUND to.ownerId", "TEXT_EMPTY keyResults.0.title", "NOT_FOUND keyResults.1.ownerId"
    )


async def test_nothing_is_delegated_in_a_closed_cycle(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.given(CloseCycle(id=company.q1))
    await company.when(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=company.vp)))
    company.refused("CYCLE_CLOSED keyResultId")


async def test_a_version_that_the_client_did_not_expect_is_refused(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.when(DelegateKR(key_result_id=kr, expected_version=7, to=Delegation(to_owner_id=company.vp)))
    company.refused("VERSION_CONFLICT expectedVersion")
    await company.when(DelegateKR(key_result_id=kr, expected_version=1, to=Delegation(to_owner_id=company.vp)))
    assert company.new_events


async def test_a_cycle_that_is_closing_keeps_what_its_retired_key_results_were_delegated_to(company: Company) -> None:
    up = await company.kr("Up", cycle=company.year)
    low = await company.delegated(up, cycle=company.q1)
    await company.given(RetireKR(id=up, child=ChildPolicy.DETACH))
    await company.given(BeginClosingCycle(id=company.year))
    other = await company.kr("Other")
    await company.when(DelegateKR(key_result_id=other, to=Delegation(to_objective_id=low)))
    company.refused("CYCLE_CLOSING to.objectiveId")
