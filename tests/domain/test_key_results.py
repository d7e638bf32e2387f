"""EditKR, RetargetKR, MoveKR, ScoreKR: a key result changes and stays itself."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from examples import Q2, YEAR, Company
from okr_api.commands.cycles import CloseCycle
from okr_api.commands.key_results import EditKR, MoveKR, RestoreKR, RetargetKR, RetireKR, ScoreKR
from okr_api.commands.objectives import RetireObjective
from okr_api.commands.owners import DeactivateOwner
from okr_api.domain.events import (
    KRDueChanged,
    KRMoved,
    KROwnerChanged,
    KRRetargeted,
    KRRetitled,
    KRReweighted,
    KRRhythmChanged,
    KRScored,
)
from okr_api.domain.values import Approach, Metric, MetricKind

D = Decimal


@pytest.mark.parametrize(
    ("field", "value", "event"),
    [
        ("title", "Grow more", KRRetitled),
        ("weight", D(3), KRReweighted),
        ("due_on", date(2026, 2, 1), KRDueChanged),
        ("check_in_every_days", 14, KRRhythmChanged),
    ],
)
async def test_each_field_is_edited_and_nothing_is_written_twice(
    company: Company, field: str, value: Any, event: type
) -> None:
    kr = await company.kr("Grow")
    edit = EditKR(**{"id": kr, field: value})
    await company.when(edit)
    company.then((event, {field: value}))
    done = await company.when(edit)
    company.unchanged()
    assert done is not None
    assert done.position is None


async def test_none_clears_and_what_is_not_mentioned_is_kept(company: Company) -> None:
    kr = await company.kr_of(await company.objective("O"), due_on=date(2026, 2, 1))
    await company.when(EditKR(id=kr))
    company.unchanged()
    await company.when(EditKR(id=kr, due_on=None))
    company.then((KRDueChanged, {"due_on": None}))


async def test_another_owner_answers_for_it(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.when(EditKR(id=kr, owner_id=company.ana))
    company.then((KROwnerChanged, {"owner_id": company.ana}))
    await company.given(DeactivateOwner(id=company.vp))
    await company.when(EditKR(id=kr, owner_id=company.vp))
    company.refused("OWNER_INACTIVE ownerId")


async def test_everything_wrong_with_an_edit_is_told_at_once(company: Company) -> None:
    kr = await company.kr("Grow")
    late = Q2[0]
    await company.when(
        EditKR(
            id=kr,
            title=" ",
            weight=D(-1),
            due_on=late,
            owner_id=uuid4(),
            check_in_every_days=0,
            external_ref="x" * 101,
        )
    )
    company.refused(
        "TEXT_EMPTY title",
        "OUT_OF_RANGE weight",
        "DUE_OUTSIDE_CYCLE dueOn",
        "OUT_OF_RANGE checkInEveryDays",
        "NOT_FOUND ownerId",
        "TEXT_TOO_LONG externalRef",
    )


async def test_a_retarget_keeps_the_kind_and_the_numbers_that_are_left_out(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.when(RetargetKR(id=kr, target=D(20)))
    company.then((KRRetargeted, {"metric": Metric(MetricKind.INCREASE, D(0), D(20), unit="%")}))
    await company.when(RetargetKR(id=kr, start=D(0)))
    company.unchanged()


@pytest.mark.parametrize(
    ("numbers", "problem"),
    [
        ({"target": D(0)}, "METRIC_DIRECTION target"),
        ({"start": D(11)}, "METRIC_DIRECTION target"),
        ({"limit": D(1)}, "METRIC_LIMIT_NOT_USED limit"),
    ],
)
async def test_a_retarget_that_cannot_be_measured(company: Company, numbers: dict[str, D], problem: str) -> None:
    kr = await company.kr("Grow")
    await company.when(RetargetKR(id=kr, **numbers))  # type: ignore[arg-type]
    company.refused(problem)


async def test_a_milestone_has_no_target_to_reset(company: Company) -> None:
    kr = await company.kr_of(await company.objective("O"), metric=Metric(MetricKind.MILESTONE))
    await company.when(RetargetKR(id=kr, target=D(1)))
    company.refused("METRIC_TAKES_NO_NUMBERS target")


async def test_it_moves_with_its_delegation_and_check_ins(company: Company) -> None:
    kr, elsewhere = await company.kr("Grow"), await company.objective("Elsewhere")
    delegate = await company.delegated(kr)
    await company.checked_in(kr)
    await company.when(MoveKR(id=kr, to_objective_id=elsewhere))
    company.then((KRMoved, {"objective_id": elsewhere}))
    assert company.state(kr).delegated_to == delegate
    await company.when(MoveKR(id=kr, to_objective_id=elsewhere))
    company.unchanged()


async def test_it_does_not_move_away_from_the_cycle_of_what_hangs_from_it(company: Company) -> None:
    kr = await company.kr("Grow", cycle=company.year)
    await company.delegated(kr, cycle=company.q1)
    q2 = await company.cycle("Q2", Q2, parent=company.year)
    await company.when(MoveKR(id=kr, to_objective_id=await company.objective("O", cycle=q2)))
    company.refused("CYCLE_NOT_INSIDE toObjectiveId")
    await company.when(MoveKR(id=kr, to_objective_id=await company.objective("O", cycle=company.q1)))
    company.then((KRMoved, {}))


async def test_it_does_not_move_into_a_cycle_that_takes_no_such_link(company: Company) -> None:
    kr, supported = await company.kr("Grow", cycle=company.year), await company.kr("Sell", cycle=company.year)
    await company.delegated(kr, cycle=company.q1)
    await company.aligned(await company.objective("Low"), supported)
    loose = await company.objective("O", cycle=await company.cycle("Loose", YEAR, Approach.LOOSE))
    for moved in (kr, supported):
        await company.when(MoveKR(id=moved, to_objective_id=loose))
        company.refused("LINK_NOT_ADMITTED toObjectiveId")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("unknown", "NOT_FOUND toObjectiveId"),
        ("retired", "RETIRED toObjectiveId"),
        ("closed", "CYCLE_CLOSED toObjectiveId"),
        ("full", "TOO_MANY_KEY_RESULTS toObjectiveId"),
        ("earlier", "DUE_OUTSIDE_CYCLE toObjectiveId"),
    ],
)
async def test_a_place_that_it_cannot_move_to(company: Company, given: str, problem: str) -> None:
    objective = await company.objective("Here")
    kr = await company.kr_of(objective, due_on=company.state(company.q1).ends_on)
    full = tuple(f"KR {n}" for n in range(50)) if given == "full" else ()
    cycle = await company.cycle("Q2", Q2) if given in ("closed", "earlier") else company.q1
    there = uuid4() if given == "unknown" else await company.objective("There", krs=full, cycle=cycle)
    if given == "retired":
        await company.given(RetireObjective(id=there))
    if given == "closed":
        await company.given(CloseCycle(id=cycle))
    await company.when(MoveKR(id=kr, to_objective_id=there))
    company.refused(problem)


async def test_a_score_lies_between_0_and_1(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.when(ScoreKR(id=kr, score=D("1.1")))
    company.refused("OUT_OF_RANGE score")
    await company.when(ScoreKR(id=kr, score=D("0.7")))
    company.then((KRScored, {"score": D("0.7")}))
    await company.when(ScoreKR(id=kr, score=D("0.70")))
    company.unchanged()


async def test_a_retired_key_result_is_left_alone_until_it_is_restored(company: Company) -> None:
    kr, other = await company.kr("Grow"), await company.objective("Other")
    await company.given(RetireKR(id=kr))
    for command in (
        EditKR(id=kr, title="X"),
        RetargetKR(id=kr, target=D(20)),
        MoveKR(id=kr, to_objective_id=other),
        ScoreKR(id=kr, score=D(1)),
    ):
        await company.when(command)
        company.refused("RETIRED id")
    await company.given(RestoreKR(id=kr))
    await company.given(EditKR(id=kr, title="X"))


async def test_a_key_result_is_not_restored_as_the_51st(company: Company) -> None:
    objective = await company.objective("O", krs=tuple(f"KR {n}" for n in range(49)))
    kr = await company.kr_of(objective)
    await company.given(RetireKR(id=kr))
    await company.kr_of(objective, "In its place")
    await company.when(RestoreKR(id=kr))
    company.refused("TOO_MANY_KEY_RESULTS id")


async def test_a_version_that_the_client_did_not_expect_is_refused(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.when(EditKR(id=kr, title="X", expected_version=2))
    company.refused("VERSION_CONFLICT expectedVersion")
    assert company.problems[0].current_version == 1  # type: ignore[attr-defined]


async def test_a_due_date_may_be_the_last_day_and_not_the_day_after(company: Company) -> None:
    kr = await company.kr("Grow")
    last = company.state(company.q1).ends_on
    await company.when(EditKR(id=kr, due_on=last + timedelta(days=1)))
    company.refused("DUE_OUTSIDE_CYCLE dueOn")
    await company.when(EditKR(id=kr, due_on=last))
    company.then((KRDueChanged, {}))
