"""External references: one live holder of a kind, freed by retirement, moved by carry-over, edited away."""

import pytest

from examples import Q2, REVENUE, Company
from okr_api.commands.carry_over import CarryOverObjective
from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn
from okr_api.commands.cycles import CloseCycle
from okr_api.commands.key_results import AddKR, EditKR, NewKR, RestoreKR, RetireKR
from okr_api.commands.objectives import (
    CreateObjective,
    CreateObjectives,
    EditObjective,
    RestoreObjective,
    RetireObjective,
)
from okr_api.commands.owners import DeactivateOwner, EditOwner, RegisterOwner
from okr_api.domain.events import (
    ExternalRefMoved,
    ExternalRefTaken,
    KRAdded,
    KRReferenceChanged,
    ObjectiveReferenceChanged,
    OwnerReferenceChanged,
)
from okr_api.domain.external_ref import ExternalRef
from okr_api.domain.values import OwnerLevel


def new(ref: str) -> NewKR:
    return NewKR(title="KR", metric=REVENUE, external_ref=ref)


def holder(company: Company, kind: str, ref: str) -> object:
    return company.state(ExternalRef.id_of(kind, ref)).holder_id


async def test_a_reference_is_unique_for_each_kind(company: Company) -> None:
    one = CreateObjective(cycle_id=company.q1, owner_id=company.ceo, title="O", external_ref="x")
    objective = await company.given(one)
    await company.when(one)
    company.refused("EXTERNAL_REF_TAKEN externalRef")
    await company.when(AddKR(objective_id=objective, kr=new("x")))
    company.then((KRAdded, {}), (ExternalRefTaken, {"kind": "KeyResult"}))
    await company.when(AddKR(objective_id=objective, kr=new("x")))
    company.refused("EXTERNAL_REF_TAKEN kr.externalRef")


async def test_two_of_one_commit_do_not_share_a_reference(company: Company) -> None:
    one = CreateObjective(cycle_id=company.q1, owner_id=company.ceo, title="O", external_ref="x")
    await company.when(CreateObjectives(items=(one, one)))
    company.refused("EXTERNAL_REF_TAKEN items.1.externalRef")
    bad = NewKR(title="", metric=REVENUE, external_ref="y")
    await company.when(
        CreateObjective(cycle_id=company.q1, owner_id=company.ceo, title="O", key_results=(bad, new("y")))
    )
    company.refused("TEXT_EMPTY keyResults.0.title", "EXTERNAL_REF_TAKEN keyResults.1.externalRef")


async def test_retirement_frees_a_reference(company: Company) -> None:
    top = await company.objective("Top")
    kr = await company.given(AddKR(objective_id=top, kr=new("x")))
    await company.given(RetireKR(id=kr))
    await company.when(AddKR(objective_id=top, kr=new("x")))
    other = company.new_events[0].originator_id
    company.then((KRAdded, {}), (ExternalRefMoved, {"holder_id": other}))
    await company.when(RestoreKR(id=kr))
    company.refused("EXTERNAL_REF_TAKEN externalRef")
    await company.given(RetireKR(id=other))
    await company.given(RestoreKR(id=kr))
    assert holder(company, "KeyResult", "x") == kr


async def test_the_key_results_of_a_retired_objective_free_theirs_too(company: Company) -> None:
    top = await company.objective("Top")
    await company.given(AddKR(objective_id=top, kr=new("x")))
    await company.given(RetireObjective(id=top))
    other = await company.given(AddKR(objective_id=await company.objective("Other"), kr=new("x")))
    await company.when(RestoreObjective(id=top))
    company.refused("EXTERNAL_REF_TAKEN externalRef")
    await company.given(EditKR(id=other, external_ref="y"))
    await company.given(RestoreObjective(id=top))
    assert holder(company, "KeyResult", "x") != other


async def test_a_reference_is_edited_away(company: Company) -> None:
    top = await company.objective("Top")
    kr = await company.given(AddKR(objective_id=top, kr=new("x")))
    await company.when(EditKR(id=kr, external_ref="y"))
    assert {type(e) for e in company.new_events} == {KRReferenceChanged, ExternalRefMoved, ExternalRefTaken}
    await company.when(RecordCheckIn(key_result=KeyResultRef(external_ref="x"), value=REVENUE.target))  # type: ignore[arg-type]
    company.refused("NOT_FOUND keyResult.externalRef")
    await company.when(EditKR(id=kr, external_ref="y"))
    company.unchanged()
    await company.when(EditKR(id=kr, external_ref=None))
    company.then((KRReferenceChanged, {"external_ref": None}), (ExternalRefMoved, {"holder_id": None}))
    await company.when(EditObjective(id=top, external_ref="x"))
    company.then((ExternalRefTaken, {}), (ObjectiveReferenceChanged, {"external_ref": "x"}))
    await company.when(EditObjective(id=top, external_ref=" "))
    company.refused("TEXT_EMPTY externalRef")


async def test_an_owner_who_left_frees_theirs(company: Company) -> None:
    await company.given(EditOwner(id=company.ana, external_ref="hr-1"))
    register = RegisterOwner(name="Bob", level=OwnerLevel.INDIVIDUAL, external_ref="hr-1")
    await company.when(register)
    company.refused("EXTERNAL_REF_TAKEN externalRef")
    await company.given(DeactivateOwner(id=company.ana))
    bob = await company.given(register)
    assert holder(company, "Owner", "hr-1") == bob
    await company.when(EditOwner(id=company.ana, external_ref=None))
    company.then((OwnerReferenceChanged, {}))
    assert holder(company, "Owner", "hr-1") == bob


@pytest.mark.parametrize("closed", [False, True])
async def test_carry_over_moves_references_even_out_of_a_closed_cycle(company: Company, closed: bool) -> None:
    old = await company.given(
        CreateObjective(cycle_id=company.q1, owner_id=company.ceo, title="O", external_ref="o", key_results=(new("k"),))
    )
    q2 = await company.cycle("Q2", Q2, parent=company.year)
    if closed:
        await company.given(CloseCycle(id=company.q1))
    carried = await company.given(CarryOverObjective(id=old, to_cycle_id=q2))
    assert holder(company, "Objective", "o") == carried
    assert company.state(holder(company, "KeyResult", "k")).objective_id == carried  # type: ignore[arg-type]
    assert company.state(carried).external_ref == "o"


async def test_what_left_already_is_not_carried_again(company: Company) -> None:
    old = await company.given(
        CreateObjective(cycle_id=company.q1, owner_id=company.ceo, title="O", external_ref="o", key_results=(new("k"),))
    )
    q2 = await company.cycle("Q2", Q2, parent=company.year)
    first = await company.given(CarryOverObjective(id=old, to_cycle_id=q2))
    second = await company.given(CarryOverObjective(id=old, to_cycle_id=company.year))
    assert holder(company, "Objective", "o") == first
    assert company.state(second).external_ref is None
