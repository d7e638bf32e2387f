"""RegisterOwner: who there is in the organisation."""

from uuid import uuid4

from examples import Company
from okr_api.commands.owners import RegisterOwner
from okr_api.domain.events import ExternalRefTaken, OwnerRegistered
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
