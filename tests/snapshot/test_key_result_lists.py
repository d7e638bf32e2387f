"""Lists of key results: filtered and paged."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn
from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.commands.key_results import RetireKR
from okr_api.domain.health import Health
from okr_api.domain.values import Disposition
from okr_api.snapshot.key_result_lists import KeyResultFilter, key_results
from snapshot.conftest import Organisation


@pytest.fixture
async def listed(organisation: Organisation) -> Organisation:
    """A year's key result without data, and of a quarter's one that is given away, one in data and one retired."""
    o = organisation
    await o.objective("Year", cycle=o.year, krs=("Ärger",))
    quarter = await o.objective("Quarter", krs=("Given", "Known", "Gone"))
    given, known, gone = [node.id for node in (await o.read()).objectives[quarter].key_results]
    await o.given(DelegateKR(key_result_id=given, to=Delegation(to_owner_id=o.vp)))
    await o.given(RecordCheckIn(key_result=KeyResultRef(id=known), value=Decimal(9), confidence=Decimal(1)))
    await o.given(RetireKR(id=gone))
    await o.read()
    return o


def titles(o: Organisation, days: int = 0, **where: Any) -> list[str | None]:
    picked = KeyResultFilter(seen=lambda node: True, moment=datetime.now(UTC) + timedelta(days=days), **where)
    return [node.row.title for node in key_results(o.snapshot, picked, 50, None).rows]


async def test_what_is_given_must_hold(listed: Organisation) -> None:
    o = listed
    assert titles(o) == ["Ärger", "Given", "Known"]
    assert titles(o, cycle_id=o.q1) == ["Given", "Known"]
    assert titles(o, owner_ids=frozenset({o.vp})) == []
    assert titles(o, search="arg") == ["Ärger"]
    assert titles(o, dispositions=frozenset({Disposition.DELEGATED})) == ["Given"]
    assert titles(o, health=frozenset({Health.ON_TRACK})) == ["Known"]
    assert titles(o, health=frozenset({Health.NO_DATA}), cycle_id=o.year) == ["Ärger"]


async def test_a_check_in_is_overdue_once_its_interval_is_over(listed: Organisation) -> None:
    assert titles(listed, check_in_overdue=True) == []
    assert titles(listed, days=400, check_in_overdue=True) == ["Ärger", "Known"]
    assert titles(listed, days=400, check_in_overdue=False) == ["Given"]


async def test_pages_follow_each_other(listed: Organisation) -> None:
    where = KeyResultFilter(seen=lambda node: node.row.title != "Given", moment=datetime.now(UTC))
    first = key_results(listed.snapshot, where, 1, None)
    second = key_results(listed.snapshot, where, 1, first.cursors[0])
    assert [node.row.title for node in (*first.rows, *second.rows)] == ["Ärger", "Known"]
    assert (first.has_next, second.has_next, first.total()) == (True, False, 2)
