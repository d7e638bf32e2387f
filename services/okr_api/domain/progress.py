"""Progress: the arithmetic of the cascade, exact, in one place.

Numbers are fractions while they are worked with, and are rounded once, half to even, to 6 places, where they are
served. None means that there is no data; that is never 0.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import lcm

from okr_api.domain.values import Commitment, CycleState, Metric, MetricKind, ObjectiveState, Outcome

PLACES = Decimal("0.000001")
LARGEST_DENOMINATOR = 10**60
"""Beyond it sums are of terms of 40 places, in any order: odd denominators must not make thousands of digits."""


ACHIEVED_FROM = {Commitment.COMMITTED: Fraction(1), Commitment.ASPIRATIONAL: Fraction(7, 10)}
PARTIAL_FROM = Fraction(4, 10)


class ProgressSource(StrEnum):
    """Where the progress of a key result comes from."""

    NONE = "NONE"
    MEASURED = "MEASURED"
    DELEGATE = "DELEGATE"
    SUPPORTERS = "SUPPORTERS"


@dataclass(frozen=True, slots=True)
class KRProgress:
    """The numbers of a key result, side by side; `counting` is the one that counts, and `source` where it is from."""

    raw: Fraction | None
    measured: Fraction | None
    cascaded: Fraction | None
    counting: Fraction | None
    source: ProgressSource


def key_result_progress(
    metric: Metric,
    value: Decimal | None,
    delegate: Fraction | None,
    delegate_counts: bool,
    supporters: Iterable[tuple[Decimal, Fraction | None]],
) -> KRProgress:
    """Measured, else the delegate's, else the weighted mean of the contributing supporters.

    A delegate in a shorter cycle is shown but does not count: a year is not the mean of its quarters.
    """
    raw = None if value is None else raw_progress(metric, value)
    measured = None if raw is None else clamp(raw)
    if measured is not None:
        return KRProgress(raw, measured, delegate, measured, ProgressSource.MEASURED)
    if delegate is not None and delegate_counts:
        return KRProgress(None, None, delegate, delegate, ProgressSource.DELEGATE)
    mean = weighted_mean(supporters)
    return KRProgress(None, None, delegate, mean, ProgressSource.NONE if mean is None else ProgressSource.SUPPORTERS)


def raw_progress(metric: Metric, value: Decimal) -> Fraction:
    """How far a value is on the metric's way: 0 at the start, 1 at the target, beyond either where it went beyond."""
    match metric.kind:
        case MetricKind.MILESTONE:
            return Fraction(value)
        case MetricKind.INCREASE | MetricKind.DECREASE:
            assert metric.start is not None
            assert metric.target is not None
            return _share(value, metric.start, metric.target)
    return _maintained(metric, value)


def _share(value: Decimal, start: Decimal, end: Decimal) -> Fraction:
    """How far a value is on the way; as whole numbers, since fractions normalise each step of the sum."""
    (v, v_of), (s, s_of), (e, e_of) = value.as_integer_ratio(), start.as_integer_ratio(), end.as_integer_ratio()
    return Fraction((v * s_of - s * v_of) * e_of, (e * s_of - s * e_of) * v_of)


def is_maintained(metric: Metric, value: Decimal) -> bool:
    """Whether the value is where it should stay, at the target too if the metric is inclusive (seed 004: below 3 s)."""
    assert metric.target is not None
    if value == metric.target:
        return metric.inclusive
    return (value > metric.target) is (metric.kind is MetricKind.MAINTAIN_AT_LEAST)


def _maintained(metric: Metric, value: Decimal) -> Fraction:
    assert metric.target is not None
    if is_maintained(metric, value):
        return Fraction(1)
    if metric.limit is None:
        return Fraction(0)
    return _share(value, metric.limit, metric.target)


def weighted_mean(items: Iterable[tuple[Decimal, Fraction | None]]) -> Fraction | None:
    """The mean of what has data; None when nothing has, or when all that has weighs nothing."""
    known = [(weight.as_integer_ratio(), progress) for weight, progress in items if progress is not None and weight]
    if not known:
        return None
    # All over one denominator: whole numbers are added ten times faster than fractions.
    weights_of = lcm(*[of for (_, of), _ in known])
    weights = [weight * (weights_of // of) for (weight, of), _ in known]
    of = lcm(*[progress.denominator for _, progress in known])
    if of * weights_of > LARGEST_DENOMINATOR:
        return _mean_of_rounded([(Fraction(*weight), progress) for weight, progress in known])
    total = sum([w * p.numerator * (of // p.denominator) for w, (_, p) in zip(weights, known, strict=True)])
    return Fraction(total, of * sum(weights))


def _mean_of_rounded(known: list[tuple[Fraction, Fraction]]) -> Fraction:
    """The same, with terms of 40 places where their denominators, too, are beyond the largest."""
    terms = [weight * progress for weight, progress in known]
    if lcm(*(term.denominator for term in terms)) > LARGEST_DENOMINATOR:
        terms = [Fraction(round(term * 10**40), 10**40) for term in terms]
    return sum(terms, Fraction(0)) / sum(weight for weight, _ in known)


def objective_score(key_results: Iterable[tuple[Decimal, Decimal | None, Fraction | None]]) -> Fraction | None:
    """From weight, score and progress of each key result: one that nobody scored counts by its progress."""
    return weighted_mean(
        (weight, progress if score is None else Fraction(score)) for weight, score, progress in key_results
    )


def outcome(score: Fraction | None, commitment: Commitment, state: ObjectiveState, cycle: CycleState) -> Outcome | None:
    """None until the cycle is closed, and where there is nothing to judge by; what is retired is dropped at once."""
    if state is ObjectiveState.RETIRED:
        return Outcome.DROPPED
    if cycle is not CycleState.CLOSED or score is None:
        return None
    if score >= ACHIEVED_FROM[commitment]:
        return Outcome.ACHIEVED
    return Outcome.PARTIAL if score >= PARTIAL_FROM else Outcome.MISSED


def clamp(value: Fraction) -> Fraction:
    return min(max(value, Fraction(0)), Fraction(1))


def rounded(value: Fraction | None) -> Decimal | None:
    """For serving: at most 6 places, half to even, without trailing zeros."""
    if value is None:
        return None
    millionths = round(value * 10**6)  # Fractions round half to even
    return Decimal(millionths) * PLACES


def plain(value: Decimal) -> str:
    """A decimal as text without exponent or trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
