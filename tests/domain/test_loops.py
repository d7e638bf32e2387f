"""Nothing serves itself, over all three links and containment, however the loop would come about."""

from examples import Company
from okr_api.commands.branches import ChildPolicy
from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.commands.key_results import MoveKR, RestoreKR, RetireKR
from okr_api.commands.objectives import AlignObjective, RestoreObjective, RetireObjective
from okr_api.domain.events import KRMoved, ObjectiveAligned

DETACH = ChildPolicy.DETACH


async def test_a_key_result_does_not_move_below_what_hangs_from_it(company: Company) -> None:
    kr = await company.kr("Grow")
    delegate = await company.delegated(kr, owner=company.ceo)
    supporter, low = await company.objective("Supporter"), await company.objective("Low")
    await company.aligned(supporter, kr)
    await company.aligned(low, delegate)
    for place in (delegate, supporter, low):
        await company.when(MoveKR(id=kr, to_objective_id=place))
        company.refused("WOULD_CREATE_LOOP toObjectiveId")
    await company.when(MoveKR(id=kr, to_objective_id=await company.objective("Elsewhere")))
    company.then((KRMoved, {}))


async def test_a_loop_is_seen_through_all_kinds_of_links(company: Company) -> None:
    kr = await company.kr("Grow")
    top = company.state(kr).objective_id
    delegate = await company.delegated(kr, owner=company.ceo)
    supporter, aligned = await company.objective("Supporter"), await company.objective("Aligned")
    await company.aligned(supporter, await company.kr_of(delegate))
    await company.aligned(aligned, supporter)
    await company.when(AlignObjective(objective_id=top, to=company.target(aligned)))
    company.refused("WOULD_CREATE_LOOP to")
    low = await company.kr_of(aligned)
    await company.when(AlignObjective(objective_id=top, to=company.target(low)))
    company.refused("WOULD_CREATE_LOOP to")
    await company.when(DelegateKR(key_result_id=low, to=Delegation(to_objective_id=top)))
    company.refused("WOULD_CREATE_LOOP to.objectiveId")


async def test_an_objective_is_not_restored_into_a_loop(company: Company) -> None:
    one, two, three = [await company.objective(title) for title in ("One", "Two", "Three")]
    await company.aligned(one, two)
    await company.aligned(two, three)
    await company.given(RetireObjective(id=two, children=DETACH))
    await company.when(AlignObjective(objective_id=three, to=company.target(one)))
    company.then((ObjectiveAligned, {}))
    await company.when(RestoreObjective(id=two))
    company.refused("WOULD_CREATE_LOOP id")


async def test_a_key_result_is_not_restored_into_a_loop(company: Company) -> None:
    for hang in ("delegate", "supporter"):
        kr = await company.kr("Grow")
        top = company.state(kr).objective_id
        if hang == "delegate":
            low = await company.delegated(kr, owner=company.ceo)
        else:
            low = await company.objective("Low")
            await company.aligned(low, kr)
        await company.given(RetireKR(id=kr, child=DETACH))
        await company.when(AlignObjective(objective_id=top, to=company.target(low)))
        company.then((ObjectiveAligned, {}))
        await company.when(RestoreKR(id=kr))
        company.refused("WOULD_CREATE_LOOP id")


async def test_a_delegate_is_not_restored_into_a_loop(company: Company) -> None:
    kr = await company.kr("Grow")
    top = company.state(kr).objective_id
    delegate = await company.delegated(kr, owner=company.ceo)
    low = await company.objective("Low")
    await company.aligned(low, delegate)
    await company.given(RetireObjective(id=delegate, children=DETACH))
    await company.aligned(top, low)
    await company.when(RestoreObjective(id=delegate))
    company.refused("WOULD_CREATE_LOOP id")


async def test_an_objective_does_not_serve_its_own_key_result(company: Company) -> None:
    kr = await company.kr("Grow")
    top = company.state(kr).objective_id
    await company.when(AlignObjective(objective_id=top, to=company.target(kr)))
    company.refused("WOULD_CREATE_LOOP to")
    await company.when(DelegateKR(key_result_id=kr, to=Delegation(to_objective_id=top)))
    company.refused("WOULD_CREATE_LOOP to.objectiveId")


async def test_an_owner_may_delegate_to_themselves(company: Company) -> None:
    kr = await company.kr("Grow")
    assert company.state(await company.delegated(kr, owner=company.ceo)).owner_id == company.ceo
