"""How much of a cycle's work serves the company."""

from fractions import Fraction
from uuid import uuid4

import pytest

from okr_api.commands.branches import ChildPolicy
from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.commands.key_results import RetireKR
from okr_api.commands.objectives import AlignObjective, RetireObjective
from okr_api.domain.errors import Refused
from okr_api.domain.objective import LinkTarget
from okr_api.domain.values import TargetKind
from okr_api.snapshot.alignment import AlignmentHealth, alignment_health
from snapshot.conftest import Organisation


async def test_an_empty_cycle_has_no_coverage(organisation: Organisation) -> None:
    health = alignment_health(await organisation.read(), organisation.year)
    assert health == AlignmentHealth(None, 0, 0, 0, 0, [])
    with pytest.raises(Refused):
        alignment_health(organisation.snapshot, uuid4())


async def test_what_hangs_from_the_company_by_live_links_is_aligned(organisation: Organisation) -> None:
    o = organisation
    top = await o.objective("Top", cycle=o.year, krs=("Grow", "Sign"))
    grow = (await o.read()).objectives[top].key_results[0].id
    await o.given(DelegateKR(key_result_id=grow, to=Delegation(to_owner_id=o.vp, cycle_id=o.q1)))
    vps = (await o.read()).key_results[grow].delegate.objective.id  # type: ignore[union-attr]
    team, alone = await o.objective("Team", owner=o.vp), await o.objective("Alone", owner=o.vp, krs=("KR",))
    await o.given(AlignObjective(objective_id=team, to=LinkTarget(TargetKind.OBJECTIVE, vps)))
    gone = await o.objective("Gone", owner=o.vp, krs=("KR",))
    await o.given(RetireObjective(id=gone))
    snapshot = await o.read()
    assert alignment_health(snapshot, o.year) == AlignmentHealth(Fraction(2, 3), 4, 1, 3, 1, [2, 1, 1])
    assert alignment_health(snapshot, o.q1) == AlignmentHealth(Fraction(2, 3), 3, 1, 1, 0, [1, 1, 1])
    await o.given(AlignObjective(objective_id=alone, to=LinkTarget(TargetKind.OBJECTIVE, top)))
    await o.given(RetireKR(id=grow, child=ChildPolicy.DETACH))
    health = alignment_health(await o.read(), o.year)
    assert (health.coverage, health.unaligned, health.depths) == (Fraction(1, 3), 2, [2, 2])
