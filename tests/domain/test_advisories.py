"""Advisories: what the worked examples leave aside, and where a link explains what looks odd."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from okr_api.domain.advisories import (
    Drift,
    KeyResultFacts,
    ObjectiveFacts,
    key_result_advisories,
    objective_advisories,
)
from okr_api.domain.values import Metric, MetricKind, OwnerLevel

SOUND = ObjectiveFacts(
    title="Diversify by expanding into three new markets.",
    level=OwnerLevel.COMPANY,
    owner_active=True,
    restates=False,
    key_results=3,
    delegated=1,
    served=False,
    skips_level=False,
    siblings=1,
    taken_on=0,
    copies_key_result=False,
    drift=None,
)
MEASURED = KeyResultFacts(
    title="Sign contracts with one in-market partner per market.",
    metric=Metric(MetricKind.INCREASE, Decimal(0), Decimal(3), unit="contracts"),
    owner_active=True,
    due=False,
    cycle_days=92,
    measured=None,
    cascaded=None,
    confidence=None,
    on_track=True,
    unmoved_days=0,
    retargeted=None,
    retarget_follows=False,
    overdue_days=0,
    delegated=False,
    part_cycle_delegate=False,
    duplicate=False,
    drift=None,
)
STRATEGY = (
    "We have developed a clear business strategy that delivers our planned 12-month growth of 20% whilst maintaining "
    "our gross margin of 30%."
)


def of_objective(**given: object) -> list[str]:
    return [advisory.code for advisory in objective_advisories(replace(SOUND, **given))]  # type: ignore[arg-type]


def of_key_result(**given: object) -> list[str]:
    return [advisory.code for advisory in key_result_advisories(replace(MEASURED, **given))]  # type: ignore[arg-type]


def test_a_sound_okr_leaves_nothing_aside() -> None:
    assert of_objective() == []
    assert of_key_result() == []


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"title": "Increase customer satisfaction by 10%"}, ["OBJECTIVE_HAS_NUMBER"]),
        ({"title": STRATEGY}, ["OBJECTIVE_TOO_LONG", "OBJECTIVE_HAS_NUMBER"]),
        ({"title": "Win more"}, ["OBJECTIVE_TOO_SHORT"]),
        (
            {"title": "The sales team provides weekly reports on their progress to management", "key_results": 0},
            ["ACTIVITY_NOT_OUTCOME", "OBJECTIVE_WITHOUT_KRS"],
        ),
        ({"key_results": 2}, ["KR_COUNT"]),
        ({"key_results": 6}, ["KR_COUNT"]),
        ({"key_results": 3, "delegated": 3}, ["ALL_KRS_DELEGATED"]),
        ({"level": OwnerLevel.TEAM}, ["UNALIGNED"]),
        ({"level": OwnerLevel.TEAM, "served": True, "skips_level": True}, ["LEVEL_SKIP"]),
        ({"owner_active": False}, ["OWNER_LEFT"]),
        ({"siblings": 6}, ["TOO_MANY_OBJECTIVES"]),
        ({"level": OwnerLevel.TEAM, "served": True, "siblings": 4}, ["TOO_MANY_OBJECTIVES"]),
        ({"copies_key_result": True}, ["BARE_KR_COPY"]),
        ({"restates": True, "taken_on": 3}, ["DELEGATE_OVERLOADED"]),
        ({"restates": True, "drift": Drift.WORDS}, ["DELEGATION_DRIFT"]),
        ({"restates": True, "drift": Drift.TARGET}, ["DELEGATION_DRIFT"]),
    ],
)
def test_an_objective_that_leaves_a_rule_aside_says_which(given: dict[str, object], codes: list[str]) -> None:
    assert of_objective(**given) == codes


def test_a_delegated_objective_brings_its_number_along() -> None:
    assert of_objective(title="Increase data/reporting leads by 40%", restates=True) == []


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"metric": Metric(MetricKind.MILESTONE)}, ["KR_NOT_MEASURABLE"]),
        (
            {"metric": Metric(MetricKind.INCREASE, Decimal(0), Decimal(40), unit="% leads change")},
            ["KR_NO_BASELINE"],
        ),
        ({"metric": Metric(MetricKind.INCREASE, Decimal(0), Decimal(10), unit="% of revenue from new markets")}, []),
        ({"title": "generating 100 leads per month with a conversion of 30%."}, ["KR_COMPOUND"]),
        ({"title": "Grow revenue from new markets from 0-10% by the end of the planning period."}, []),
        ({"title": "List growth is up 20%, and email automation is in place"}, ["KR_COMPOUND"]),
        ({"title": "Engage all qualified leads weekly"}, ["ACTIVITY_NOT_OUTCOME"]),
        ({"measured": Fraction(1), "cascaded": Fraction(1, 2)}, ["PROGRESS_GAP"]),
        ({"measured": Fraction(1), "cascaded": Fraction(3, 4)}, []),
        ({"confidence": Decimal("0.95")}, ["SANDBAGGED"]),
        ({"overdue_days": 2}, ["CHECK_IN_OVERDUE"]),
        ({"owner_active": False}, ["OWNER_LEFT"]),
        ({"part_cycle_delegate": True}, ["PART_CYCLE_DELEGATE"]),
        ({"duplicate": True}, ["DUPLICATE_KR_TEXT"]),
        ({"drift": Drift.WORDS}, ["DELEGATION_DRIFT"]),
        ({"drift": Drift.TARGET}, ["DELEGATION_DRIFT"]),
        ({"unmoved_days": 28}, ["STATUS_VS_DATA"]),
        ({"retargeted": Fraction(51, 100)}, ["TARGET_CHANGED_LATE"]),
        ({"cycle_days": 365}, ["KR_NO_DUE"]),
    ],
)
def test_a_key_result_that_leaves_a_rule_aside_says_which(given: dict[str, object], codes: list[str]) -> None:
    assert of_key_result(**given) == codes


@pytest.mark.parametrize(
    "given",
    [
        {"unmoved_days": 27},
        {"unmoved_days": 28, "on_track": False},
        {"unmoved_days": 28, "measured": Fraction(1)},
        {"unmoved_days": 28, "metric": Metric(MetricKind.MAINTAIN_AT_LEAST, target=Decimal(90))},
    ],
)
def test_a_value_may_stand_still_for_a_while_or_where_nothing_has_to_move(given: dict[str, object]) -> None:
    assert of_key_result(**given) == []


def test_a_target_may_change_until_mid_cycle_or_after_that_which_it_serves() -> None:
    assert of_key_result(retargeted=Fraction(1, 2)) == []
    assert of_key_result(retargeted=Fraction(1), retarget_follows=True) == []


def test_a_due_date_the_end_of_a_short_cycle_or_a_delegate_says_by_when() -> None:
    assert of_key_result(cycle_days=124) == []
    assert of_key_result(cycle_days=365, due=True) == []
    assert of_key_result(cycle_days=365, delegated=True) == []


def test_two_objectives_can_be_taken_on_beside_ones_own() -> None:
    assert of_objective(restates=True, taken_on=2) == []
    assert of_objective(taken_on=3) == [], "it is told of the objectives that others gave"


def test_both_sides_of_a_delegation_are_told_what_to_do_in_their_own_words() -> None:
    for drift in Drift:
        (above,) = key_result_advisories(replace(MEASURED, drift=drift))
        (below,) = objective_advisories(replace(SOUND, restates=True, drift=drift))
        assert above.message != below.message
