"""A snapshot that is kept fresh by what changed equals one that is loaded afresh."""

import asyncio
import random
import sys
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from examples import IN_A_YEAR, REVENUE, api_key
from okr_api.access.policy import DEVELOPMENT
from okr_api.application import Caller
from okr_api.commands.branches import ChildPolicy
from okr_api.commands.carry_over import CarryOverObjective
from okr_api.commands.check_ins import CorrectCheckIn, KeyResultRef, RecordCheckIn
from okr_api.commands.cycles import BeginClosingCycle, CloseCycle, CreateCycle, EditCycle, OpenCycle, ReopenCycle
from okr_api.commands.decision import Command
from okr_api.commands.delegation import DelegateKR, Delegation, ReassignKR, UndelegateKR
from okr_api.commands.integrations import CreateIntegration, EditIntegration, IssueApiKey, RevokeApiKey
from okr_api.commands.key_results import AddKR, EditKR, MoveKR, NewKR, RestoreKR, RetargetKR, RetireKR, ScoreKR
from okr_api.commands.objectives import (
    ActivateObjective,
    AlignObjective,
    CreateObjective,
    EditObjective,
    RestoreObjective,
    RetireObjective,
    UnalignObjective,
)
from okr_api.commands.owners import DeactivateOwner, EditOwner, ErasePerson, MoveOwner, RegisterOwner
from okr_api.domain.errors import Refused
from okr_api.domain.events import KRAdded
from okr_api.domain.health import Health
from okr_api.domain.integration import NewApiKey
from okr_api.domain.objective import Contribution, LinkTarget
from okr_api.domain.values import Outcome, OwnerLevel, TargetKind
from okr_api.snapshot import making
from okr_api.snapshot.health import health
from okr_api.snapshot.loading import load_as_of
from okr_api.snapshot.nodes import KeyResultNode, Node
from okr_api.snapshot.roll_ups import differing_roll_ups
from okr_api.snapshot.snapshot import Snapshot
from projector.verify import verify
from snapshot.conftest import Organisation

NOON = datetime(2026, 2, 15, 12, tzinfo=UTC)


def told(snapshot: Snapshot) -> dict[str, Any]:
    """Everything that a snapshot says, by value."""
    return {
        "position": snapshot.position,
        "time": snapshot.time,
        "owners": dict(snapshot.owners),
        "cycles": dict(snapshot.cycles),
        "nodes": {node.id: shown(node) for node in (*snapshot.objectives.values(), *snapshot.key_results.values())},
        "by_cycle": dict(snapshot.by_cycle),
        "by_owner": {i: ids for i, ids in snapshot.by_owner.items() if ids},
        "references": dict(snapshot.references),
        "integrations": dict(snapshot.integrations),
        "api_keys": dict(snapshot.api_keys),
        "api_keys_of": dict(snapshot.api_keys_of),
        "links_up": {i: links for i, links in snapshot.links_up.items() if links},
        "links_down": {i: links for i, links in snapshot.links_down.items() if links},
    }


def shown(node: Node) -> Any:
    if isinstance(node, KeyResultNode):
        below = [(h.link, h.objective.id, h.objective.progress) for h in node.below()]
        return node.row, node.cycle, node.live, node.counting, below, node.progress, health(node, NOON)
    parts = [(item.node.id, item.weight, item.progress, item.source) for item in node.breakdown()]
    aligned = [(h.link, h.objective.id, h.objective.progress) for h in node.aligned]
    key_results = [key_result.progress for key_result in node.key_results]
    return (
        node.row,
        node.cycle,
        parts,
        aligned,
        key_results,
        node.serves,
        node.progress,
        node.outcome,
        health(node, NOON),
    )


@pytest.mark.parametrize("_", range(3))
async def test_after_any_history_it_equals_one_that_is_loaded_afresh(organisation: Organisation, _: int) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    made: dict[str, list[UUID]] = {
        "owner": [organisation.ceo, organisation.vp],
        "cycle": [organisation.year, organisation.q1],
        "objective": [await organisation.objective("First", krs=("KR",))],
        "keyResult": [organisation.log.events[-1].originator_id],
        "checkIn": [organisation.year],
        "integration": [await organisation.integration(key_id="0")],
    }

    keys = count(1)

    def any_of(kind: str) -> UUID:
        return chance.choice(made[kind])

    def a_key() -> NewApiKey:
        return api_key(str(next(keys)))

    def command() -> Command:
        number = Decimal(chance.randrange(100)) / 10
        new = tuple(NewKR(title="KR", metric=REVENUE, weight=number) for _ in range(chance.randrange(3)))
        target = LinkTarget(TargetKind.OBJECTIVE, any_of("objective"))
        if chance.random() < 0.5:
            target = LinkTarget(TargetKind.KEY_RESULT, any_of("keyResult"))
        ref, policy = chance.choice([None, "x", "y"]), chance.choice([None, *ChildPolicy])
        to = Delegation(to_owner_id=any_of("owner"), key_results=new)
        changes: list[Command] = [
            EditOwner(id=any_of("owner"), name="Other", external_ref=ref),
            MoveOwner(id=any_of("owner"), parent_id=any_of("owner")),
            ErasePerson(owner_id=any_of("owner")),
            EditCycle(id=any_of("cycle"), name="Other", check_in_every_days=chance.randrange(1, 30)),
            EditObjective(id=any_of("objective"), title=f"O {number}", owner_id=any_of("owner"), external_ref=ref),
            ActivateObjective(id=any_of("objective")),
            RetireObjective(id=any_of("objective"), children=policy),
            RestoreObjective(id=any_of("objective")),
            UnalignObjective(objective_id=any_of("objective"), from_=target),
            CarryOverObjective(id=any_of("objective"), to_cycle_id=any_of("cycle")),
            EditKR(id=any_of("keyResult"), title=f"KR {number}", weight=number, external_ref=ref),
            RetargetKR(id=any_of("keyResult"), target=number + 1),
            MoveKR(id=any_of("keyResult"), to_objective_id=any_of("objective")),
            ScoreKR(id=any_of("keyResult"), score=number / 10),
            RetireKR(id=any_of("keyResult"), child=policy),
            RestoreKR(id=any_of("keyResult")),
            UndelegateKR(key_result_id=any_of("keyResult"), child=policy),
            ReassignKR(key_result_id=any_of("keyResult"), to=to, child=policy),
            CorrectCheckIn(check_in_id=any_of("checkIn"), value=number),
            CorrectCheckIn(check_in_id=any_of("checkIn"), withdraw=True),
            EditIntegration(id=any_of("integration"), name=f"I {number}", cycle_ids=(any_of("cycle"),)),
            EditIntegration(id=any_of("integration"), cycle_ids=None, owner_ids=(any_of("owner"),)),
            IssueApiKey(id=any_of("integration"), key=a_key(), expires_at=IN_A_YEAR),
            RevokeApiKey(id=any_of("integration"), key_id=str(chance.randrange(10))),
        ]
        if chance.random() < 0.1:
            kinds = [OpenCycle, BeginClosingCycle, CloseCycle, ReopenCycle, ReopenCycle, OpenCycle]
            return chance.choice(kinds)(id=any_of("cycle"))
        if chance.random() < 0.02:
            return DeactivateOwner(id=any_of("owner"))
        if chance.random() < 0.6:
            return chance.choice(changes)
        return chance.choice(
            [
                RegisterOwner(name="Owner", level=OwnerLevel.TEAM, parent_id=any_of("owner")),
                CreateCycle(name="C", starts_on=NOON.date(), ends_on=NOON.date(), parent_id=any_of("cycle")),
                CreateObjective(cycle_id=any_of("cycle"), owner_id=any_of("owner"), title="O", key_results=new),
                CreateIntegration(name="I", key=a_key(), expires_at=IN_A_YEAR, owner_ids=(any_of("owner"),)),
                AddKR(objective_id=any_of("objective"), kr=NewKR(title="KR", metric=REVENUE)),
                DelegateKR(
                    key_result_id=any_of("keyResult"), to=Delegation(to_owner_id=any_of("owner"), key_results=new)
                ),
                DelegateKR(key_result_id=any_of("keyResult"), to=Delegation(to_objective_id=any_of("objective"))),
                AlignObjective(objective_id=any_of("objective"), to=target, contribution=Contribution(True, number)),
                RecordCheckIn(key_result=KeyResultRef(id=any_of("keyResult")), value=number),
                RecordCheckIn(key_result=KeyResultRef(id=any_of("keyResult")), value=number, confidence=number / 10),
            ]
        )

    for _ in range(25):
        for _ in range(8):
            try:
                done = await organisation.application.execute(command(), Caller(DEVELOPMENT))
            except Refused:
                continue
            for kind, entity_id in done.result.items():
                made.setdefault(kind, []).append(UUID(entity_id))
        kept = organisation.snapshot
        before = told(kept) if kept.position else None
        fresh = await organisation.read()
        assert told(fresh) == told(await organisation.read_afresh())
        if before is not None:
            assert told(kept) == before, "a snapshot that somebody holds never changes"
            then = told(await load_as_of(organisation.reading, kept.position))
            assert then | {"time": before["time"]} == before, "the past is read as it was"
    assert await differing_roll_ups(organisation.dsn) == []
    assert await asyncio.to_thread(verify, organisation.dsn, lambda done, of: None) == []


async def test_a_chain_longer_than_python_may_call_is_read(organisation: Organisation) -> None:
    o = organisation
    kr = await o.kr("KR")
    for _ in range(300):
        done = await o.application.execute(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=o.ceo)), o.caller)
        delegate = UUID(done.result["objective"])
        kr = await o.given(AddKR(objective_id=delegate, kr=NewKR(title="KR", metric=REVENUE)))
    await o.given(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(5)))
    snapshot = await o.read()
    top = snapshot.objectives[snapshot.by_cycle[o.q1][0]]
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(500)
    try:
        assert top.progress == Decimal("0.5")
        assert health(top, NOON) is Health.ON_TRACK
        snapshot = await o.read_afresh()
        assert snapshot.objectives[top.id].progress == Decimal("0.5")
    finally:
        sys.setrecursionlimit(limit)


async def test_links_that_are_not_live_may_go_round_in_a_loop(organisation: Organisation) -> None:
    o = organisation
    upper, lower = await o.objective("Upper", krs=("KR",)), await o.objective("Lower")
    kr = next(e.originator_id for e in reversed(o.log.events) if isinstance(e, KRAdded))
    await o.given(AlignObjective(objective_id=lower, to=LinkTarget(TargetKind.KEY_RESULT, kr)))
    await o.read()
    await o.given(RetireKR(id=kr, child=ChildPolicy.DETACH))
    await o.given(AlignObjective(objective_id=upper, to=LinkTarget(TargetKind.OBJECTIVE, lower)))
    assert told(await o.read()) == told(await o.read_afresh())
    with pytest.raises(Refused):
        await o.given(RestoreKR(id=kr))


async def test_what_is_retired_counts_no_more_until_it_is_restored(organisation: Organisation) -> None:
    o = organisation
    top = await o.objective("Top", krs=("Done", "Open"))
    done, open_ = [node.id for node in (await o.read()).objectives[top].key_results]
    for kr, value in ((done, 10), (open_, 0)):
        await o.given(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(value)))
    assert (await o.read()).objectives[top].progress == Decimal("0.5")
    await o.given(RetireKR(id=open_))
    assert (await o.read()).objectives[top].progress == 1
    await o.given(RestoreKR(id=open_))
    await o.given(RetireObjective(id=top))
    assert not (await o.read()).key_results[done].live
    await o.given(RestoreObjective(id=top))
    assert (await o.read()).objectives[top].progress == Decimal("0.5")


async def test_a_reference_is_found_at_its_holder(organisation: Organisation) -> None:
    o = organisation
    old = await o.given(CreateObjective(cycle_id=o.q1, owner_id=o.ceo, title="O", external_ref="x"))
    assert (await o.read()).references["Objective", "x"] == old
    new = await o.given(CarryOverObjective(id=old, to_cycle_id=o.year))
    snapshot = await o.read()
    assert snapshot.references["Objective", "x"] == new
    assert snapshot.objectives[old].row.external_ref is None
    assert snapshot.objectives[new].row.continues_from == old
    await o.given(EditObjective(id=new, external_ref=None))
    assert ("Objective", "x") not in (await o.read()).references


async def test_closing_with_scores_tells_the_outcome(organisation: Organisation) -> None:
    o = organisation
    top, left = await o.objective("Top", krs=("Scored", "Measured")), await o.objective("Left")
    scored, measured = [node.id for node in (await o.read()).objectives[top].key_results]
    await o.given(RecordCheckIn(key_result=KeyResultRef(id=measured), value=Decimal(5)))
    await o.given(RetireObjective(id=left))
    await o.given(BeginClosingCycle(id=o.q1))
    await o.given(ScoreKR(id=scored, score=Decimal("0.9")))
    node = (await o.read()).objectives[top]
    assert (node.score, node.outcome) == (Decimal("0.7"), None)
    await o.given(CloseCycle(id=o.q1))
    snapshot = await o.read()
    assert snapshot.objectives[top].outcome is Outcome.ACHIEVED
    assert snapshot.objectives[left].outcome is Outcome.DROPPED
    assert [node.score for node in snapshot.objectives[top].key_results] == [Decimal("0.9"), None]


async def test_a_refresh_that_forgets_what_stands_above_is_found_out(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    kr = await organisation.kr("KR")
    for value in (4, 5, 6):
        await organisation.given(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(value)))
    await organisation.given(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(7)))
    for _ in range(20):
        await organisation.objective("More")
    await organisation.given(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(8)))
    await organisation.project()
    assert await differing_roll_ups(organisation.dsn) == []
    monkeypatch.setattr(making.Making, "_dirty_upward", lambda _: None)
    assert len(await differing_roll_ups(organisation.dsn)) == 1
