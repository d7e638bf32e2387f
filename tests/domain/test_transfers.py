"""TransferOwnership: everything of an owner in a cycle goes to another, in commits that are small enough."""

from uuid import uuid4

from examples import Company
from okr_api.access.policy import DEVELOPMENT
from okr_api.application import Caller, Done
from okr_api.commands.cycles import CloseCycle
from okr_api.commands.objectives import CreateObjective, CreateObjectives, EditObjective, RetireObjective
from okr_api.commands.owners import DeactivateOwner
from okr_api.commands.transfers import MOST_STREAMS, TransferOwnership, TransferPart
from okr_api.domain.events import KROwnerChanged, ObjectiveOwnerChanged


def hand_over(company: Company) -> TransferOwnership:
    return TransferOwnership(
        from_owner_id=company.ana, to_owner_id=company.vp, cycle_id=company.year, reason="Ana left"
    )


async def test_all_that_is_live_changes_hands_in_the_cycle_and_the_cycles_inside(company: Company) -> None:
    mine = await company.objective("Mine", owner=company.ana, cycle=company.q1, krs=("KR",))
    await company.objective("Not mine", krs=("KR",))
    gone = await company.objective("Gone", owner=company.ana, cycle=company.year)
    await company.given(RetireObjective(id=gone))
    await company.given(DeactivateOwner(id=company.ana))
    done = await company.when(hand_over(company))
    company.then((ObjectiveOwnerChanged, {"owner_id": company.vp}), (KROwnerChanged, {"owner_id": company.vp}))
    assert done is not None
    assert done.result == {"transferred": "2", "position": str(len(company.log.events))}
    assert company.state(mine).owner_id == company.vp
    assert company.state(gone).owner_id == company.ana
    again = await company.when(hand_over(company))
    company.unchanged()
    assert again is not None
    assert again.result["transferred"] == "0"


async def test_what_stands_in_a_closed_quarter_stays_with_who_left(company: Company) -> None:
    closed = await company.objective("Closed", owner=company.ana, krs=("KR",))
    year = await company.objective("Year", owner=company.ana, cycle=company.year)
    await company.given(CloseCycle(id=company.q1))
    done = await company.when(hand_over(company))
    company.then((ObjectiveOwnerChanged, {}))
    assert done is not None
    assert done.result["transferred"] == "1"
    assert (company.state(closed).owner_id, company.state(year).owner_id) == (company.ana, company.vp)


async def test_it_goes_in_commits_of_at_most_500(company: Company) -> None:
    one = CreateObjective(cycle_id=company.q1, owner_id=company.ana, title="O")
    await company.given(CreateObjectives(items=(one,) * (MOST_STREAMS + 1)))
    done = await company.when(hand_over(company), key="k")
    sizes = [len(request.events) for request in company.log.requests[-3:]]
    assert sizes == [MOST_STREAMS, 1, 0]
    assert done is not None
    assert done.result["transferred"] == str(MOST_STREAMS + 1)
    await company.objective("Since", owner=company.ana)
    again = await company.when(hand_over(company), key="k")
    company.unchanged()
    assert again == Done(done.result, done.position, duplicate=True)


async def test_what_changed_hands_meanwhile_is_left_alone(company: Company) -> None:
    one, two = [await company.objective(title, owner=company.ana) for title in ("One", "Two")]
    part = TransferPart(whole=hand_over(company), objective_ids=(one, two))
    await company.given(EditObjective(id=one, owner_id=company.ceo))
    done = await company.application.execute(part, Caller(DEVELOPMENT))
    assert done.result == {"transferred": "1"}
    assert (company.state(one).owner_id, company.state(two).owner_id) == (company.ceo, company.vp)


async def test_everything_wrong_is_told_at_once(company: Company) -> None:
    await company.when(TransferOwnership(from_owner_id=uuid4(), to_owner_id=uuid4(), cycle_id=uuid4()))
    company.refused("NOT_FOUND fromOwnerId", "NOT_FOUND toOwnerId", "NOT_FOUND cycleId")
    await company.given(DeactivateOwner(id=company.vp))
    await company.when(hand_over(company))
    company.refused("OWNER_INACTIVE toOwnerId")
