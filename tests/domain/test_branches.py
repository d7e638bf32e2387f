"""RetireObjective, RetireKR, UndelegateKR, ReassignKR and restoring: what becomes of what hangs below."""

import pytest

from examples import Q2, Company
from okr_api.commands.branches import ChildPolicy
from okr_api.commands.cycles import BeginClosingCycle, CloseCycle
from okr_api.commands.delegation import DelegateKR, Delegation, ReassignKR, UndelegateKR
from okr_api.commands.key_results import AddKR, EditKR, NewKR, RestoreKR, RetargetKR, RetireKR
from okr_api.commands.objectives import (
    ActivateObjective,
    AlignObjective,
    CreateObjective,
    CreateObjectives,
    EditObjective,
    RestoreObjective,
    RetireObjective,
    UnalignObjective,
)
from okr_api.domain.events import (
    DelegationAccepted,
    KRDelegated,
    KRRestored,
    KRRetargeted,
    KRRetired,
    KRRetitled,
    KRUndelegated,
    ObjectiveActivated,
    ObjectiveAligned,
    ObjectiveCreated,
    ObjectiveRestored,
    ObjectiveRetired,
    ObjectiveUnaligned,
)
from okr_api.domain.objective import LinkTarget
from okr_api.domain.values import Approach, ObjectiveState, TargetKind

DETACH, REALIGN, RETIRE = ChildPolicy
RETIRED = ObjectiveState.RETIRED


async def test_what_becomes_of_what_hangs_below_is_never_decided_silently(company: Company) -> None:
    top = await company.objective("Top")
    kr = await company.kr_of(top)
    delegate, aligned = await company.delegated(kr), await company.objective("Low", owner=company.vp)
    await company.aligned(aligned, top)
    await company.when(RetireKR(id=kr))
    company.refused("CHILD_POLICY_REQUIRED child")
    assert company.problems[0].params == {"objectives": 1}
    await company.when(RetireObjective(id=top))
    company.refused("CHILD_POLICY_REQUIRED children")
    assert company.problems[0].params == {"objectives": 2}
    assert set(company.problems[0].entity_ids) == {str(aligned), str(delegate)}  # type: ignore[attr-defined]


async def test_what_nothing_hangs_from_is_retired_without_a_policy(company: Company) -> None:
    top = await company.objective("Top")
    kr = await company.kr_of(top)
    await company.when(RetireKR(id=kr))
    company.then((KRRetired, {}))
    await company.when(RetireKR(id=kr))
    company.refused("RETIRED id")
    await company.when(RetireObjective(id=top))
    company.then((ObjectiveRetired, {}))
    await company.when(RetireObjective(id=top))
    company.refused("RETIRED id")


async def test_detached_children_stay_as_they_are(company: Company) -> None:
    kr = await company.kr("Grow")
    delegate = await company.delegated(kr)
    await company.when(RetireKR(id=kr, child=DETACH))
    company.then((KRRetired, {}))
    assert company.state(delegate).delegated_from == kr


async def test_retiring_takes_the_whole_branch_below(company: Company) -> None:
    kr = await company.kr("Grow")
    one = await company.delegated(kr)
    two = await company.delegated(await company.kr_of(one), owner=company.ana)
    three = await company.objective("Three", owner=company.ana)
    await company.aligned(three, two)
    await company.when(RetireKR(id=kr, child=RETIRE))
    company.then((KRRetired, {}), (ObjectiveRetired, {}), (ObjectiveRetired, {}), (ObjectiveRetired, {}))
    assert {company.state(o).state for o in (one, two, three)} == {RETIRED}


@pytest.mark.parametrize(
    ("approach", "served"),
    [(Approach.TIGHT, "key result above"), (Approach.LOOSE, "above"), (Approach.MIXED, "key result above")],
)
async def test_realigned_children_serve_what_the_ended_parent_served(approach: Approach, served: str) -> None:
    company = await Company().founded(approach)
    above, middle = await company.objective("Above"), await company.objective("Middle")
    kr_above, kr = await company.kr_of(above), await company.kr_of(middle)
    low = await company.objective("Low", owner=company.vp)
    loose = approach is Approach.LOOSE
    await company.aligned(middle, above if loose else kr_above)
    await company.aligned(low, middle if loose else kr)
    await company.when(RetireObjective(id=middle, children=REALIGN))
    target = {"above": above, "key result above": kr_above}[served]
    company.then((ObjectiveRetired, {}), (ObjectiveUnaligned, {}), (ObjectiveAligned, {"target_id": target}))
    assert company.serves(low) == {target}


async def test_children_of_a_retired_key_result_serve_its_objective_where_the_cycle_takes_that(
    company: Company,
) -> None:
    top = await company.objective("Top")
    kr = await company.kr_of(top)
    delegate = await company.delegated(kr)
    await company.when(RetireKR(id=kr, child=REALIGN))
    company.then((KRRetired, {}), (ObjectiveAligned, {"target_id": top, "contributes": True}))
    assert company.serves(delegate) == {top}


async def test_children_of_a_top_that_serves_nothing_are_left_unaligned(company: Company) -> None:
    top, low = await company.objective("Top"), await company.objective("Low")
    await company.aligned(low, top)
    await company.when(RetireObjective(id=top, children=REALIGN))
    company.then((ObjectiveRetired, {}), (ObjectiveUnaligned, {"target_id": top}))


@pytest.mark.parametrize("end", [CloseCycle, BeginClosingCycle])
async def test_a_child_in_a_cycle_that_takes_no_changes_is_left_as_it_is(company: Company, end: type) -> None:
    kr = await company.kr("Grow", cycle=company.year)
    delegate = await company.delegated(kr, cycle=company.q1)
    await company.given(end(id=company.q1))
    await company.when(RetireKR(id=kr, child=RETIRE))
    company.then((KRRetired, {}))
    assert company.state(delegate).state is ObjectiveState.ACTIVE


async def test_more_than_500_things_go_in_steps(company: Company) -> None:
    top = await company.objective("Top")
    low = CreateObjective(
        cycle_id=company.q1, owner_id=company.vp, title="Low", align_to=(LinkTarget(TargetKind.OBJECTIVE, top),)
    )
    await company.given(CreateObjectives(items=(low,) * 500))
    await company.when(RetireObjective(id=top, children=RETIRE))
    company.refused("TOO_MANY_AFFECTED")
    await company.when(RetireObjective(id=top, children=REALIGN))
    company.refused("TOO_MANY_AFFECTED")
    await company.when(RetireObjective(id=top, children=DETACH))
    company.then((ObjectiveRetired, {}))


async def test_a_dropped_delegate_is_replaced_by_a_new_one(company: Company) -> None:
    kr = await company.kr("Grow")
    first = await company.delegated(kr)
    await company.given(RetireObjective(id=first))
    await company.when(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=company.ana)))
    company.then((ObjectiveCreated, {}), (DelegationAccepted, {}), (KRDelegated, {}))
    await company.when(RestoreObjective(id=first))
    company.then((ObjectiveRestored, {}))
    assert company.state(kr).delegated_to != first


async def test_replacing_a_delegate_never_writes_into_its_closed_cycle(company: Company) -> None:
    kr = await company.kr("Grow", cycle=company.year)
    first = await company.delegated(kr, cycle=company.q1)
    version = company.state(first).version
    q2 = await company.cycle("Q2", Q2, parent=company.year)
    await company.given(CloseCycle(id=company.q1))
    await company.when(UndelegateKR(key_result_id=kr, child=RETIRE))
    company.then((KRUndelegated, {"objective_id": first}))
    await company.delegated(kr, cycle=q2)
    assert company.state(first).version == version


@pytest.mark.parametrize(
    ("approach", "policy", "events"),
    [
        (Approach.MIXED, DETACH, [KRUndelegated]),
        (Approach.MIXED, REALIGN, [KRUndelegated, ObjectiveAligned]),
        (Approach.TIGHT, REALIGN, [KRUndelegated, ObjectiveAligned]),
        (Approach.MIXED, RETIRE, [KRUndelegated, ObjectiveRetired]),
    ],
)
async def test_a_delegation_is_taken_back(approach: Approach, policy: ChildPolicy, events: list[type]) -> None:
    company = await Company().founded(approach)
    top = await company.objective("Top")
    kr = await company.kr_of(top)
    delegate = await company.delegated(kr)
    await company.when(UndelegateKR(key_result_id=kr, reason="The VP left"))
    company.refused("CHILD_POLICY_REQUIRED child")
    await company.when(UndelegateKR(key_result_id=kr, reason="The VP left", child=policy))
    assert [type(event) for event in company.new_events] == events
    assert {e.envelope.reason.text for e in company.new_events} == {"The VP left"}  # type: ignore[union-attr]
    if policy is REALIGN:
        assert company.serves(delegate) == {kr if approach is Approach.TIGHT else top}
    await company.when(UndelegateKR(key_result_id=kr, child=policy))
    company.refused("NOT_DELEGATED keyResultId")


async def test_a_delegation_goes_elsewhere_in_one_commit(company: Company) -> None:
    kr = await company.kr("Grow")
    to = Delegation(to_owner_id=company.ana)
    await company.when(ReassignKR(key_result_id=kr, to=to, child=RETIRE))
    company.refused("NOT_DELEGATED keyResultId")
    first = await company.delegated(kr)
    await company.when(ReassignKR(key_result_id=kr, to=to))
    company.refused("CHILD_POLICY_REQUIRED child")
    await company.when(ReassignKR(key_result_id=kr, to=to, child=RETIRE))
    company.then(
        (ObjectiveCreated, {"owner_id": company.ana}),
        (DelegationAccepted, {}),
        (KRUndelegated, {"objective_id": first}),
        (KRDelegated, {}),
        (ObjectiveRetired, {}),
    )


async def test_a_delegation_does_not_go_where_it_is(company: Company) -> None:
    kr = await company.kr("Grow")
    to = Delegation(to_objective_id=await company.delegated(kr))
    await company.when(ReassignKR(key_result_id=kr, to=to, child=DETACH))
    company.refused("ALREADY_DELEGATED to.objectiveId")


async def test_a_delegation_goes_to_a_standing_objective(company: Company) -> None:
    kr, other = await company.kr("Grow"), await company.kr("Other")
    first, second = await company.delegated(kr), await company.delegated(other)
    await company.when(ReassignKR(key_result_id=kr, to=Delegation(to_objective_id=second), child=DETACH))
    company.refused("OBJECTIVE_ALREADY_DELEGATED to.objectiveId")
    free = await company.objective("Free", owner=company.vp)
    await company.when(ReassignKR(key_result_id=kr, to=Delegation(to_objective_id=free), child=DETACH))
    company.then(
        (KRUndelegated, {"objective_id": first}), (KRDelegated, {"objective_id": free}), (DelegationAccepted, {})
    )


@pytest.mark.parametrize("what", ["key result", "objective"])
async def test_what_is_restored_does_not_bring_a_second_delegation_back(company: Company, what: str) -> None:
    top = await company.objective("Top")
    one, two = await company.kr_of(top), await company.kr("Two")
    delegate = await company.delegated(one)
    retired, restore = (one, RestoreKR) if what == "key result" else (top, RestoreObjective)
    if what == "key result":
        await company.given(RetireKR(id=one, child=DETACH))
    else:
        await company.given(RetireObjective(id=top, children=DETACH))
    await company.given(DelegateKR(key_result_id=two, to=Delegation(to_objective_id=delegate)))
    await company.given(restore(id=retired))
    assert company.state(one).delegated_to is None
    assert company.state(two).delegated_to == delegate


async def test_restoring_brings_the_delegation_back(company: Company) -> None:
    kr = await company.kr("Grow")
    delegate = await company.delegated(kr)
    await company.given(RetireKR(id=kr, child=DETACH))
    await company.when(RestoreKR(id=kr))
    company.then((KRRestored, {}))
    assert company.state(kr).delegated_to == delegate
    await company.when(RestoreKR(id=kr))
    company.refused("NOT_RETIRED id")


async def test_a_key_result_of_a_retired_objective_is_not_touched(company: Company) -> None:
    top = await company.objective("Top")
    kr = await company.kr_of(top)
    await company.given(RetireObjective(id=top))
    for command in (EditKR(id=kr, title="X"), RetireKR(id=kr), RetargetKR(id=kr)):
        await company.when(command)
        company.refused("RETIRED id")
    await company.when(AddKR(objective_id=top, kr=NewKR(title="X", metric=company.state(kr).metric)))
    company.refused("RETIRED objectiveId")
    await company.when(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=company.vp)))
    company.refused("RETIRED keyResultId")


async def test_a_draft_stays_a_draft_when_it_is_restored(company: Company) -> None:
    draft = await company.given(CreateObjective(cycle_id=company.q1, owner_id=company.ceo, title="Perhaps", draft=True))
    await company.given(RetireObjective(id=draft))
    await company.when(ActivateObjective(id=draft))
    company.refused("RETIRED id")
    await company.given(RestoreObjective(id=draft))
    assert company.state(draft).state is ObjectiveState.DRAFT
    await company.when(ActivateObjective(id=draft))
    company.then((ObjectiveActivated, {}))
    await company.when(ActivateObjective(id=draft))
    company.refused("NOT_A_DRAFT id")
    await company.when(RestoreObjective(id=draft))
    company.refused("NOT_RETIRED id")


async def test_what_serves_it_is_taken_back_once(company: Company) -> None:
    top, low = await company.objective("Top"), await company.objective("Low")
    await company.aligned(low, top)
    unalign = UnalignObjective(objective_id=low, from_=LinkTarget(TargetKind.OBJECTIVE, top))
    await company.when(unalign)
    company.then((ObjectiveUnaligned, {"target_id": top}))
    await company.when(unalign)
    company.refused("NOT_ALIGNED from")
    await company.given(RetireObjective(id=low))
    await company.when(unalign)
    company.refused("RETIRED objectiveId")


async def test_nothing_serves_what_is_retired(company: Company) -> None:
    top, low = await company.objective("Top"), await company.objective("Low")
    kr = await company.kr_of(top)
    await company.given(RetireKR(id=kr))
    await company.when(AlignObjective(objective_id=low, to=LinkTarget(TargetKind.KEY_RESULT, kr)))
    company.refused("RETIRED to")
    await company.given(RetireObjective(id=top))
    await company.when(AlignObjective(objective_id=low, to=LinkTarget(TargetKind.OBJECTIVE, top)))
    company.refused("RETIRED to")


async def test_a_parent_that_changes_does_not_rewrite_its_child(company: Company) -> None:
    kr = await company.kr("Grow revenue")
    delegate = await company.delegated(kr)
    await company.when(EditKR(id=kr, title="Grow profit"))
    company.then((KRRetitled, {"title": "Grow profit"}))
    await company.when(RetargetKR(id=kr, target=company.state(kr).metric.target * 2))
    company.then((KRRetargeted, {}))
    assert company.state(delegate).title.text == "Grow revenue"
    await company.when(EditObjective(id=delegate, title="Grow revenue"))
    company.unchanged()
