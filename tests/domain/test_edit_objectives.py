"""EditObjective and CreateObjectives: fields change one by one, and several objectives come in one commit."""

from typing import Any
from uuid import uuid4

import pytest

from examples import REVENUE, Company
from okr_api.commands.branches import ChildPolicy
from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.commands.key_results import NewKR
from okr_api.commands.objectives import CreateObjective, CreateObjectives, EditObjective, RetireObjective
from okr_api.domain.events import (
    DelegationAccepted,
    KRAdded,
    KRDelegated,
    ObjectiveCommitmentChanged,
    ObjectiveCreated,
    ObjectiveDescribed,
    ObjectiveOwnerChanged,
    ObjectiveRetitled,
    ObjectiveUnaligned,
    ObjectiveVisibilityChanged,
)
from okr_api.domain.values import Commitment, Visibility


@pytest.mark.parametrize(
    ("field", "value", "event"),
    [
        ("title", "Win more", ObjectiveRetitled),
        ("description", "Why we do it", ObjectiveDescribed),
        ("commitment", Commitment.COMMITTED, ObjectiveCommitmentChanged),
        ("visibility", Visibility.LINE, ObjectiveVisibilityChanged),
    ],
)
async def test_each_field_is_edited_and_nothing_is_written_twice(
    company: Company, field: str, value: Any, event: type
) -> None:
    objective = await company.objective("Win")
    edit = EditObjective(**{"id": objective, field: value})
    await company.when(edit)
    company.then((event, {field: value}))
    done = await company.when(edit)
    company.unchanged()
    assert done is not None
    assert done.position is None


async def test_none_clears_and_what_is_not_mentioned_is_kept(company: Company) -> None:
    objective = await company.objective("Win")
    await company.given(EditObjective(id=objective, description="Why"))
    await company.when(EditObjective(id=objective))
    company.unchanged()
    await company.when(EditObjective(id=objective, description=None))
    company.then((ObjectiveDescribed, {"description": None}))
    await company.when(EditObjective(id=objective, owner_id=company.vp))
    company.then((ObjectiveOwnerChanged, {"owner_id": company.vp}))


async def test_everything_wrong_with_an_edit_is_told_at_once(company: Company) -> None:
    objective = await company.objective("Win")
    await company.when(
        EditObjective(id=objective, title="", description="x" * 10_001, owner_id=uuid4(), external_ref="")
    )
    company.refused("TEXT_EMPTY title", "TEXT_TOO_LONG description", "NOT_FOUND ownerId", "TEXT_EMPTY externalRef")
    await company.when(EditObjective(id=objective, title="Other", expected_version=3))
    company.refused("VERSION_CONFLICT expectedVersion")
    await company.given(RetireObjective(id=objective))
    await company.when(EditObjective(id=objective, title="Other"))
    company.refused("RETIRED id")


async def test_several_objectives_come_in_one_commit_or_not_at_all(company: Company) -> None:
    good = CreateObjective(
        cycle_id=company.q1, owner_id=company.ceo, title="O", key_results=(NewKR(title="KR", metric=REVENUE),)
    )
    bad = CreateObjective(cycle_id=company.q1, owner_id=uuid4(), title="", reason="x" * 10_001)
    worse = CreateObjective(cycle_id=company.q1, owner_id=uuid4(), title="")
    await company.when(CreateObjectives(items=(good, bad, worse)))
    company.refused("TEXT_TOO_LONG items.1.reason", "TEXT_EMPTY items.2.title", "NOT_FOUND items.2.ownerId")
    done = await company.when(CreateObjectives(items=(good, good)))
    company.then((ObjectiveCreated, {}), (KRAdded, {}), (ObjectiveCreated, {}), (KRAdded, {}))
    assert done is not None
    assert len(set(done.result.values())) == 2


async def test_a_supporter_that_takes_the_key_result_on_no_longer_only_supports_it(company: Company) -> None:
    kr, supporter = await company.kr("Grow"), await company.objective("Low", owner=company.vp)
    await company.aligned(supporter, kr)
    await company.when(DelegateKR(key_result_id=kr, to=Delegation(to_objective_id=supporter)))
    company.then((KRDelegated, {}), (ObjectiveUnaligned, {"target_id": kr}), (DelegationAccepted, {}))


async def test_a_branch_below_two_parents_is_retired_once(company: Company) -> None:
    top = await company.objective("Top")
    kr, low = await company.kr_of(top), await company.objective("Low")
    await company.aligned(low, top)
    await company.aligned(low, kr)
    await company.when(RetireObjective(id=top, children=ChildPolicy.RETIRE))
    assert len(company.new_events) == 2
