"""Commands about different things may come in any order: what is read afterwards is the same."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from examples import REVENUE, Company
from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn
from okr_api.commands.decision import Command
from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.commands.key_results import AddKR, EditKR, NewKR, RetargetKR, RetireKR
from okr_api.commands.objectives import AlignObjective, EditObjective
from okr_api.domain.objective import Contribution
from okr_api.domain.values import Approach
from okr_api.snapshot.alignment import alignment_health
from okr_api.snapshot.cascade import cascade
from okr_api.snapshot.key_result_lists import KeyResultFilter, key_results
from okr_api.snapshot.lists import ObjectiveFilter, ObjectiveOrder, ObjectiveOrderField, objectives
from okr_api.snapshot.nodes import KeyResultNode, ObjectiveNode
from okr_api.snapshot.snapshot import Snapshot
from snapshot.folded import folded

BRANCHES = 4
NOW = datetime(2026, 2, 1, tzinfo=UTC)


class Planned(Company):
    """A company objective and branches below it, each with key results of its own; every title stands once."""

    async def planned(self) -> "Planned":
        await self.founded()
        self.named: dict[str, UUID] = {"top": await self.objective("top")}
        self.named["goal"] = await self.kr_of(self.named["top"], "goal")
        for n in range(BRANCHES):
            branch = self.named[f"branch {n}"] = await self.objective(f"branch {n}", owner=self.vp)
            for kr in ("a", "b"):
                self.named[f"{n} {kr}"] = await self.kr_of(branch, f"{n} {kr}")
            await self.checked_in(self.named[f"{n} a"], n)
        return self


# Each writes one stream of one branch: its objective, its key result a, its key result b, or a new one.
Make = Callable[[Planned, int, int], Command]
ON_OBJECTIVE: list[Make] = [
    lambda p, n, x: AlignObjective(
        objective_id=p.named[f"branch {n}"],
        to=p.target(p.named[("top", "goal")[x % 2]]),
        contribution=Contribution(x % 3 > 0, Decimal(x)),
    ),
    lambda p, n, x: EditObjective(id=p.named[f"branch {n}"], title=f"{x} edited {n}", owner_id=p.ana),
    lambda p, n, x: AddKR(objective_id=p.named[f"branch {n}"], kr=NewKR(title=f"{n} c", metric=REVENUE)),
]
ON_A: list[Make] = [
    lambda p, n, x: RecordCheckIn(key_result=KeyResultRef(id=p.named[f"{n} a"]), value=Decimal(x)),
    lambda p, n, x: EditKR(id=p.named[f"{n} a"], weight=Decimal(x)),
    lambda p, n, x: RetargetKR(id=p.named[f"{n} a"], target=Decimal(x + 1)),
    lambda p, n, x: RetireKR(id=p.named[f"{n} a"]),
]
ON_B: list[Make] = [
    lambda p, n, x: DelegateKR(
        key_result_id=p.named[f"{n} b"],
        to=Delegation(
            to_owner_id=p.ana, title=f"delegate {n}", key_results=(NewKR(title=f"delegate {n} a", metric=REVENUE),)
        ),
    ),
    lambda p, n, x: RecordCheckIn(key_result=KeyResultRef(id=p.named[f"{n} b"]), value=Decimal(x)),
]
steps = st.dictionaries(
    st.tuples(st.integers(0, BRANCHES - 1), st.sampled_from(["objective", "a", "b"])),
    st.tuples(st.integers(0, 11), st.integers(0, 9)),
    min_size=2,
)


@settings(max_examples=60, deadline=None)
@given(steps, st.randoms(use_true_random=False))
def test_independent_commands_read_the_same_in_whatever_order_they_come(steps: Any, chance: Any) -> None:
    order = list(steps)
    shuffled = chance.sample(order, len(order))
    one, other = (asyncio.run(_read_after({place: steps[place] for place in places})) for places in (order, shuffled))
    assert one == other


async def _read_after(steps: dict[tuple[int, str], tuple[int, int]]) -> Any:
    company = await Planned().planned()
    makes = {"objective": ON_OBJECTIVE, "a": ON_A, "b": ON_B}
    for (branch, part), (kind, number) in steps.items():
        await company.given(makes[part][kind % len(makes[part])](company, branch, number))
    return _answers(folded(company.log), company)


def _answers(snapshot: Snapshot, company: Company) -> Any:
    """By titles, as ids and positions are drawn anew; siblings stand in order of creation, so lines are a set."""

    def title(node_id: UUID | None) -> str | None:
        node = snapshot.node(node_id) if node_id else None
        return node.row.title if node else None

    trees = {}
    for view in Approach:
        tree = cascade(snapshot, company.year, None, view, 64, 20_000)
        lines = {(title(p.node.id), title(p.parent_id), p.link, p.depth, p.child_count, p.context) for p in tree.places}
        links = {(title(e.parent_id), title(e.child_id), e.link, e.contributes) for e in tree.edges}
        trees[view] = (lines, links, tree.total)
    every = ObjectiveFilter(seen=lambda _: True, moment=NOW)
    by_title = ObjectiveOrder(ObjectiveOrderField.TITLE)
    listed = [_said(node) for node in objectives(snapshot, every, by_title, 200, None).rows]
    krs = key_results(snapshot, KeyResultFilter(seen=lambda _: True, moment=NOW), 200, None).rows
    return trees, listed, sorted(map(_said, krs), key=str), alignment_health(snapshot, company.year)


def _said(node: ObjectiveNode | KeyResultNode) -> tuple[Any, ...]:
    if isinstance(node, KeyResultNode):
        return node.row.title, node.row.weight, node.progress, node.disposition, node.live
    items = {(item.node.row.title, item.weight, item.progress, item.source) for item in node.breakdown()}
    return node.row.title, node.progress, node.live, items
