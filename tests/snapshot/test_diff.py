"""A diff of two cuts: exactly what one tree has to become to be the other."""

import asyncio
import random
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.test_any_commands import Chance, steps
from examples import Company
from okr_api.commands.decision import Command
from okr_api.commands.key_results import MoveKR
from okr_api.commands.objectives import EditObjective, UnalignObjective
from okr_api.domain.errors import Refused
from okr_api.domain.values import Approach
from okr_api.snapshot.cascade import Edge, cascade
from okr_api.snapshot.diff import Diff, DiffKind, diff
from okr_api.snapshot.fields import measured, stored
from okr_api.snapshot.snapshot import Snapshot
from snapshot.folded import folded

Lines = dict[UUID, tuple[UUID | None, dict[str, object]]]
Tree = tuple[Lines, set[Edge]]
MIRRORED = {
    DiffKind.ADDED: DiffKind.REMOVED,
    DiffKind.REMOVED: DiffKind.ADDED,
    DiffKind.MOVED: DiffKind.MOVED,
    DiffKind.CHANGED: DiffKind.CHANGED,
}


def tree(snapshot: Snapshot, cycle: UUID, root: UUID | None, view: Approach) -> Tree:
    """Every node with its parent and its fields, and every link; nothing where the cycle or the root is not there."""
    try:
        found = cascade(snapshot, cycle, root, view, 1000, 100_000)
    except Refused:
        return {}, set()
    lines = {p.node.id: (p.parent_id, said(stored(p.node) | measured(p.node))) for p in found.places}
    return lines, set(found.edges)


def applied(before: Tree, told: Diff) -> Tree:
    """The tree that a client makes of one that it has and of what it is told."""
    lines, edges = dict(before[0]), set(before[1])
    for change in told.changes:
        node_id = change.node.id
        if change.kind is DiffKind.REMOVED:
            del lines[node_id]
            continue
        fields = dict(lines[node_id][1]) if change.kind is not DiffKind.ADDED else {}
        for field in change.fields:
            assert fields.get(field.field) == field.before
            fields[field.field] = field.after
        lines[node_id] = change.parent_after, said(fields)
    assert edges >= set(told.links_removed)
    return lines, (edges - set(told.links_removed)) | set(told.links_added)


def said(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def mirrored(told: Diff) -> Any:
    changes = [
        (MIRRORED[c.kind], c.node.id, c.parent_after, c.parent_before, [(f.field, f.after, f.before) for f in c.fields])
        for c in told.changes
    ]
    return changes, told.links_removed, told.links_added


def plain(told: Diff) -> Any:
    changes = [
        (c.kind, c.node.id, c.parent_before, c.parent_after, [(f.field, f.before, f.after) for f in c.fields])
        for c in told.changes
    ]
    return changes, told.links_added, told.links_removed


Asked = list[tuple[Callable[[Chance], Command], tuple[int, ...]]]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, min_size=5, max_size=30), st.lists(steps, min_size=1, max_size=30), st.integers(0, 2**32))
def test_applying_it_to_one_tree_gives_the_other(earlier: Asked, later: Asked, seed: int) -> None:
    before, after, company = asyncio.run(_cuts(earlier, later))
    chance = random.Random(seed)
    nodes = [*after.objectives, *after.key_results]
    for cycle in (company.year, company.q1, *chance.sample(list(after.cycles), 1)):
        for view in Approach:
            for root in (None, *chance.sample(nodes, min(4, len(nodes)))):
                _compare(before, after, cycle, root, view)


def _compare(before: Snapshot, after: Snapshot, cycle: UUID, root: UUID | None, view: Approach) -> None:
    was, now = (tree(snapshot, cycle, root, view) for snapshot in (before, after))
    try:
        told, back = diff(before, after, cycle, root, view), diff(after, before, cycle, root, view)
    except Refused:
        assert (was, now) == (({}, set()), ({}, set()))
        return
    assert applied(was, told) == now
    assert mirrored(told) == plain(back)
    kinds = {c.node.id: c.kind for c in told.changes}
    assert kinds == {node_id: kind for node_id in {*was[0], *now[0]} if (kind := _kind(was[0], now[0], node_id))}
    if now[0]:
        assert not diff(after, after, cycle, root, view)


def _kind(was: Lines, now: Lines, node_id: UUID) -> DiffKind | None:
    if node_id not in was:
        return DiffKind.ADDED
    if node_id not in now:
        return DiffKind.REMOVED
    if was[node_id][0] != now[node_id][0]:
        return DiffKind.MOVED
    return DiffKind.CHANGED if was[node_id] != now[node_id] else None


async def _cuts(earlier: Asked, later: Asked) -> tuple[Snapshot, Snapshot, Company]:
    company = await Company().founded()
    for cycle in (company.year, company.q1):
        kr = await company.kr("Grow", cycle=cycle)
        low = await company.delegated(kr, owner=company.ceo)
        await company.aligned(await company.objective("Low", cycle=cycle), await company.kr_of(low))
    await _do(company, earlier)
    before = folded(company.log)
    await _do(company, later)
    return before, folded(company.log), company


async def _do(company: Company, asked: Asked) -> None:
    for make, numbers in asked:
        await company.when(make(Chance(company, numbers)))


async def test_what_moved_and_changed_is_told_once_as_moved() -> None:
    company = await Company().founded()
    low = await company.objective("Low")
    one, other = await company.kr("One"), await company.kr("Other")
    await company.aligned(low, one)
    before = folded(company.log)
    await company.given(UnalignObjective(objective_id=low, from_=company.target(one)))
    await company.aligned(low, other)
    await company.given(EditObjective(id=low, title="Lower"))
    told = diff(before, folded(company.log), company.year, None, Approach.MIXED)
    (change,) = told.changes
    assert (change.kind, change.node.id) == (DiffKind.MOVED, low)
    assert (change.parent_before, change.parent_after) == (one, other)
    assert [(f.field, f.before, f.after) for f in change.fields] == [("title", "Low", "Lower")]
    assert [e.parent_id for e in told.links_added] == [other]
    assert [e.parent_id for e in told.links_removed] == [one]
    told = diff(before, folded(company.log), company.year, None, Approach.LOOSE)
    assert [c.kind for c in told.changes] == [DiffKind.CHANGED]


async def test_what_is_in_neither_cut_is_not_found() -> None:
    company = await Company().founded()
    snapshot = folded(company.log)
    for cycle, root in ((uuid4(), None), (company.year, uuid4())):
        with pytest.raises(Refused, match="There is no"):
            diff(snapshot, snapshot, cycle, root, Approach.MIXED)


async def test_an_objective_above_the_cycle_leaves_with_the_last_of_what_is_served_there() -> None:
    company = await Company().founded()
    kr, elsewhere = await company.kr("Year", cycle=company.year), await company.objective("Else", cycle=company.year)
    home = company.state(kr).objective_id
    await company.aligned(await company.objective("Low"), kr)
    before = folded(company.log)
    await company.given(MoveKR(id=kr, to_objective_id=elsewhere))
    told = diff(before, folded(company.log), company.q1, None, Approach.MIXED)
    kinds = {DiffKind.REMOVED: home, DiffKind.MOVED: kr, DiffKind.ADDED: elsewhere}
    assert {change.kind: change.node.id for change in told.changes} == kinds
