"""Cycles change: their dates, and how far they are."""

from api.serving import Company

SHOWN = "id version name startsOn endsOn state checkInEveryDays"


def test_an_edit_changes_what_it_mentions(company: Company) -> None:
    changed = company.api.made("editCycle", "cycle", SHOWN, id=company.cycle, name="FY", endsOn="2026-12-30")
    assert (changed["name"], changed["startsOn"], changed["endsOn"]) == ("FY", "2026-01-01", "2026-12-30")
    answer = company.api.do("editCycle", "cycle { id }", id=company.cycle)
    assert (answer["cycle"], answer["position"]) == ({"id": company.cycle}, None)
    refused = company.api.refused("editCycle", id=company.cycle, name=None, checkInEveryDays=None)
    assert refused == ["VALUE_REQUIRED name", "VALUE_REQUIRED checkInEveryDays"]
    assert company.api.refused("editCycle", id=company.cycle, endsOn="2025-12-31") == ["DATES_REVERSED endsOn"]


def test_a_cycle_closes_in_two_steps_and_is_reopened(company: Company) -> None:
    closing = company.api.made("beginClosingCycle", "cycle", SHOWN, id=company.cycle, reason="Q is over")
    assert (closing["state"], closing["version"]) == ("CLOSING", 3)
    given = {"cycleId": company.cycle, "ownerId": company.ceo, "title": "Late"}
    assert company.api.refused("createObjective", **given) == ["CYCLE_CLOSING cycleId"]
    assert company.api.refused("beginClosingCycle", id=company.cycle) == ["WRONG_CYCLE_STATE id"]
    assert company.api.made("reopenCycle", "cycle", SHOWN, id=company.cycle)["state"] == "OPEN"
    assert company.api.refused("reopenCycle", id=company.cycle) == ["WRONG_CYCLE_STATE id"]
