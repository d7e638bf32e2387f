"""Nothing is counted twice: however many ways lead from one objective to another, it feeds it once."""

import asyncio
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from examples import Company
from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.commands.objectives import AlignObjective
from okr_api.domain.objective import Contribution
from snapshot.folded import folded

FEEDERS, KEY_RESULTS = 3, 2
Progress = dict[UUID, Fraction | None]
links = st.lists(
    st.tuples(
        st.integers(0, FEEDERS - 1),
        st.sampled_from(["objective", *range(KEY_RESULTS)]),
        st.sampled_from(["align", "align", "delegate"]),
        st.booleans(),
        st.integers(0, 3),
    ),
    min_size=2,
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(links, st.lists(st.none() | st.integers(0, 10), min_size=FEEDERS, max_size=FEEDERS))
def test_an_objective_with_several_ways_to_what_it_feeds_is_counted_once(
    links: list[Any], values: list[int | None]
) -> None:
    asyncio.run(_link_and_count(links, values))


async def _link_and_count(links: list[Any], values: list[int | None]) -> None:
    company = await Company().founded()
    upper = await company.objective("upper")
    krs = [await company.kr_of(upper) for _ in range(KEY_RESULTS)]
    feeders: Progress = {}
    for value in values:
        feeder = await company.objective("feeder")
        feeders[feeder] = None if value is None else Fraction(value, 10)
        if value is not None:
            await company.checked_in(await company.kr_of(feeder), value)
    for number, place, how, contributes, weight in links:
        feeder = list(feeders)[number]
        if how == "delegate" and place != "objective":
            await company.when(DelegateKR(key_result_id=krs[place], to=Delegation(to_objective_id=feeder)))
        else:
            target = company.target(upper if place == "objective" else krs[place])
            contribution = Contribution(contributes, Decimal(weight))
            await company.when(AlignObjective(objective_id=feeder, to=target, contribution=contribution))
    upper_node = folded(company.log).objectives[upper]
    items = list(upper_node.breakdown())
    through = [_through(company, kr, feeders) for kr in krs]
    direct = _contributing(company, upper, feeders)
    expected = [(kr, Decimal(1), _mean(fed, feeders)) for kr, (_, fed) in zip(krs, through, strict=True)]
    expected += [(i, direct[i], feeders[i]) for i in direct if not any(i in feeding for feeding, _ in through)]
    assert sorted(((item.node.id, item.weight, item.progress) for item in items), key=str) == sorted(expected, key=str)
    assert len({item.node.id for item in items}) == len(items)
    assert upper_node.progress == _mean({i: w for i, w, _ in expected}, {i: progress for i, _, progress in expected})


def _through(company: Company, kr: UUID, feeders: Progress) -> tuple[set[UUID], dict[UUID, Decimal]]:
    """What hangs from a key result so as to feed it; and what it counts: its delegate alone, where that has data."""
    delegate = company.state(kr).delegated_to
    supporters = _contributing(company, kr, feeders)
    if delegate is None:
        return {*supporters}, supporters
    supporters.pop(delegate, None)
    return {delegate, *supporters}, supporters if feeders[delegate] is None else {delegate: Decimal(1)}


def _contributing(company: Company, target: UUID, feeders: Progress) -> dict[UUID, Decimal]:
    said = {i: company.state(i).targets.get(company.target(target)) for i in feeders}
    return {i: how.weight for i, how in said.items() if how is not None and how.contributes}


def _mean(weights: dict[UUID, Decimal], progress: Progress) -> Fraction | None:
    known = [
        (Fraction(weight), found) for i, weight in weights.items() if weight and (found := progress[i]) is not None
    ]
    return sum((w * p for w, p in known), Fraction(0)) / sum(w for w, _ in known) if known else None
