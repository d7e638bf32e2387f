"""Objectives change: what they say, whom they serve, how they end, and how they go on."""

from typing import Any

from api.serving import Company

SHOWN = """
  id version title description externalRef visibility state commitment owner { id }
  alignments { target { ... on Objective { id } } } keyResults { id title retired }
"""
GOES_ON = """
  cycle { id } continuesFrom { id continuesFrom { id } } goesOn: keyResults { title continuesFrom { id } }
"""


def above_and_below(company: Company) -> tuple[Any, Any]:
    above = company.objective("Above")
    return above, company.objective("Below", ownerId=company.ana, alignTo=[{"objectiveId": above["id"]}])


def test_an_edit_changes_what_it_mentions_and_null_clears(company: Company) -> None:
    objective = company.objective(description="More", externalRef=company.name)["id"]
    changed = company.api.made(
        "editObjective", "objective", SHOWN, id=objective, title="Grow more", commitment="COMMITTED", visibility="LINE"
    )
    assert (changed["title"], changed["description"], changed["commitment"], changed["visibility"]) == (
        "Grow more",
        "More",
        "COMMITTED",
        "LINE",
    )
    cleared = company.api.made(
        "editObjective", "objective", SHOWN, id=objective, description=None, externalRef=None, ownerId=company.ana
    )
    assert (cleared["title"], cleared["description"], cleared["externalRef"]) == ("Grow more", None, None)
    assert cleared["owner"] == {"id": company.ana}
    refused = company.api.refused("editObjective", id=objective, title=None, ownerId=None)
    assert refused == ["VALUE_REQUIRED title", "VALUE_REQUIRED ownerId"]
    assert company.api.refused("editObjective", id=objective, title="") == ["TEXT_EMPTY title"]


def test_an_edit_that_says_what_stands_writes_nothing(company: Company) -> None:
    objective = company.objective("Same")["id"]
    answer = company.api.do("editObjective", "objective { id title version }", id=objective, title="Same")
    assert answer["objective"] == {"id": objective, "title": "Same", "version": 1}
    assert (answer["position"], answer["userErrors"]) == (None, [])


def test_a_draft_is_activated_once(company: Company) -> None:
    draft = company.objective(draft=True)["id"]
    assert company.api.made("activateObjective", "objective", SHOWN, id=draft)["state"] == "ACTIVE"
    assert company.api.refused("activateObjective", id=draft) == ["NOT_A_DRAFT id"]


def test_an_objective_is_retired_with_a_word_about_what_hangs_below_and_restored(company: Company) -> None:
    above, below = above_and_below(company)
    asked = {"id": above["id"], "reason": "Dropped"}
    refused = company.api.do("retireObjective", "__typename", **asked)["userErrors"]
    assert [(e["code"], e["path"], e["params"]) for e in refused] == [
        ("CHILD_POLICY_REQUIRED", ["input", "children"], {"objectives": 1})
    ]
    retired = company.api.made("retireObjective", "objective", SHOWN + "outcome", **asked, children="DETACH")
    assert (retired["state"], retired["outcome"]) == ("RETIRED", "DROPPED")
    query = "query($id: ID!) { objective(id: $id) { state lineOfSight { __typename } } }"
    assert company.api.ask(query, id=below["id"])["objective"] == {"state": "ACTIVE", "lineOfSight": []}
    restored = company.api.made("restoreObjective", "objective", SHOWN, id=above["id"], reason="Needed after all")
    assert restored["state"] == "ACTIVE"
    assert company.api.refused("restoreObjective", id=above["id"], reason="Again") == ["NOT_RETIRED id"]


def test_an_objective_serves_another_no_longer(company: Company) -> None:
    above, below = above_and_below(company)
    asked: dict[str, Any] = {"objectiveId": below["id"], "from": {"objectiveId": above["id"]}}
    assert company.api.made("unalignObjective", "objective", SHOWN, **asked)["alignments"] == []
    (code,) = company.api.refused("unalignObjective", **asked)
    assert code.split()[0] == "NOT_ALIGNED"


def test_an_objective_goes_on_in_another_cycle(company: Company) -> None:
    old, next_cycle = company.objective("Grow", externalRef=company.name), company.open_cycle()
    asked = {"id": old["id"], "toCycleId": next_cycle, "reason": "Not done"}
    new = company.api.made("carryOverObjective", "objective", SHOWN + GOES_ON, **asked)
    assert new["id"] != old["id"]
    assert (new["title"], new["externalRef"], new["cycle"]) == ("Grow", company.name, {"id": next_cycle})
    assert new["continuesFrom"] == {"id": old["id"], "continuesFrom": None}
    (kr,) = new["goesOn"]
    assert kr == {"title": "Revenue", "continuesFrom": old["keyResults"][0]}
    found = company.api.ask("query($ref: String) { objective(externalRef: $ref) { id } }", ref=company.name)
    assert found["objective"] == {"id": new["id"]}
    again = company.api.do("carryOverObjective", "objective { id }", **asked)
    assert (again["objective"], again["position"]) == ({"id": new["id"]}, None)
    assert company.api.refused("carryOverObjective", **asked | {"keyResultIds": ["x"]}) == []
    other = {"id": company.objective()["id"], "toCycleId": next_cycle, "keyResultIds": ["x"]}
    assert company.api.refused("carryOverObjective", **other) == ["NOT_FOUND keyResultIds.0"]
