"""Owners change: they are renamed, move, leave, hand over what they had, and are forgotten."""

import pytest

from api.serving import Company

SHOWN = "id version name active externalRef parent { id } lead { id }"


@pytest.fixture
def bob(company: Company) -> str:
    owner: str = company.api.made(
        "registerOwner",
        "owner",
        name="Bob",
        level="INDIVIDUAL",
        parentId=company.ceo,
        externalRef=f"bob {company.name}",
    )["id"]
    return owner


def test_an_edit_changes_what_it_mentions_and_null_clears(company: Company, bob: str) -> None:
    changed = company.api.made("editOwner", "owner", SHOWN, id=bob, name="Bobby", leadId=company.ana)
    assert (changed["name"], changed["lead"], changed["externalRef"]) == (
        "Bobby",
        {"id": company.ana},
        f"bob {company.name}",
    )
    cleared = company.api.made("editOwner", "owner", SHOWN, id=bob, leadId=None, externalRef=None, subject=None)
    assert (cleared["name"], cleared["lead"], cleared["externalRef"]) == ("Bobby", None, None)
    assert company.api.refused("editOwner", id=bob, name=None) == ["VALUE_REQUIRED name"]
    assert company.api.refused("editOwner", id=bob, leadId="x") == ["NOT_FOUND leadId"]


def test_an_edit_that_changes_nothing_answers_with_what_stands(company: Company, bob: str) -> None:
    answer = company.api.do("editOwner", "owner { id version }", id=bob)
    assert (answer["owner"]["id"], answer["position"], answer["userErrors"]) == (bob, None, [])


def test_an_owner_moves(company: Company, bob: str) -> None:
    moved = company.api.made("moveOwner", "owner", SHOWN, id=bob, parentId=company.ana)
    assert moved["parent"] == {"id": company.ana}
    kept = company.api.made("moveOwner", "owner", SHOWN, id=bob)
    assert kept["parent"] == {"id": company.ana}
    assert company.api.refused("moveOwner", id=company.ana, parentId=bob) == ["WOULD_CREATE_LOOP parentId"]
    assert company.api.made("moveOwner", "owner", SHOWN, id=bob, parentId=None)["parent"] is None


def test_an_owner_leaves(company: Company, bob: str) -> None:
    left = company.api.made("deactivateOwner", "owner", SHOWN, id=bob, reason="New job", expectedVersion=1)
    assert (left["active"], left["version"]) == (False, 2)
    given = {"cycleId": company.cycle, "ownerId": bob, "title": "Grow"}
    assert company.api.refused("createObjective", **given) == ["OWNER_INACTIVE ownerId"]
    assert company.api.refused("deactivateOwner", id="x", reason="New job") == ["NOT_FOUND id"]


def test_what_an_owner_has_goes_to_another(company: Company, bob: str) -> None:
    objective = company.objective(ownerId=bob)
    given = {"fromOwnerId": bob, "toOwnerId": company.ana, "cycleId": company.cycle, "reason": "Bob left"}
    keyed = given | {"idempotencyKey": f"{company.name}/transfer"}
    first = company.api.do("transferOwnership", "transferred", **keyed)
    assert (first["transferred"], first["userErrors"]) == (2, [])
    assert first["position"] is not None
    query = "query($id: ID!) { objective(id: $id) { owner { id } keyResults { accountable { id } } } }"
    found = company.api.ask(query, id=objective["id"])["objective"]
    assert found == {"owner": {"id": company.ana}, "keyResults": [{"accountable": {"id": company.ana}}]}
    assert company.api.do("transferOwnership", "transferred", **keyed) == first
    again = company.api.do("transferOwnership", "transferred", **given)
    assert (again["transferred"], again["position"]) == (0, None)
    assert company.api.refused("transferOwnership", **given | {"toOwnerId": "x"}) == ["NOT_FOUND toOwnerId"]


def test_a_person_is_forgotten(company: Company, bob: str) -> None:
    erased = company.api.made("erasePerson", "owner", "id name", ownerId=bob, reason="Asked for it")
    assert erased == {"id": bob, "name": "erased person"}
    assert company.api.refused("erasePerson", ownerId=company.ceo, reason="No") == ["NOT_A_PERSON ownerId"]
