"""Events in, rows of owners out."""

from okr_api.domain.events import OwnerRegistered
from okr_api.domain.values import OwnerLevel
from read_models.facts import project, rows
from read_models.history import ANA, START, History, named, said


async def test_a_registered_owner_stands_from_its_commit_on(database: str, history: History) -> None:
    lead = named("Bob")
    history.commit(said(OwnerRegistered, ANA, level=OwnerLevel.TEAM, lead_id=lead, external_ref="hr-1"))
    await project(database)
    (owner,) = await rows(database, "owners")
    created_at = owner["created_at"]
    assert owner == {
        "owner_id": ANA,
        "version": 1,
        "name": "Ana's team",
        "level": "TEAM",
        "parent_id": None,
        "lead_id": lead,
        "external_ref": "hr-1",
        "active": True,
        "created_at": created_at,
        "updated_at": created_at,
        "created_position": 1,
        "valid_from": 1,
        "valid_to": None,
    }
    assert created_at > START


async def test_the_name_of_a_person_is_no_fact(database: str, history: History) -> None:
    history.commit(said(OwnerRegistered, ANA, level=OwnerLevel.INDIVIDUAL, name=None))
    await project(database)
    (owner,) = await rows(database, "owners")
    assert owner["name"] is None
