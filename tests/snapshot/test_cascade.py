"""The tree of a cycle in its three views, and the line of sight."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn
from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.commands.objectives import AlignObjective
from okr_api.domain.errors import Refused
from okr_api.domain.objective import Contribution, LinkTarget
from okr_api.domain.progress import ProgressSource
from okr_api.domain.values import Approach, Link, TargetKind
from okr_api.snapshot.cascade import Place, Tree, cascade
from okr_api.snapshot.lines import line_of_sight
from okr_api.snapshot.snapshot import Snapshot
from snapshot.conftest import Organisation


def drawn(tree: Tree) -> list[str]:
    """The tree as indented text: title, and how it hangs."""
    return ["  " * place.depth + described(place) for place in tree.places]


def described(place: Place) -> str:
    hangs = f" <{place.link}" if place.link else ""
    return f"{place.node.row.title}{hangs}{' (context)' if place.context else ''}"


def whole(snapshot: Snapshot, cycle: UUID, view: Approach = Approach.MIXED, root: UUID | None = None) -> Tree:
    return cascade(snapshot, cycle, root, view, 64, 20_000)


@pytest.fixture
async def planned(organisation: Organisation) -> Organisation:
    """The company's year objective with a key result, delegated to a VP's objective in Q1, and what else serves it."""
    o = organisation
    o.top = await o.objective("Top", cycle=o.year, krs=("Grow", "Sign"))
    o.grow, o.sign = [e.originator_id for e in o.log.events[-2:]]
    delegate = DelegateKR(key_result_id=o.grow, to=Delegation(to_owner_id=o.vp, cycle_id=o.q1))
    o.vps = UUID((await o.application.execute(delegate, o.caller)).result["objective"])
    o.team = await o.objective("Team", owner=o.vp, krs=("Hire",))
    o.hire = o.log.events[-1].originator_id
    for target in (LinkTarget(TargetKind.OBJECTIVE, o.vps), LinkTarget(TargetKind.KEY_RESULT, o.sign)):
        await o.given(AlignObjective(objective_id=o.team, to=target, contribution=Contribution(True)))
    o.alone = await o.objective("Alone", owner=o.vp)
    return o


async def test_every_node_stands_once_below_its_strongest_link_and_every_link_is_an_edge(planned: Organisation) -> None:
    tree = whole(await planned.read(), planned.year)
    assert drawn(tree) == [
        "Top",
        "  Grow <CONTAINS",
        "    Grow <DELEGATES",
        "  Sign <CONTAINS",
        "    Team <SUPPORTS",
        "      Hire <CONTAINS",
        "Alone",
    ]
    assert (tree.total, tree.truncated) == (7, False)
    edges = {(edge.parent_id, edge.child_id, edge.link) for edge in tree.edges}
    assert (planned.vps, planned.team, Link.ALIGNS) in edges
    assert len(edges) == 6
    assert tree.places[0].child_count == 2


async def test_a_view_is_a_filter_on_links(planned: Organisation) -> None:
    snapshot = await planned.read()
    assert "    Team <SUPPORTS" in drawn(whole(snapshot, planned.year, Approach.TIGHT))
    loose = drawn(whole(snapshot, planned.year, Approach.LOOSE))
    assert loose == [
        "Top",
        "  Grow <CONTAINS",
        "  Sign <CONTAINS",
        "Grow",
        "  Team <ALIGNS",
        "    Hire <CONTAINS",
        "Alone",
    ]


async def test_above_a_quarter_stands_what_it_serves_in_the_year(planned: Organisation) -> None:
    tree = drawn(whole(await planned.read(), planned.q1))
    assert tree == [
        "Top (context)",
        "  Grow <CONTAINS (context)",
        "    Grow <DELEGATES",
        "  Sign <CONTAINS (context)",
        "    Team <SUPPORTS",
        "      Hire <CONTAINS",
        "Alone",
    ]


async def test_below_a_root_everything_that_serves_it_by_any_link(planned: Organisation) -> None:
    tree = drawn(whole(await planned.read(), planned.year, root=planned.vps))
    assert tree == ["Grow", "  Team <ALIGNS", "    Hire <CONTAINS"]


async def test_a_tree_is_cut_by_depth_and_size_and_says_so(planned: Organisation) -> None:
    snapshot = await planned.read()
    by_depth = cascade(snapshot, planned.year, None, Approach.MIXED, 1, 20_000)
    assert drawn(by_depth) == ["Top", "  Grow <CONTAINS", "  Sign <CONTAINS", "Alone"]
    assert (by_depth.total, by_depth.truncated, by_depth.places[1].child_count) == (7, True, 1)
    by_size = cascade(snapshot, planned.year, None, Approach.MIXED, 64, 2)
    assert drawn(by_size) == ["Top", "  Grow <CONTAINS"]
    assert len(by_size.edges) == 1


async def test_an_unknown_cycle_or_root_is_not_found(planned: Organisation) -> None:
    snapshot = await planned.read()
    with pytest.raises(Refused, match="NOT_FOUND cycleId"):
        whole(snapshot, uuid4())
    with pytest.raises(Refused, match="NOT_FOUND rootId"):
        whole(snapshot, planned.year, root=planned.ceo)


async def test_the_line_of_sight_leads_to_the_company_objective(planned: Organisation) -> None:
    snapshot = await planned.read()
    line = line_of_sight(snapshot, snapshot.objectives[planned.team])
    assert [node.id for node in line] == [planned.sign, planned.top]
    assert line_of_sight(snapshot, snapshot.objectives[planned.top]) == []


async def test_all_views_show_the_same_progress(planned: Organisation) -> None:
    await planned.given(RecordCheckIn(key_result=KeyResultRef(id=planned.hire), value=Decimal(5)))
    snapshot = await planned.read()
    shown = [
        {place.node.id: place.node.progress for place in whole(snapshot, planned.year, view).places}
        for view in Approach
    ]
    assert shown[0] == shown[1] == shown[2]


async def test_progress_rises_by_measure_delegate_supporters_and_contributing_alignments(planned: Organisation) -> None:
    o = planned
    await o.given(RecordCheckIn(key_result=KeyResultRef(id=o.hire), value=Decimal(5)))
    snapshot = await o.read()
    grow, sign = snapshot.key_results[o.grow].progress, snapshot.key_results[o.sign].progress
    assert (sign.source, sign.counting) == (ProgressSource.SUPPORTERS, Decimal("0.5"))
    # A quarter's delegate of a year's key result is shown and does not count.
    assert (grow.source, grow.cascaded, grow.counting) == (ProgressSource.NONE, Decimal("0.5"), None)
    assert snapshot.objectives[o.top].progress == Decimal("0.5")
    await o.given(RecordCheckIn(key_result=KeyResultRef(id=o.grow), value=Decimal(10)))
    snapshot = await o.read()
    assert snapshot.key_results[o.grow].progress.source is ProgressSource.MEASURED
    assert snapshot.objectives[o.top].progress == Decimal("0.75")
