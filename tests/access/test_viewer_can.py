"""viewerCan says the truth: what it lists is done when it is tried, and what it leaves out is refused."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from uuid import UUID

import pytest

from access.people import integration, member, person
from access.test_matrix import company_with_logins
from domain.catalogue import DETACH, World, new
from okr_api.access.policy import Principal, Role
from okr_api.commands.carry_over import CarryOverObjective
from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn, RecordCheckIns
from okr_api.commands.decision import Command
from okr_api.commands.delegation import DelegateKR, Delegation, ReassignKR, UndelegateKR
from okr_api.commands.key_results import AddKR, EditKR, MoveKR, RestoreKR, RetargetKR, RetireKR, ScoreKR
from okr_api.commands.objectives import (
    ActivateObjective,
    AlignObjective,
    EditObjective,
    RestoreObjective,
    RetireObjective,
    UnalignObjective,
)
from okr_api.domain.values import CycleState
from okr_api.snapshot.nodes import ObjectiveNode
from okr_api.snapshot.possible import on_key_result, on_objective
from okr_api.snapshot.sight import Sight
from snapshot.folded import folded

D = Decimal
Try = Callable[[World, UUID], Command]
WHO: dict[str, Principal] = {
    "admin": person("admin", Role.ADMIN),
    "boss": member("boss"),
    "ana": member("ana"),
    "auditor": person("auditor", Role.AUDITOR),
    "integration": integration(),
}
OBJECTIVES: dict[str, Try] = {
    "editObjective": lambda w, i: EditObjective(id=i, title="Other"),
    "retireObjective": lambda w, i: RetireObjective(id=i, children=DETACH),
    "alignObjective": lambda w, i: AlignObjective(objective_id=i, to=w.target(w.free)),
    "unalignObjective": lambda w, i: UnalignObjective(objective_id=i, from_=w.target(w.top)),
    "addKR": lambda w, i: AddKR(objective_id=i, kr=new()),
    "activateObjective": lambda w, i: ActivateObjective(id=i),
    "restoreObjective": lambda w, i: RestoreObjective(id=i),
    "carryOverObjective": lambda w, i: CarryOverObjective(id=i, to_cycle_id=w.q1),
}
KEY_RESULTS: dict[str, Try] = {
    "recordCheckIn": lambda w, i: _check_in(i),
    "recordCheckIns": lambda w, i: RecordCheckIns(items=(_check_in(i),)),
    "scoreKR": lambda w, i: ScoreKR(id=i, score=D("0.5")),
    "editKR": lambda w, i: EditKR(id=i, title="Other"),
    "retargetKR": lambda w, i: RetargetKR(id=i, target=D(30)),
    "moveKR": lambda w, i: MoveKR(id=i, to_objective_id=w.free),
    "retireKR": lambda w, i: RetireKR(id=i, child=DETACH),
    "restoreKR": lambda w, i: RestoreKR(id=i),
    "delegateKR": lambda w, i: DelegateKR(key_result_id=i, to=Delegation(to_owner_id=w.vp)),
    "undelegateKR": lambda w, i: UndelegateKR(key_result_id=i, child=DETACH),
    "reassignKR": lambda w, i: ReassignKR(key_result_id=i, to=Delegation(to_owner_id=w.vp), child=DETACH),
}
"""Each as it would be asked for if it is possible at all."""


def _check_in(kr: UUID) -> RecordCheckIn:
    return RecordCheckIn(key_result=KeyResultRef(id=kr), value=D(5))


@pytest.mark.parametrize("state", CycleState)
@pytest.mark.parametrize("who", WHO)
async def test_what_is_listed_is_done_and_what_is_not_is_refused(who: str, state: CycleState) -> None:
    world = await company_with_logins(state)
    for thing in ("top", "low", "draft", "gone", "delegate", "result", "given_away", "gone_kr"):
        listed, attempts = _listed(world, who, thing)
        assert listed <= set(attempts)
        for name, attempt in attempts.items():
            world.principal = WHO[who]
            await world.when(attempt(world, getattr(world, thing)))
            assert bool(world.new_events) == (name in listed), (thing, name, world.problems)
            if world.new_events:
                world = await company_with_logins(state)


def _listed(world: World, who: str, thing: str) -> tuple[set[str], dict[str, Try]]:
    snapshot = folded(world.log)
    node = snapshot.node(getattr(world, thing))
    assert node
    is_objective = isinstance(node, ObjectiveNode)
    possible: Iterable[str] = on_objective(node) if isinstance(node, ObjectiveNode) else on_key_result(node)
    sight = Sight(WHO[who], snapshot)
    listed = {name for name in possible if sight.may(name[0].upper() + name[1:], node)}
    return listed, OBJECTIVES if is_objective else KEY_RESULTS
