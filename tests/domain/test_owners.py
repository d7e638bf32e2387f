"""Owners: who there is in the organisation, who moves, who leaves, who is erased."""

from uuid import uuid4

from examples import Company
from okr_api.commands.objectives import EditObjective
from okr_api.commands.owners import DeactivateOwner, EditOwner, ErasePerson, MoveOwner, RegisterOwner
from okr_api.domain.events import (
    ExternalRefMoved,
    ExternalRefTaken,
    OwnerDeactivated,
    OwnerLeadChanged,
    OwnerLoginChanged,
    OwnerMoved,
    OwnerReferenceChanged,
    OwnerRegistered,
    OwnerRenamed,
    PersonErased,
)
from okr_api.domain.values import OwnerLevel


async def test_the_name_of_a_team_is_in_the_log(company: Company) -> None:
    await company.when(RegisterOwner(name="Sales", level=OwnerLevel.TEAM, parent_id=company.vp, lead_id=company.ana))
    company.then((OwnerRegistered, {"name": "Sales", "level": "TEAM", "parent_id": company.vp, "lead_id": company.ana}))


async def test_the_name_and_login_of_a_person_are_not_in_the_log(company: Company) -> None:
    await company.when(RegisterOwner(name="Bob", level=OwnerLevel.INDIVIDUAL, subject="bob@example.org"))
    company.then((OwnerRegistered, {"name": None}))
    assert not any(b"ob" in event.state for event in company.log.stored[-1:])


async def test_everything_wrong_is_told_at_once(company: Company) -> None:
    await company.when(RegisterOwner(name="", level=OwnerLevel.TEAM, parent_id=uuid4(), lead_id=company.q1))
    company.refused("NOT_FOUND parentId", "NOT_FOUND leadId", "TEXT_EMPTY name")


async def test_a_department_does_not_stand_below_a_person(company: Company) -> None:
    await company.when(RegisterOwner(name="Sales", level=OwnerLevel.DEPARTMENT, parent_id=company.ana))
    company.refused("LEVEL_ABOVE_PARENT level")


async def test_an_external_reference_names_one_owner(company: Company) -> None:
    await company.when(RegisterOwner(name="Sales", level=OwnerLevel.TEAM, external_ref="crm-1"))
    owner = company.new_events[0].originator_id
    company.then((OwnerRegistered, {}), (ExternalRefTaken, {"kind": "Owner", "ref": "crm-1", "holder_id": owner}))
    await company.when(RegisterOwner(name="Also sales", level=OwnerLevel.TEAM, external_ref="crm-1"))
    company.refused("EXTERNAL_REF_TAKEN externalRef")
    assert company.problems[0].params == {"holderId": str(owner)}


async def test_each_field_of_an_owner_is_edited_kept_or_cleared(company: Company) -> None:
    await company.when(EditOwner(id=company.vp))
    company.unchanged()
    await company.when(EditOwner(id=company.vp, name="Sales", lead_id=company.ana, external_ref="crm-1"))
    company.then(
        (ExternalRefTaken, {"ref": "crm-1"}),
        (OwnerRenamed, {"name": "Sales"}),
        (OwnerLeadChanged, {"lead_id": company.ana}),
        (OwnerReferenceChanged, {"external_ref": "crm-1"}),
    )
    await company.when(EditOwner(id=company.vp, name="Sales", lead_id=company.ana, external_ref="crm-1"))
    company.unchanged()
    await company.when(EditOwner(id=company.vp, lead_id=None, external_ref=None))
    company.then((OwnerLeadChanged, {"lead_id": None}), (OwnerReferenceChanged, {}), (ExternalRefMoved, {}))


async def test_a_person_has_a_name_and_a_login_beside_the_log_only(company: Company) -> None:
    bob = await company.given(RegisterOwner(name="Robert", level=OwnerLevel.INDIVIDUAL, subject="rob@example.org"))
    await company.when(EditOwner(id=bob, name="Bobby", subject="bobby@example.org"))
    company.then((OwnerRenamed, {"name": None}), (OwnerLoginChanged, {}))
    assert company.log.people[bob] == ("Bobby", "bobby@example.org")
    await company.when(EditOwner(id=bob, subject=None))
    company.then((OwnerLoginChanged, {}))
    assert company.log.people[bob] == ("Bobby", None)
    await company.when(ErasePerson(owner_id=bob))
    company.then((PersonErased, {}))
    assert company.log.people[bob] == (None, None)
    stored = b"".join(event.state for event in company.log.stored)
    assert not [word for word in (b"Robert", b"Bobby", b"example.org") if word in stored]


async def test_only_people_are_erased(company: Company) -> None:
    await company.when(ErasePerson(owner_id=company.vp))
    company.refused("NOT_A_PERSON ownerId")


async def test_a_login_belongs_to_one_owner(company: Company) -> None:
    await company.given(EditOwner(id=company.ana, subject="ana@example.org"))
    await company.when(RegisterOwner(name="Bob", level=OwnerLevel.INDIVIDUAL, subject="ana@example.org"))
    company.refused("SUBJECT_TAKEN subject")
    await company.when(EditOwner(id=company.vp, subject="ana@example.org"))
    company.refused("SUBJECT_TAKEN subject")


async def test_everything_wrong_with_an_edit_is_told_at_once(company: Company) -> None:
    await company.when(EditOwner(id=company.vp, name=" ", lead_id=uuid4(), subject="", external_ref=""))
    company.refused("TEXT_EMPTY name", "NOT_FOUND leadId", "TEXT_EMPTY subject", "TEXT_EMPTY externalRef")


async def test_an_owner_moves_and_never_below_itself(company: Company) -> None:
    one = await company.given(RegisterOwner(name="One", level=OwnerLevel.TEAM, parent_id=company.vp))
    two = await company.given(RegisterOwner(name="Two", level=OwnerLevel.TEAM, parent_id=one))
    await company.when(MoveOwner(id=two, parent_id=None))
    company.then((OwnerMoved, {"parent_id": None}))
    await company.when(MoveOwner(id=two, parent_id=None))
    company.unchanged()
    await company.given(MoveOwner(id=two, parent_id=one))
    for below in (one, two):
        await company.when(MoveOwner(id=one, parent_id=below))
        company.refused("WOULD_CREATE_LOOP parentId")
    await company.when(MoveOwner(id=company.vp, parent_id=two))
    company.refused("LEVEL_ABOVE_PARENT parentId")


async def test_who_left_blocks_nothing_that_stands_and_takes_nothing_new(company: Company) -> None:
    objective = await company.objective("O", owner=company.ana)
    await company.when(DeactivateOwner(id=company.ana))
    company.then((OwnerDeactivated, {}))
    await company.when(DeactivateOwner(id=company.ana))
    company.refused("OWNER_INACTIVE id")
    await company.given(EditObjective(id=objective, title="Still there"))
    await company.when(EditObjective(id=await company.objective("P"), owner_id=company.ana))
    company.refused("OWNER_INACTIVE ownerId")
    await company.when(EditOwner(id=company.vp, lead_id=company.ana))
    company.refused("OWNER_INACTIVE leadId")
    await company.when(MoveOwner(id=company.ana, parent_id=company.ceo))
    company.refused("OWNER_INACTIVE id")
