"""Progress: exact arithmetic, and what it never does."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okr_api.domain.progress import (
    ProgressSource,
    is_maintained,
    key_result_progress,
    objective_score,
    outcome,
    plain,
    raw_progress,
    rounded,
    weighted_mean,
)
from okr_api.domain.values import Commitment, CycleState, Metric, MetricKind, ObjectiveState, Outcome

D, F, K = Decimal, Fraction, MetricKind

decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=6)
weights = st.decimals(min_value=0, max_value=1000, places=3)
shares = st.fractions(min_value=0, max_value=1, max_denominator=10**6)


@st.composite
def metrics(draw: st.DrawFn) -> Metric:
    kind = draw(st.sampled_from(MetricKind))
    low, high = sorted(draw(st.lists(decimals, min_size=2, max_size=2, unique=True)))
    match kind:
        case K.INCREASE:
            return Metric(kind, low, high)
        case K.DECREASE:
            return Metric(kind, high, low)
        case K.MAINTAIN_AT_LEAST:
            return Metric(kind, None, high, draw(st.sampled_from([None, low])), draw(st.booleans()))
        case K.MAINTAIN_AT_MOST:
            return Metric(kind, None, low, draw(st.sampled_from([None, high])), draw(st.booleans()))
    return Metric(kind)


@pytest.mark.parametrize(
    ("metric", "value", "raw"),
    [
        (Metric(K.INCREASE, D(0), D(10)), 4, F(4, 10)),
        (Metric(K.INCREASE, D(0), D(10)), -5, F(-1, 2)),
        (Metric(K.INCREASE, D(10), D(20)), 25, F(3, 2)),
        (Metric(K.DECREASE, D(100), D(50)), 75, F(1, 2)),
        (Metric(K.DECREASE, D(0), D(-15)), -3, F(1, 5)),
        (Metric(K.MAINTAIN_AT_LEAST, target=D(65)), 65, F(1)),
        (Metric(K.MAINTAIN_AT_LEAST, target=D(65)), 64, F(0)),
        (Metric(K.MAINTAIN_AT_LEAST, target=D(65), limit=D(55)), 60, F(1, 2)),
        (Metric(K.MAINTAIN_AT_MOST, target=D(3), inclusive=False), 3, F(0)),
        (Metric(K.MAINTAIN_AT_MOST, target=D(3), inclusive=False), 2, F(1)),
        (Metric(K.MAINTAIN_AT_MOST, target=D(3), limit=D(5)), 4, F(1, 2)),
        (Metric(K.MILESTONE), D("0.25"), F(1, 4)),
    ],
)
def test_how_far_a_value_is_on_the_way_of_its_metric(metric: Metric, value: Decimal, raw: Fraction) -> None:
    assert raw_progress(metric, D(value)) == raw


def test_seed_004_below_three_seconds_is_not_three_seconds() -> None:
    below = Metric(K.MAINTAIN_AT_MOST, target=D(3), inclusive=False, unit="s")
    assert not is_maintained(below, D(3))
    assert is_maintained(below, D("2.999"))


@given(metrics(), st.none() | decimals, st.none() | shares, st.booleans(), st.lists(st.tuples(weights, shares)))
def test_progress_is_between_0_and_1_or_unknown_and_comes_from_where_it_says(
    metric: Metric, value: Decimal | None, delegate: Fraction | None, counts: bool, supporters: list[tuple[D, F]]
) -> None:
    if metric.kind is K.MILESTONE and value is not None:
        value = abs(value) % 1
    progress = key_result_progress(metric, value, delegate, counts, supporters)
    assert progress.cascaded == delegate
    assert (progress.counting is None) is (progress.source is ProgressSource.NONE)
    if progress.counting is not None:
        assert 0 <= progress.counting <= 1
    if value is not None:
        assert progress.source is ProgressSource.MEASURED
    elif delegate is not None and counts:
        assert progress.source is ProgressSource.DELEGATE


@given(st.lists(st.tuples(weights, st.none() | shares)))
def test_a_mean_lies_among_what_it_is_of_and_no_data_is_null(items: list[tuple[Decimal, Fraction | None]]) -> None:
    known = [progress for weight, progress in items if progress is not None and weight]
    mean = weighted_mean(items)
    if not known:
        assert mean is None
    else:
        assert mean is not None
        assert min(known) <= mean <= max(known)


@given(st.lists(st.tuples(weights, shares)), st.randoms())
def test_the_order_of_items_does_not_matter(items: list[tuple[Decimal, Fraction]], random: object) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert weighted_mean(items) == weighted_mean(shuffled)


def test_a_mean_of_thousands_of_odd_numbers_stays_small() -> None:
    items = [(D(1), F(1, 10**17 + n)) for n in range(2000)]
    mean = weighted_mean(items)
    assert mean is not None
    assert len(str(mean.denominator)) < 100


@pytest.mark.parametrize(
    ("exact", "served"),
    [
        (F(1, 3), "0.333333"),
        (F(2, 3), "0.666667"),
        (F(1, 2), "0.5"),
        (F(1), "1"),
        (F(0), "0"),
        (F(5, 10**7), "0"),
        (F(15, 10**7), "0.000002"),
        (F(25, 10**7), "0.000002"),
    ],
)
def test_numbers_are_rounded_once_half_to_even_to_6_places(exact: Fraction, served: str) -> None:
    number = rounded(exact)
    assert number is not None
    assert plain(number) == served


@pytest.mark.parametrize(("number", "text"), [("1E+3", "1000"), ("1.500", "1.5"), ("-0.10", "-0.1"), ("100", "100")])
def test_a_decimal_is_served_without_exponent_or_trailing_zeros(number: str, text: str) -> None:
    assert plain(D(number)) == text


def test_an_objective_scores_by_its_key_results_those_without_a_score_by_their_progress() -> None:
    scored, unscored = (D(3), D("0.8"), F(1, 10)), (D(1), None, F(1, 2))
    assert objective_score([scored, unscored]) == F(29, 40)
    assert objective_score([scored, (D(1), None, None), (D(0), D(0), None)]) == F(8, 10)
    assert objective_score([(D(1), None, None)]) is None


@pytest.mark.parametrize(
    ("commitment", "score", "expected"),
    [
        (Commitment.COMMITTED, F(1), Outcome.ACHIEVED),
        (Commitment.COMMITTED, F(999_999, 1_000_000), Outcome.PARTIAL),
        (Commitment.COMMITTED, F(4, 10), Outcome.PARTIAL),
        (Commitment.COMMITTED, F(39, 100), Outcome.MISSED),
        (Commitment.ASPIRATIONAL, F(7, 10), Outcome.ACHIEVED),
        (Commitment.ASPIRATIONAL, F(69, 100), Outcome.PARTIAL),
        (Commitment.ASPIRATIONAL, F(4, 10), Outcome.PARTIAL),
        (Commitment.ASPIRATIONAL, F(0), Outcome.MISSED),
        (Commitment.ASPIRATIONAL, None, None),
    ],
)
def test_the_outcome_of_a_closed_cycle_follows_the_score(
    commitment: Commitment, score: F | None, expected: Outcome | None
) -> None:
    assert outcome(score, commitment, ObjectiveState.ACTIVE, CycleState.CLOSED) is expected


@pytest.mark.parametrize("cycle", CycleState)
def test_the_outcome_is_open_until_the_cycle_is_closed_but_what_is_retired_is_dropped(cycle: CycleState) -> None:
    judged = outcome(F(1), Commitment.COMMITTED, ObjectiveState.ACTIVE, cycle)
    assert judged is (Outcome.ACHIEVED if cycle is CycleState.CLOSED else None)
    assert outcome(F(1), Commitment.COMMITTED, ObjectiveState.RETIRED, cycle) is Outcome.DROPPED
