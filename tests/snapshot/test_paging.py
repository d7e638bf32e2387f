"""A page of objectives is the same whichever way it is found, and touches no more than it shows."""

import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from okr_api.snapshot.lists import ObjectiveFilter, ObjectiveOrder, ObjectiveOrderField, SortDirection, objectives
from okr_api.snapshot.nodes import ObjectiveNode
from okr_api.snapshot.pages import Page
from okr_api.snapshot.snapshot import Snapshot
from snapshot.changing import NOON, Changing


@pytest.fixture
def changing() -> Changing:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    changing = Changing(random.Random(seed))
    changing.begin()
    for _ in range(30):
        changing.step(3)
    return changing


def everyone(node: ObjectiveNode) -> bool:
    return True


def pages(snapshot: Snapshot, where: ObjectiveFilter, order: ObjectiveOrder) -> Iterator[Page[ObjectiveNode]]:
    after = None
    while True:
        page = objectives(snapshot, where, order, 3, after)
        yield page
        if not page.has_next:
            return
        after = page.cursors[-1]


@pytest.mark.parametrize("_", range(5))
async def test_pages_hold_every_objective_that_fits_once_and_in_order(changing: Changing, _: int) -> None:
    chance, snapshot = changing.chance, changing.snapshot
    for _ in range(40):
        cycle = chance.choice([None, *changing.cycles])
        owners = chance.choice([None, frozenset(chance.sample(list(changing.owners), chance.randrange(3)))])
        where = ObjectiveFilter(seen=everyone, moment=NOON, cycle_id=cycle, owner_ids=owners)
        order = ObjectiveOrder(chance.choice(list(ObjectiveOrderField)), chance.choice(list(SortDirection)))
        expected = [
            node
            for node in snapshot.objectives.values()
            if (cycle is None or node.row.cycle_id == cycle) and (owners is None or node.row.owner_id in owners)
        ]
        expected.sort(key=order.key, reverse=order.descending)
        found = list(pages(snapshot, where, order))
        assert [node for page in found for node in page.rows] == expected
        assert found[0].total() == len(expected)
        assert [page.has_previous for page in found] == [False] + [True] * (len(found) - 1)


async def test_a_page_of_a_cycle_looks_at_no_more_than_it_shows(changing: Changing) -> None:
    cycle = changing.cycle(None)
    ids = [changing.objective(cycle) for _ in range(100)]
    changing.read()
    looked_at: list[UUID] = []

    def seen(node: ObjectiveNode) -> bool:
        looked_at.append(node.id)
        return True

    where: Any = ObjectiveFilter(seen=seen, moment=NOON, cycle_id=cycle)
    first = objectives(changing.snapshot, where, ObjectiveOrder(), 10, None)
    second = objectives(changing.snapshot, where, ObjectiveOrder(), 10, first.cursors[-1])
    assert [node.id for node in second.rows] == ids[10:20]
    assert len(looked_at) == 22
    assert second.total() == 100


def test_an_owner_keeps_what_it_owns_in_order_of_creation(changing: Changing) -> None:
    for _ in range(50):
        snapshot = changing.step(3)
        owned = {i: list(ids) for i, ids in snapshot.by_owner.items() if ids}
        expected: dict[tuple[UUID, UUID], list[UUID]] = {}
        for row in sorted(changing.objectives.values(), key=lambda row: row.created_position):
            expected.setdefault((row.cycle_id, row.owner_id), []).append(row.id)
        assert owned == expected
