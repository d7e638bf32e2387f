"""CreateObjective, AddKR, AlignObjective: objectives, how they are measured, and what they serve."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from examples import REVENUE, Company
from okr_api.commands.cycles import CloseCycle
from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.commands.key_results import AddKR, NewKR
from okr_api.commands.objectives import AlignObjective, CreateObjective
from okr_api.domain.events import ExternalRefTaken, KRAdded, ObjectiveAligned, ObjectiveCreated
from okr_api.domain.objective import Contribution, LinkTarget
from okr_api.domain.values import Approach, Metric, MetricKind, TargetKind

KINDS = MetricKind
D = Decimal


async def test_an_objective_comes_with_its_key_results_and_what_it_serves(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.when(
        CreateObjective(
            cycle_id=company.q1,
            owner_id=company.vp,
            title="Open three markets",
            align_to=(LinkTarget(TargetKind.KEY_RESULT, kr),),
            key_results=(
                NewKR(title="Sign", metric=REVENUE),
                NewKR(title="Hire", metric=REVENUE, owner_id=company.ana),
            ),
            external_ref="jira-7",
        )
    )
    objective = company.new_events[0].originator_id
    company.then(
        (ObjectiveCreated, {"title": "Open three markets", "draft": False, "commitment": "ASPIRATIONAL"}),
        (ObjectiveAligned, {"target_kind": "KEY_RESULT", "target_id": kr, "contributes": False}),
        (ExternalRefTaken, {"kind": "Objective", "holder_id": objective}),
        (KRAdded, {"title": "Sign", "owner_id": company.vp, "objective_id": objective}),
        (KRAdded, {"title": "Hire", "owner_id": company.ana}),
    )


@pytest.mark.parametrize(
    ("metric", "problems"),
    [
        (Metric(KINDS.INCREASE), ["METRIC_INCOMPLETE start", "METRIC_INCOMPLETE target"]),
        (Metric(KINDS.INCREASE, D(1), D(1)), ["METRIC_DIRECTION target"]),
        (Metric(KINDS.INCREASE, D(2), D(1)), ["METRIC_DIRECTION target"]),
        (Metric(KINDS.DECREASE, D(1), D(2)), ["METRIC_DIRECTION target"]),
        (Metric(KINDS.DECREASE, D(1), D(1)), ["METRIC_DIRECTION target"]),
        (Metric(KINDS.INCREASE, D(0), D(1), limit=D(2)), ["METRIC_LIMIT_NOT_USED limit"]),
        (Metric(KINDS.MAINTAIN_AT_LEAST), ["METRIC_INCOMPLETE target"]),
        (Metric(KINDS.MAINTAIN_AT_LEAST, start=D(1), target=D(2)), ["METRIC_START_NOT_USED start"]),
        (Metric(KINDS.MAINTAIN_AT_LEAST, target=D(2), limit=D(2)), ["METRIC_DIRECTION limit"]),
        (Metric(KINDS.MAINTAIN_AT_MOST, target=D(2), limit=D(1)), ["METRIC_DIRECTION limit"]),
        (Metric(KINDS.MILESTONE, target=D(1)), ["METRIC_TAKES_NO_NUMBERS target"]),
        (Metric(KINDS.MILESTONE, unit="x" * 101), ["TEXT_TOO_LONG unit"]),
    ],
)
async def test_a_metric_that_cannot_be_measured(company: Company, metric: Metric, problems: list[str]) -> None:
    await company.when(
        CreateObjective(
            cycle_id=company.q1, owner_id=company.ceo, title="O", key_results=(NewKR(title="KR", metric=metric),)
        )
    )
    company.refused(*(problem.replace(" ", " keyResults.0.metric.") for problem in problems))


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"weight": D(-1)}, ["OUT_OF_RANGE kr.weight"]),
        ({"weight": D(1001)}, ["OUT_OF_RANGE kr.weight"]),
        ({"due_on": date(2026, 4, 1)}, ["DUE_OUTSIDE_CYCLE kr.dueOn"]),
        ({"check_in_every_days": 0}, ["OUT_OF_RANGE kr.checkInEveryDays"]),
        ({"title": "x" * 10_000}, ["TEXT_TOO_LONG kr.title"]),
        ({"external_ref": ""}, ["TEXT_EMPTY kr.externalRef"]),
    ],
)
async def test_a_key_result_that_cannot_be(company: Company, given: dict[str, Any], problems: list[str]) -> None:
    objective = await company.objective("O")
    await company.when(AddKR(objective_id=objective, kr=NewKR(**{"title": "KR", "metric": REVENUE} | given)))
    company.refused(*problems)


async def test_everything_wrong_is_told_at_once(company: Company) -> None:
    await company.when(
        CreateObjective(
            cycle_id=uuid4(),
            owner_id=uuid4(),
            title=" ",
            description="x" * 10_001,
            external_ref="",
            reason="y" * 10_001,
        )
    )
    company.refused("TEXT_TOO_LONG reason")
    await company.when(
        CreateObjective(cycle_id=uuid4(), owner_id=uuid4(), title=" ", description="x" * 10_001, external_ref="")
    )
    company.refused(
        "TEXT_EMPTY title",
        "TEXT_TOO_LONG description",
        "TEXT_EMPTY externalRef",
        "NOT_FOUND cycleId",
        "NOT_FOUND ownerId",
    )


async def test_an_objective_has_at_most_50_key_results(company: Company) -> None:
    new = tuple(NewKR(title=f"KR {n}", metric=REVENUE) for n in range(51))
    await company.when(CreateObjective(cycle_id=company.q1, owner_id=company.ceo, title="O", key_results=new))
    company.refused("TOO_MANY_KEY_RESULTS keyResults")
    objective = await company.objective("O", krs=tuple(f"KR {n}" for n in range(50)))
    await company.when(AddKR(objective_id=objective, kr=NewKR(title="One more", metric=REVENUE)))
    company.refused("TOO_MANY_KEY_RESULTS objectiveId")


async def test_nothing_is_planned_in_a_closed_cycle(company: Company) -> None:
    objective = await company.objective("O")
    other = await company.objective("Other", cycle=company.year)
    await company.given(CloseCycle(id=company.q1))
    await company.when(CreateObjective(cycle_id=company.q1, owner_id=company.ceo, title="Late"))
    company.refused("CYCLE_CLOSED cycleId")
    await company.when(AddKR(objective_id=objective, kr=NewKR(title="KR", metric=REVENUE)))
    company.refused("CYCLE_CLOSED objectiveId")
    await company.when(AlignObjective(objective_id=objective, to=LinkTarget(TargetKind.OBJECTIVE, other)))
    company.refused("CYCLE_CLOSED objectiveId")


async def test_an_objective_says_what_it_serves_once(company: Company) -> None:
    top, low = await company.objective("Top"), await company.objective("Low", owner=company.vp)
    target = LinkTarget(TargetKind.OBJECTIVE, top)
    await company.when(AlignObjective(objective_id=low, to=target, contribution=Contribution(True, D("0.5"))))
    company.then((ObjectiveAligned, {"target_id": top, "contributes": True, "weight": D("0.5")}))
    await company.when(AlignObjective(objective_id=low, to=target))
    company.refused("ALREADY_ALIGNED to")


async def test_the_delegate_of_a_key_result_does_not_also_support_it(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.given(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=company.vp)))
    delegate = next(e.originator_id for e in reversed(company.log.events) if isinstance(e, ObjectiveCreated))
    await company.when(AlignObjective(objective_id=delegate, to=LinkTarget(TargetKind.KEY_RESULT, kr)))
    company.refused("ALREADY_ALIGNED to")


async def test_nothing_serves_itself(company: Company) -> None:
    one, two, three = [await company.objective(title) for title in ("One", "Two", "Three")]
    await company.when(AlignObjective(objective_id=one, to=LinkTarget(TargetKind.OBJECTIVE, one)))
    company.refused("WOULD_CREATE_LOOP to")
    await company.given(AlignObjective(objective_id=one, to=LinkTarget(TargetKind.OBJECTIVE, two)))
    await company.given(AlignObjective(objective_id=two, to=LinkTarget(TargetKind.OBJECTIVE, three)))
    await company.when(AlignObjective(objective_id=three, to=LinkTarget(TargetKind.OBJECTIVE, one)))
    company.refused("WOULD_CREATE_LOOP to")


@pytest.mark.parametrize(
    ("approach", "kind", "admitted"),
    [
        (Approach.TIGHT, TargetKind.KEY_RESULT, True),
        (Approach.TIGHT, TargetKind.OBJECTIVE, False),
        (Approach.LOOSE, TargetKind.KEY_RESULT, False),
        (Approach.LOOSE, TargetKind.OBJECTIVE, True),
        (Approach.MIXED, TargetKind.KEY_RESULT, True),
        (Approach.MIXED, TargetKind.OBJECTIVE, True),
    ],
)
async def test_the_approach_of_a_cycle_says_which_links_it_takes(
    approach: Approach, kind: TargetKind, admitted: bool
) -> None:
    company = await Company().founded(approach)
    top = await company.objective("Top", krs=("Grow",))
    kr = company.log.events[-1].originator_id
    low = await company.objective("Low", owner=company.vp)
    target = LinkTarget(kind, kr if kind is TargetKind.KEY_RESULT else top)
    await company.when(AlignObjective(objective_id=low, to=target))
    if admitted:
        company.then((ObjectiveAligned, {"target_id": target.id}))
    else:
        company.refused("LINK_NOT_ADMITTED to")


async def test_a_year_does_not_serve_a_quarter(company: Company) -> None:
    year, quarter = await company.objective("Year", cycle=company.year), await company.objective("Quarter")
    await company.when(AlignObjective(objective_id=year, to=LinkTarget(TargetKind.OBJECTIVE, quarter)))
    company.refused("CYCLE_NOT_INSIDE to")
    await company.when(AlignObjective(objective_id=quarter, to=LinkTarget(TargetKind.OBJECTIVE, year)))
    company.then((ObjectiveAligned, {}))


async def test_the_company_does_not_serve_a_department(company: Company) -> None:
    low, top = await company.objective("Low", owner=company.vp), await company.objective("Top")
    await company.when(AlignObjective(objective_id=top, to=LinkTarget(TargetKind.OBJECTIVE, low)))
    company.refused("LEVEL_ABOVE_PARENT to")
