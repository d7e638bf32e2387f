"""Advisories that look at the surroundings of an OKR, and at when it changed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn
from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.commands.key_results import EditKR, RetargetKR
from okr_api.commands.objectives import EditObjective
from okr_api.snapshot.advisories import advisories
from snapshot.conftest import Organisation

NOW = datetime.now(UTC)


async def told(o: Organisation, *ids: UUID) -> list[bool]:
    """Whether each is told that a key result and what it became no longer agree."""
    snapshot = await o.read()
    nodes = [snapshot.node(i) for i in ids]
    return ["DELEGATION_DRIFT" in {a.code for a in advisories(snapshot, n, NOW)} for n in nodes if n is not None]


async def codes(o: Organisation, thing: UUID) -> set[str]:
    snapshot = await o.read()
    node = snapshot.node(thing)
    assert node is not None
    return {advisory.code for advisory in advisories(snapshot, node, NOW)}


async def retarget(o: Organisation, kr: UUID, target: int) -> None:
    await o.given(RetargetKR(id=kr, target=Decimal(target)))


async def delegated(o: Organisation, kr: UUID, cycle: UUID | None = None) -> UUID:
    """The VP's objective that a key result becomes."""
    given = await o.application.execute(
        DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=o.vp, cycle_id=cycle)), o.caller
    )
    return UUID(given.result["objective"])


async def test_a_new_target_drifts_on_both_sides_until_the_delegate_follows(organisation: Organisation) -> None:
    o = organisation
    kr = await o.kr("Grow")
    await retarget(o, kr, 20)
    delegate = await delegated(o, kr)
    below = await o.kr_of(delegate)
    assert await told(o, kr, delegate) == [False, False]
    await retarget(o, kr, 30)
    assert await told(o, kr, delegate) == [True, True]
    await retarget(o, below, 30)
    assert await told(o, kr, delegate) == [False, False]
    await retarget(o, kr, 40)
    await o.kr_of(delegate, "Grow more")
    assert await told(o, kr, delegate) == [False, False]
    await retarget(o, kr, 50)
    await o.given(EditKR(id=kr, weight=Decimal(2)))
    assert await told(o, kr, delegate) == [True, True]


async def test_rewording_one_side_drifts_until_both_say_the_same(organisation: Organisation) -> None:
    o = organisation
    kr = await o.kr("Grow")
    delegate = await delegated(o, kr)
    await o.given(EditKR(id=kr, title="Grow abroad"))
    assert await told(o, kr, delegate) == [True, True]
    await o.given(EditObjective(id=delegate, title="Grow abroad."))
    assert await told(o, kr, delegate) == [False, False]


async def test_a_delegate_in_its_own_words_drifts_only_when_words_change(organisation: Organisation) -> None:
    o = organisation
    kr, own = await o.kr("Grow"), await o.objective("Sell to new customers", owner=o.vp)
    await o.given(DelegateKR(key_result_id=kr, to=Delegation(to_objective_id=own)))
    await o.given(EditKR(id=kr, weight=Decimal(2)))
    assert await told(o, kr, own) == [False, False]


async def test_the_third_objective_that_others_gave_is_one_too_many(organisation: Organisation) -> None:
    o = organisation
    first, second = [await delegated(o, await o.kr(title)) for title in ("Grow", "Save")]
    own = await delegated(o, await o.kr_of(await o.objective("Lead", owner=o.vp), owner_id=o.vp))
    elsewhere = await delegated(o, await o.kr("Expand", cycle=o.year), cycle=o.year)
    for taken in (first, second, own, elsewhere):
        assert "DELEGATE_OVERLOADED" not in await codes(o, taken)
    third = await delegated(o, await o.kr("Hire"))
    for taken in (first, second, third):
        assert "DELEGATE_OVERLOADED" in await codes(o, taken)
    assert "DELEGATE_OVERLOADED" not in await codes(o, elsewhere)


async def test_a_target_that_follows_the_one_above_is_not_late(organisation: Organisation) -> None:
    o = organisation
    kr = await o.kr("Grow", cycle=await over(o))
    below = await o.kr_of(await delegated(o, kr))
    await retarget(o, below, 30)
    assert "TARGET_CHANGED_LATE" in await codes(o, below)
    await retarget(o, kr, 30)
    await retarget(o, below, 40)
    assert "TARGET_CHANGED_LATE" in await codes(o, kr)
    assert "TARGET_CHANGED_LATE" not in await codes(o, below)


async def test_an_annual_target_that_is_reset_with_its_quarter_is_not_late(organisation: Organisation) -> None:
    o, today = organisation, NOW.date()
    year = await o.cycle("Year", (today - timedelta(days=270), today + timedelta(days=80)))
    kr = await o.kr("Grow", cycle=year)
    await retarget(o, kr, 30)
    assert "TARGET_CHANGED_LATE" in await codes(o, kr)
    await o.cycle("Q4", (today - timedelta(days=2), today + timedelta(days=80)), parent=year)
    assert "TARGET_CHANGED_LATE" not in await codes(o, kr)


async def test_a_value_that_its_delegate_reports_is_not_held_against_it(organisation: Organisation) -> None:
    o = organisation
    kr = await o.kr("Grow", cycle=await over(o))
    for days in (28, 0):
        at = NOW - timedelta(days=days)
        await o.given(
            RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(5), confidence=Decimal("0.8"), effective_at=at)
        )
    assert "STATUS_VS_DATA" in await codes(o, kr)
    await delegated(o, kr)
    assert "STATUS_VS_DATA" not in await codes(o, kr)


async def over(o: Organisation) -> UUID:
    """A cycle that is past its middle now."""
    today = NOW.date()
    return await o.cycle("Over", (today - timedelta(days=90), today + timedelta(days=2)))
