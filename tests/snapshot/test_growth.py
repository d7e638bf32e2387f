"""A tree that is made from the one before equals one that is made afresh, and shares with it what did not change."""

import random
from typing import Any
from uuid import UUID

import immutables
import pytest
from msgspec.structs import replace

from okr_api.domain.values import Approach, Link
from okr_api.snapshot import growth
from okr_api.snapshot.cascade import Branch, Tree, cascade
from okr_api.snapshot.forest import Forest
from okr_api.snapshot.growth import MOST_KEPT
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.tree import every
from snapshot.changing import Changing


def grown(snapshot: Snapshot, cycle: UUID, view: Approach = Approach.MIXED) -> Tree:
    return cascade(snapshot, cycle, None, view, 64, 20_000)


def afresh(snapshot: Snapshot, cycle: UUID, view: Approach, max_depth: int = 64, max_nodes: int = 20_000) -> Tree:
    """By the way that looks at every node."""
    forest = Forest(snapshot, cycle, view)
    return forest.tree(forest.hang(), max_depth, max_nodes)


def told(tree: Tree) -> Any:
    places = [(p.node, p.parent_id, p.link, p.depth, p.child_count, p.context) for p in tree.places]
    return places, tree.edges, tree.total, tree.truncated


def branches(tree: Tree) -> dict[UUID, Branch]:
    return {branch.place.node.id: branch for branch in every(tree.branches or ())}


@pytest.fixture
def changing() -> Changing:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    changing = Changing(random.Random(seed))
    changing.begin()
    return changing


@pytest.mark.parametrize("_", range(20))
def test_after_any_steps_it_equals_one_that_is_made_afresh(changing: Changing, _: int) -> None:
    passed: list[tuple[Snapshot, UUID]] = []
    for _ in range(60):
        snapshot = changing.step(changing.chance.choice([1, 1, 1, 2, 10]))
        cycle = changing.any_of(changing.cycles)
        for view in Approach:
            assert told(grown(snapshot, cycle, view)) == told(afresh(snapshot, cycle, view))
        _no_more_is_kept_than_stands(snapshot)
        passed.append((snapshot, cycle))
        older, cycle = changing.chance.choice(passed[-5:])
        assert told(grown(older, cycle)) == told(afresh(older, cycle, Approach.MIXED))


def _no_more_is_kept_than_stands(snapshot: Snapshot) -> None:
    for kept in snapshot.kept[growth.grown].values():
        assert kept.branches == branches(kept.tree)


@pytest.mark.parametrize("_", range(5))
def test_a_tree_is_cut_as_one_that_is_made_afresh(changing: Changing, _: int) -> None:
    for _ in range(20):
        snapshot, cycle = changing.step(5), changing.any_of(changing.cycles)
        depth, nodes = changing.chance.randrange(5), changing.chance.randrange(1, 40)
        tree = cascade(snapshot, cycle, None, Approach.MIXED, depth, nodes)
        assert told(tree) == told(afresh(snapshot, cycle, Approach.MIXED, depth, nodes))
        assert (tree.branches is None) is tree.truncated


@pytest.mark.parametrize("_", range(5))
def test_a_branch_is_the_same_where_its_node_is(changing: Changing, _: int) -> None:
    for _ in range(20):
        cycle, used = changing.any_of(changing.cycles), set(changing.snapshot.by_cycle)
        before = branches(grown(changing.snapshot, cycle))
        after = branches(grown(changing.step(1), cycle))
        if used != set(changing.snapshot.by_cycle):
            continue  # what stands above the cycle may be a member of it now
        for node_id, branch in after.items():
            old = before.get(node_id)
            if old and old.place.node is branch.place.node and old.place.depth == branch.place.depth:
                assert old is branch


def test_a_check_in_makes_the_way_to_the_top_again_and_nothing_else(changing: Changing) -> None:
    changing.links.clear()
    cycle = changing.cycle(None)
    top, other, lower = (changing.objective(cycle) for _ in range(3))
    upper_kr, kr, other_kr = (changing.key_result(objective) for objective in (top, lower, other))
    changing.linked(Link.SUPPORTS, lower, upper_kr)
    before = grown(changing.read(), cycle)
    changing.change = lambda: changing.checked_in(kr)
    after = grown(changing.step(1), cycle)
    old, new = branches(before), branches(after)
    assert {i for i in new if new[i] is not old[i]} == {top, upper_kr, lower, kr}
    assert other_kr in new
    assert grown(changing.snapshot, cycle) is after


def test_a_snapshot_whose_nodes_are_the_same_has_the_same_tree(changing: Changing) -> None:
    cycle = changing.any_of(changing.cycles)
    before = grown(changing.snapshot, cycle)
    changing.change = lambda: [changing.owner(None)]
    snapshot = changing.snapshot
    assert changing.step(1) is not snapshot
    assert grown(changing.snapshot, cycle) is before


def test_so_many_trees_are_kept_and_no_more(changing: Changing) -> None:
    for _ in range(10):
        for cycle in list(changing.cycles):
            for view in Approach:
                grown(changing.snapshot, cycle, view)
        changing.step(5)
        assert len(changing.snapshot.kept[growth.grown]) <= MOST_KEPT


def test_a_map_in_which_nothing_changed_is_the_same(changing: Changing) -> None:
    changing.link()
    kr, objective = changing.key_result(), changing.objective()
    before = changing.read()
    changing.change = lambda: changing.checked_in(kr)
    after = changing.step(1)
    same = {
        name
        for name in vars(after)
        if isinstance(getattr(after, name), immutables.Map) and _is_same(before, after, name)
    }
    assert {
        "owners",
        "cycles",
        "by_cycle",
        "by_owner",
        "references",
        "links_up",
        "links_down",
        "key_results_of",
    } <= same
    assert not {"objectives", "key_results", "counting"} & same
    changing.change = lambda: changing.objectives.update(
        {objective: replace(changing.objectives[objective], title="O")}
    )
    assert _is_same(after, changing.step(1), "cycles")


def _is_same(before: Snapshot, after: Snapshot, name: str) -> bool:
    return getattr(before, name) is getattr(after, name)
