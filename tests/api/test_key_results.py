"""Key results change: what they say, their numbers, where they stand, who does them, and how they end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.serving import Company

SHOWN = """
  id version title weight dueOn checkInEveryDays externalRef retired disposition accountable { id } responsible { id }
  metric { kind start target limit } delegatedTo { id } objective { id } current
"""


@pytest.fixture
def kr(company: Company) -> str:
    return company.key_result()


def read(company: Company, kr: str, shown: str) -> dict[str, Any]:
    found: dict[str, Any] = company.api.ask(f"query($id: ID!) {{ keyResult(id: $id) {{ {shown} }} }}", id=kr)
    return dict(found["keyResult"])


def test_an_edit_changes_what_it_mentions_and_null_clears(company: Company, kr: str) -> None:
    changed = company.api.made(
        "editKR", "keyResult", SHOWN, id=kr, title="Sales", weight="2.5", dueOn="2026-06-30", externalRef=company.name
    )
    assert (changed["title"], changed["weight"], changed["dueOn"]) == ("Sales", "2.5", "2026-06-30")
    cleared = company.api.made(
        "editKR", "keyResult", SHOWN, id=kr, dueOn=None, externalRef=None, ownerId=company.ana, checkInEveryDays=14
    )
    assert (cleared["dueOn"], cleared["externalRef"], cleared["checkInEveryDays"]) == (None, None, 14)
    assert (cleared["title"], cleared["accountable"]) == ("Sales", {"id": company.ana})
    answer = company.api.do("editKR", "keyResult { id }", id=kr, title="Sales")
    assert (answer["keyResult"], answer["position"]) == ({"id": kr}, None)
    refused = company.api.refused("editKR", id=kr, title=None, weight=None)
    assert refused == ["VALUE_REQUIRED title", "VALUE_REQUIRED weight"]
    assert company.api.refused("editKR", id=kr, dueOn="2030-01-01") == ["DUE_OUTSIDE_CYCLE dueOn"]


def test_new_numbers_keep_those_that_are_absent(company: Company, kr: str) -> None:
    changed = company.api.made("retargetKR", "keyResult", SHOWN, id=kr, target=20, reason="Too easy")
    assert changed["metric"] == {"kind": "INCREASE", "start": "0", "target": "20", "limit": None}
    shown = "targets { metric { target } since until reason actor { name } }"
    first, now = read(company, kr, shown)["targets"]
    assert (first["metric"], first["reason"], first["until"]) == ({"target": "10"}, None, now["since"])
    assert now | {"since": ""} == {
        "metric": {"target": "20"},
        "since": "",
        "until": None,
        "reason": "Too easy",
        "actor": {"name": "Development"},
    }
    assert company.api.refused("retargetKR", id=kr, target="-1", reason="Down") == ["METRIC_DIRECTION target"]
    assert company.api.refused("retargetKR", id=kr, target=None, reason="None") == ["VALUE_REQUIRED target"]


def test_it_moves_with_its_check_ins(company: Company, kr: str) -> None:
    company.api.made("recordCheckIn", "checkIn", keyResult={"id": kr}, value="4")
    other = company.objective("Other", keyResults=[])["id"]
    moved = company.api.made("moveKR", "keyResult", SHOWN, id=kr, toObjectiveId=other)
    assert (moved["objective"], moved["current"]) == ({"id": other}, "4")
    assert company.api.refused("moveKR", id=kr, toObjectiveId="x") == ["NOT_FOUND toObjectiveId"]


def test_it_is_given_up_and_comes_back(company: Company, kr: str) -> None:
    company.objective("Below", ownerId=company.ana, alignTo=[{"keyResultId": kr}])
    assert company.api.refused("retireKR", id=kr, reason="Dropped") == ["CHILD_POLICY_REQUIRED child"]
    assert company.api.made("retireKR", "keyResult", SHOWN, id=kr, reason="Dropped", child="RETIRE")["retired"] is True
    assert company.api.refused("retireKR", id=kr, reason="Again") == ["RETIRED id"]
    assert company.api.made("restoreKR", "keyResult", SHOWN, id=kr, reason="Needed")["retired"] is False
    assert company.api.refused("restoreKR", id=kr, reason="Again") == ["NOT_RETIRED id"]


def test_it_is_scored(company: Company, kr: str) -> None:
    assert company.api.made("scoreKR", "keyResult", "score version", id=kr, score="0.70") == {
        "score": "0.7",
        "version": 2,
    }
    assert company.api.refused("scoreKR", id=kr, score="1.1") == ["OUT_OF_RANGE score"]
    assert read(company, kr, "objective { score outcome }")["objective"] == {"score": "0.7", "outcome": None}
    company.api.made("closeCycle", "cycle", id=company.cycle)
    assert read(company, kr, "objective { score outcome }")["objective"] == {"score": "0.7", "outcome": "ACHIEVED"}


def test_a_delegation_is_taken_back(company: Company, kr: str) -> None:
    delegate = company.api.made("delegateKR", "objective", keyResultId=kr, to={"ownerId": company.ana})["id"]
    asked: dict[str, Any] = {"keyResultId": kr, "reason": "She left"}
    assert company.api.refused("undelegateKR", **asked) == ["CHILD_POLICY_REQUIRED child"]
    shown = f"keyResult {{ {SHOWN} }} objective {{ id state delegatedFrom {{ id }} }}"
    payload = company.api.do("undelegateKR", shown, **asked, child="DETACH")
    assert payload["userErrors"] == []
    assert (payload["keyResult"]["disposition"], payload["keyResult"]["responsible"]) == ("OWNED", {"id": company.ceo})
    assert payload["objective"] == {"id": delegate, "state": "ACTIVE", "delegatedFrom": None}
    assert [code.split()[0] for code in company.api.refused("undelegateKR", **asked)] == ["NOT_DELEGATED"]


def test_a_delegation_goes_elsewhere_in_one_commit(company: Company, kr: str) -> None:
    old = company.api.made("delegateKR", "objective", keyResultId=kr, to={"ownerId": company.ana})["id"]
    standing = company.objective("Bob's", ownerId=company.ana)["id"]
    asked: dict[str, Any] = {"keyResultId": kr, "to": {"objectiveId": standing}, "retain": True, "reason": "She left"}
    shown = f"keyResult {{ {SHOWN} }} objective {{ id }}"
    payload = company.api.do("reassignKR", shown, **asked, child="RETIRE")
    assert payload["userErrors"] == []
    assert payload["objective"] == {"id": standing}
    assert (payload["keyResult"]["disposition"], payload["keyResult"]["delegatedTo"]) == ("BOTH", {"id": standing})
    query = "query($id: ID!) { objective(id: $id) { state } }"
    assert company.api.ask(query, id=old)["objective"] == {"state": "RETIRED"}
    assert company.api.refused("reassignKR", **asked) == ["ALREADY_DELEGATED to.objectiveId"]


def test_a_check_in_is_corrected_and_withdrawn_and_stays_readable(company: Company, kr: str) -> None:
    old = company.api.made("recordCheckIn", "checkIn", keyResult={"id": kr}, value="4", confidence="0.5")["id"]
    shown = "id value confidence withdrawn corrects { id value correctedBy { id } } keyResult { current }"
    new = company.api.made("correctCheckIn", "checkIn", shown, checkInId=old, value="5", reason="Typo")
    assert (new["value"], new["confidence"], new["keyResult"]) == ("5", "0.5", {"current": "5"})
    assert new["corrects"] == {"id": old, "value": "4", "correctedBy": {"id": new["id"]}}
    asked = {"checkInId": new["id"], "reason": "Never was"}
    assert company.api.refused("correctCheckIn", **asked, value=None) == ["VALUE_REQUIRED value"]
    assert company.api.refused("correctCheckIn", **asked, value=1, withdraw=True) == ["WITHDRAWN_WITH_VALUES withdraw"]
    withdrawn = company.api.made("correctCheckIn", "checkIn", shown, **asked, withdraw=True)
    assert (withdrawn["id"], withdrawn["withdrawn"], withdrawn["keyResult"]) == (new["id"], True, {"current": None})
    assert company.api.refused("correctCheckIn", checkInId=old, value=6, reason="Late") == [
        "ALREADY_CORRECTED checkInId"
    ]


def test_the_check_in_in_effect_at_a_time_may_be_sent_late(company: Company, kr: str) -> None:
    for value, day in (("4", "10"), ("2", "05")):
        at = f"2026-01-{day}T00:00:00Z"
        company.api.made("recordCheckIn", "checkIn", keyResult={"id": kr}, value=value, effectiveAt=at)
    days = {"a": "04", "b": "05", "c": "09", "d": "10"}
    shown = " ".join(f'{k}: checkInAt(effective: "2026-01-{day}T00:00:00Z") {{ value }}' for k, day in days.items())
    assert read(company, kr, shown) == {"a": None, "b": {"value": "2"}, "c": {"value": "2"}, "d": {"value": "4"}}


def test_it_tells_what_may_be_done_to_it_and_what_good_practice_it_leaves_aside(company: Company, kr: str) -> None:
    shown = "viewerCan advisories { code message } objective { viewerCan advisories { code } owner { viewerCan } }"
    found = read(company, kr, shown)
    assert {"delegateKR", "editKR", "recordCheckIn", "scoreKR"} <= set(found["viewerCan"])
    assert "undelegateKR" not in found["viewerCan"]
    assert "KR_COUNT" in [advisory["code"] for advisory in found["objective"]["advisories"]]
    assert "retireObjective" in found["objective"]["viewerCan"]
    assert "editOwner" in found["objective"]["owner"]["viewerCan"]
    company.api.made("closeCycle", "cycle", id=company.cycle)
    closed = read(company, kr, "viewerCan advisories { code } objective { cycle { viewerCan } }")
    assert closed == {"viewerCan": [], "advisories": [], "objective": {"cycle": {"viewerCan": ["reopenCycle"]}}}


def test_late_in_a_long_cycle_it_tells_what_stands_still_moved_or_has_no_end(company: Company) -> None:
    now = datetime.now(UTC)
    days = {"startsOn": now.date() - timedelta(days=100), "endsOn": now.date() + timedelta(days=30)}
    cycle = company.api.made("createCycle", "cycle", name="Long", **{name: str(day) for name, day in days.items()})[
        "id"
    ]
    company.api.made("openCycle", "cycle", id=cycle)
    kr = company.objective(cycleId=cycle)["keyResults"][0]["id"]
    late = {"STATUS_VS_DATA", "TARGET_CHANGED_LATE", "KR_NO_DUE"}

    def told() -> set[str]:
        return late & {advisory["code"] for advisory in read(company, kr, "advisories { code }")["advisories"]}

    for ago in (29, 1):
        at = (now - timedelta(days=ago)).isoformat()
        asked = {"keyResult": {"id": kr}, "value": "4", "confidence": "0.8", "effectiveAt": at}
        company.api.made("recordCheckIn", "checkIn", **asked)
    assert told() == {"STATUS_VS_DATA", "KR_NO_DUE"}
    company.api.made("retargetKR", "keyResult", id=kr, target="20", reason="The market grew")
    assert told() == late
    company.api.made("recordCheckIn", "checkIn", keyResult={"id": kr}, value="5", confidence="0.8")
    company.api.made("editKR", "keyResult", id=kr, dueOn=str(now.date()))
    assert told() == {"TARGET_CHANGED_LATE"}


def test_a_new_target_is_told_to_the_delegate_too_and_found_by_it(company: Company, kr: str) -> None:
    delegate = company.api.made("delegateKR", "objective", keyResultId=kr, to={"ownerId": company.ana})["id"]
    company.api.made("retargetKR", "keyResult", id=kr, target="20", reason="Too easy")
    both = read(company, kr, "advisories { code } delegatedTo { advisories { code } }")
    for side in (both, both["delegatedTo"]):
        assert "DELEGATION_DRIFT" in [advisory["code"] for advisory in side["advisories"]]
    query = "query($where: ObjectiveWhere) { objectives(where: $where) { nodes { id } } }"
    found = company.api.ask(query, where={"cycleId": company.cycle, "hasAdvisory": "DELEGATION_DRIFT"})
    assert found["objectives"]["nodes"] == [{"id": delegate}]
