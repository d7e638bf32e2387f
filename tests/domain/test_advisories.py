"""Advisories: what the worked examples leave aside, and where a link explains what looks odd."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from okr_api.domain.advisories import KeyResultFacts, ObjectiveFacts, key_result_advisories, objective_advisories
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
    copies_key_result=False,
)
MEASURED = KeyResultFacts(
    title="Sign contracts with one in-market partner per market.",
    metric=Metric(MetricKind.INCREASE, Decimal(0), Decimal(3), unit="contracts"),
    owner_active=True,
    measured=None,
    cascaded=None,
    confidence=None,
    overdue_days=0,
    part_cycle_delegate=False,
    duplicate=False,
    delegate_differs=False,
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
        ({"delegate_differs": True}, ["DELEGATION_DRIFT"]),
    ],
)
def test_a_key_result_that_leaves_a_rule_aside_says_which(given: dict[str, object], codes: list[str]) -> None:
    assert of_key_result(**given) == codes
