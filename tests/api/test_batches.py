"""Batches: many check-ins or objectives in one request, each answered for itself, in the order of the input."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.serving import Company

RESULTS = """
  accepted duplicate unchanged rejected
  results { index status checkIn { id value } userErrors { code path } }
"""
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
ATOMIC = {"mode": "ATOMIC"}


@pytest.fixture
def krs(company: Company) -> list[str]:
    metric = {"kind": "INCREASE", "start": "0", "target": "10"}
    new = [{"title": title, "metric": metric, "externalRef": f"{company.name} {title}"} for title in "ABC"]
    return [kr["id"] for kr in company.objective(keyResults=new)["keyResults"]]


def item(company: Company, kr: str, value: Any = 1, key: str = "1", **more: Any) -> dict[str, Any]:
    return {"keyResult": {"id": kr}, "value": value, "idempotencyKey": f"{company.name}/{key}"} | more


def statuses(payload: dict[str, Any]) -> list[str]:
    assert [result["index"] for result in payload["results"]] == list(range(len(payload["results"])))
    counts = [payload[name] for name in ("accepted", "duplicate", "unchanged", "rejected") if name in payload]
    assert len(counts) < 4 or sum(counts) == len(payload["results"])
    return [result["status"] for result in payload["results"]]


def told(payload: dict[str, Any]) -> list[str]:
    return [f"{e['code']} {'.'.join(e['path'][1:])}" for e in payload["userErrors"]]


def send(company: Company, *items: dict[str, Any], **how: Any) -> dict[str, Any]:
    payload: dict[str, Any] = company.api.do("recordCheckIns", RESULTS, items=list(items), **how)
    return payload


@pytest.mark.parametrize("mode", ["BEST_EFFORT", "ATOMIC"])
def test_items_are_answered_in_their_order(company: Company, krs: list[str], mode: str) -> None:
    items = [item(company, kr, value, f"{value}") for value, kr in enumerate(krs)]
    items[1]["keyResult"] = {"externalRef": f"{company.name} B"}
    payload = send(company, *items, mode=mode)
    assert payload["userErrors"] == []
    assert statuses(payload) == ["ACCEPTED"] * 3
    assert [result["checkIn"]["value"] for result in payload["results"]] == ["0", "1", "2"]
    assert int(payload["position"]) == company.api.position()
    again = send(company, *items, mode=mode)
    assert statuses(again) == ["DUPLICATE"] * 3
    assert [r["checkIn"] for r in again["results"]] == [r["checkIn"] for r in payload["results"]]
    other = send(company, *(one | {"value": 9} for one in items), mode=mode)
    assert statuses(other) == ["REJECTED"] * 3
    assert other["results"][2]["userErrors"] == [
        {"code": "IDEMPOTENCY_MISMATCH", "path": ["input", "items", "2", "idempotencyKey"]}
    ]


def test_what_one_way_recorded_the_others_know(company: Company, krs: list[str]) -> None:
    alone = company.api.made("recordCheckIn", "checkIn", "id", **item(company, krs[0]))
    for mode in ("BEST_EFFORT", "ATOMIC"):
        (result,) = send(company, item(company, krs[0], "1.0"), mode=mode)["results"]
        assert (result["status"], result["checkIn"]["id"]) == ("DUPLICATE", alone["id"])


def test_each_for_itself_leaves_out_what_is_wrong(company: Company, krs: list[str]) -> None:
    keyless = item(company, krs[2]) | {"idempotencyKey": None}
    items = [item(company, "x"), item(company, krs[1], key="2"), keyless, item(company, krs[2], key="3", confidence=2)]
    payload = send(company, *items)
    assert statuses(payload) == ["REJECTED", "ACCEPTED", "REJECTED", "REJECTED"]
    assert payload["userErrors"] == []
    assert [told(result) for result in payload["results"]] == [
        ["NOT_FOUND items.0.keyResult.id"],
        [],
        ["VALUE_REQUIRED items.2.idempotencyKey"],
        ["OUT_OF_RANGE items.3.confidence"],
    ]


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ({"keyResult": {"id": "x"}}, "NOT_FOUND items.1.keyResult.id"),
        ({"confidence": 2}, "OUT_OF_RANGE items.1.confidence"),
        ({"idempotencyKey": None}, "VALUE_REQUIRED items.1.idempotencyKey"),
        ({"idempotencyKey": ""}, "TEXT_EMPTY items.1.idempotencyKey"),
        ({"effectiveAt": TOMORROW}, "FUTURE_CHECK_IN items.1.effectiveAt"),
    ],
)
def test_all_or_none_is_none_if_one_is_wrong(
    company: Company, krs: list[str], bad: dict[str, Any], problem: str
) -> None:
    before = company.api.position()
    payload = send(company, item(company, krs[0]), item(company, krs[1], key="2") | bad, **ATOMIC)
    assert told(payload) == [problem]
    assert statuses(payload) == ["REJECTED", "REJECTED"]
    assert [told(result) for result in payload["results"]] == [[], [problem] if ".1." in problem else []]
    assert payload["position"] is None
    assert company.api.position() == before


@pytest.mark.parametrize("mode", ["BEST_EFFORT", "ATOMIC"])
def test_two_items_with_one_key_are_one_check_in(company: Company, krs: list[str], mode: str) -> None:
    twice = [item(company, krs[0], "2.0"), item(company, krs[1], key="2"), item(company, krs[0], 2)]
    payload = send(company, *twice, mode=mode)
    assert statuses(payload) == ["ACCEPTED", "ACCEPTED", "DUPLICATE"]
    assert payload["results"][2]["checkIn"] == payload["results"][0]["checkIn"]


def test_two_inputs_cannot_have_one_key(company: Company, krs: list[str]) -> None:
    items = [item(company, krs[0], 1), item(company, krs[0], 2)]
    assert told(send(company, *items, **ATOMIC)) == ["IDEMPOTENCY_MISMATCH items.1.idempotencyKey"]
    payload = send(company, *items)
    assert statuses(payload) == ["ACCEPTED", "REJECTED"]
    assert told(payload["results"][1]) == ["IDEMPOTENCY_MISMATCH items.1.idempotencyKey"]


@pytest.mark.parametrize("mode", ["BEST_EFFORT", "ATOMIC"])
def test_a_value_that_is_the_current_one_can_be_left_out(company: Company, krs: list[str], mode: str) -> None:
    send(company, item(company, krs[0], 5))
    items = [item(company, krs[0], 5, "2"), item(company, krs[1], 5, "3")]
    payload = send(company, *items, mode=mode, skipUnchanged=True)
    assert statuses(payload) == ["UNCHANGED", "ACCEPTED"]
    assert payload["results"][0]["checkIn"] is None
    assert statuses(send(company, item(company, krs[0], 5, "4"), mode=mode)) == ["ACCEPTED"]


@pytest.mark.parametrize("mode", ["BEST_EFFORT", "ATOMIC"])
def test_of_two_reports_on_one_key_result_the_later_one_counts(company: Company, krs: list[str], mode: str) -> None:
    send(company, *(item(company, krs[0], value, str(value)) for value in range(8)), mode=mode)
    found = company.api.ask("query($id: ID!) { keyResult(id: $id) { current } }", id=krs[0])
    assert found["keyResult"]["current"] == "7"


@pytest.mark.parametrize(("first", "second"), [("ATOMIC", "BEST_EFFORT"), ("BEST_EFFORT", "ATOMIC")])
def test_a_key_means_the_same_check_in_in_either_mode(
    company: Company, krs: list[str], first: str, second: str
) -> None:
    sent = send(company, item(company, krs[0], 1), mode=first)
    again = send(company, item(company, krs[0], 1), mode=second)
    assert (statuses(sent), statuses(again)) == (["ACCEPTED"], ["DUPLICATE"])
    assert again["results"][0]["checkIn"] == sent["results"][0]["checkIn"]
    other = send(company, item(company, krs[0], 2), mode=second)
    assert statuses(other) == ["REJECTED"]


def test_a_batch_has_1_to_1000_items(company: Company, krs: list[str]) -> None:
    assert told(send(company)) == ["TOO_FEW_ITEMS items"]
    payload = send(company, *(item(company, krs[0], key=str(n)) for n in range(1001)))
    assert told(payload) == ["TOO_MANY_ITEMS items"]
    assert (payload["results"], payload["position"]) == ([], None)
    full = send(company, *(item(company, krs[n % 3], n, str(n)) for n in range(1000)), **ATOMIC)
    assert statuses(full) == ["ACCEPTED"] * 1000


OBJECTIVES = "accepted rejected results { index status objective { id title } userErrors { code path } }"


def test_objectives_are_created_together(company: Company) -> None:
    given = {"cycleId": company.cycle, "ownerId": company.ceo}
    items = [given | {"title": title, "idempotencyKey": f"{company.name}/{title}"} for title in "AB"]
    payload = company.api.do("createObjectives", OBJECTIVES, items=items)
    assert (payload["accepted"], payload["rejected"], payload["userErrors"]) == (2, 0, [])
    assert [result["objective"]["title"] for result in payload["results"]] == ["A", "B"]
    again = company.api.do("createObjectives", OBJECTIVES, items=items)
    assert statuses(again) == ["DUPLICATE"] * 2
    assert [r["objective"] for r in again["results"]] == [r["objective"] for r in payload["results"]]


@pytest.mark.parametrize(("first", "second"), [("ATOMIC", "BEST_EFFORT"), ("BEST_EFFORT", "ATOMIC")])
def test_an_objective_sent_again_alone_is_the_one_of_the_batch(company: Company, first: str, second: str) -> None:
    given = {"cycleId": company.cycle, "ownerId": company.ceo}
    items = [given | {"title": title, "idempotencyKey": first + title} for title in "AB"]
    sent = company.api.do("createObjectives", OBJECTIVES, items=items, mode=first)
    again = company.api.do("createObjectives", OBJECTIVES, items=items[1:], mode=second)
    assert (told(again), statuses(again)) == ([], ["DUPLICATE"])
    assert again["results"][0]["objective"] == sent["results"][1]["objective"]


def test_one_objective_that_is_wrong_refuses_all_unless_each_is_for_itself(company: Company) -> None:
    given = {"cycleId": company.cycle, "ownerId": company.ceo}
    items = [given | {"title": "A"}, given | {"title": ""}]
    payload = company.api.do("createObjectives", OBJECTIVES, items=items)
    assert told(payload) == ["TEXT_EMPTY items.1.title"]
    assert (statuses(payload), payload["position"]) == (["REJECTED"] * 2, None)
    payload = company.api.do("createObjectives", OBJECTIVES, items=items, mode="BEST_EFFORT")
    assert (statuses(payload), payload["userErrors"]) == (["ACCEPTED", "REJECTED"], [])
    assert told(payload["results"][1]) == ["TEXT_EMPTY items.1.title"]
    assert payload["results"][1]["objective"] is None
    assert told(company.api.do("createObjectives", OBJECTIVES, items=[])) == ["TOO_FEW_ITEMS items"]
    assert told(company.api.do("createObjectives", OBJECTIVES, items=items * 101)) == ["TOO_MANY_ITEMS items"]
