"""Commands about delegation: a key result becomes the objective below, is taken back, or goes elsewhere."""

from dataclasses import dataclass
from uuid import UUID

from okr_api.commands.branches import ChildPolicy, Ending, settle
from okr_api.commands.decision import Command, Decision, Result
from okr_api.commands.key_results import NewKR, add_key_results
from okr_api.commands.links import delegation_stands, refuse_loop, require_link, restated
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import Problems, Refused, RuleViolation
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import LinkTarget, Objective
from okr_api.domain.objective import input_problems as objective_problems
from okr_api.domain.owner import Owner
from okr_api.domain.values import Link, TargetKind


@dataclass(frozen=True, kw_only=True)
class Delegation:
    """Exactly one of `to_owner_id` (a new objective of theirs) and `to_objective_id` (one that stands already)."""

    to_owner_id: UUID | None = None
    to_objective_id: UUID | None = None
    title: str | None = None
    cycle_id: UUID | None = None
    key_results: tuple[NewKR, ...] = ()
    retain: bool = False


@dataclass(frozen=True, kw_only=True)
class OnDelegation(Command):
    key_result_id: UUID
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.key_result_id,)

    async def above(self, decision: Decision) -> "Above":
        """The key result with what it stands in, all open to changes."""
        key_result = await decision.get(KeyResult, self.key_result_id, "keyResultId")
        key_result.expect(self.expected_version)
        objective = await decision.get(Objective, key_result.objective_id)
        objective.require_live("keyResultId")
        cycle = await decision.get(Cycle, objective.cycle_id)
        cycle.require_plan_open("keyResultId")
        accountable = await decision.get(Owner, key_result.owner_id, guard=False)
        return Above(key_result, objective, cycle, accountable)


@dataclass(frozen=True)
class Above:
    """Where a delegation comes from."""

    key_result: KeyResult
    objective: Objective
    cycle: Cycle
    accountable: Owner


@dataclass(frozen=True, kw_only=True)
class DelegateKR(OnDelegation):
    to: Delegation

    @property
    def turns(self) -> tuple[UUID, ...]:
        standing = self.to.to_objective_id
        return (self.key_result_id,) if standing is None else (self.key_result_id, standing)

    async def decide(self, decision: Decision) -> Result:
        above = await self.above(decision)
        return await _delegate(decision, above, self.to)


@dataclass(frozen=True, kw_only=True)
class UndelegateKR(OnDelegation):
    """The key result is its owner's alone again; the objective that it became goes by the policy."""

    child: ChildPolicy | None = None

    async def decide(self, decision: Decision) -> Result:
        above = await self.above(decision)
        delegate = await _undelegate(decision, above, self.child)
        return {"keyResult": str(above.key_result.id), "objective": str(delegate)}


@dataclass(frozen=True, kw_only=True)
class ReassignKR(OnDelegation):
    """One delegation ends and another begins, in one commit."""

    to: Delegation
    child: ChildPolicy | None = None

    async def decide(self, decision: Decision) -> Result:
        above = await self.above(decision)
        same = self.to.to_objective_id is not None and self.to.to_objective_id == above.key_result.delegated_to
        if same and await delegation_stands(decision, above.key_result):
            above.key_result.refuse_delegated("to", "objectiveId")
        await _undelegate(decision, above, self.child)
        return await _delegate(decision, above, self.to)


async def _undelegate(decision: Decision, above: Above, policy: ChildPolicy | None) -> UUID:
    key_result = above.key_result
    delegate = key_result.undelegate()
    instead = [LinkTarget(TargetKind.OBJECTIVE, above.objective.id), LinkTarget(TargetKind.KEY_RESULT, key_result.id)]
    await settle(decision, Ending(frozenset([key_result.id]), instead), [delegate], policy, "child")
    return delegate


async def _delegate(decision: Decision, above: Above, to: Delegation) -> Result:
    key_result = above.key_result
    standing = await delegation_stands(decision, key_result)
    if to.to_objective_id is None:
        delegate = await _new_delegate(decision, above, to)
    else:
        delegate = await _standing_delegate(decision, above, to.to_objective_id)
    key_result.delegate(delegate.id, retain=to.retain, standing=standing)
    delegate.accept_delegation(key_result.id)
    if to.to_objective_id is not None:
        await refuse_loop(decision, delegate, [above.objective.id], "to", "objectiveId")
    return {"keyResult": str(key_result.id), "objective": str(delegate.id)}


async def _new_delegate(decision: Decision, above: Above, to: Delegation) -> Objective:
    title = above.key_result.title.text or "" if to.title is None else to.title
    problems = Problems(objective_problems(title, None, None))
    cycle = above.cycle
    if to.cycle_id is not None:
        with problems.noted():
            cycle = await decision.get(Cycle, to.cycle_id, "cycleId")
    assert to.to_owner_id is not None
    with problems.noted():
        owner = await decision.get(Owner, to.to_owner_id, "to", "ownerId")
        owner.require_active("to", "ownerId")
        path = ("to", "ownerId") if to.cycle_id is None else ("cycleId",)
        upper = (above.cycle, above.accountable)
        await require_link(decision, Link.DELEGATES, below=(cycle, owner), above=upper, path=path)
    delegate = Objective.create(decision.new_id(), cycle_id=cycle.id, owner_id=to.to_owner_id, title=title)
    decision.add(delegate)
    with problems.noted():
        await add_key_results(decision, delegate, cycle, to.key_results)
    problems.refuse()
    return delegate


async def _standing_delegate(decision: Decision, above: Above, objective_id: UUID) -> Objective:
    path = ("to", "objectiveId")
    delegate = await decision.get(Objective, objective_id, *path)
    cycle = await decision.get(Cycle, delegate.cycle_id)
    owner = await decision.get(Owner, delegate.owner_id, guard=False)
    upper = (above.cycle, above.accountable)
    await require_link(decision, Link.DELEGATES, below=(cycle, owner), above=upper, path=path)
    former, live = await restated(decision, delegate)
    if former is not None and former.id != above.key_result.id:
        if live:
            message = "This objective already restates another key result."
            ids = (str(delegate.id), str(former.id))
            raise Refused(RuleViolation("OBJECTIVE_ALREADY_DELEGATED", message, path, {}, ids))
        # Restoring what is retired must not bring a second delegation back.
        home = await decision.get(Objective, former.objective_id)
        (await decision.get(Cycle, home.cycle_id)).require_plan_open(*path)
        former.release()
    if LinkTarget(TargetKind.KEY_RESULT, above.key_result.id) in delegate.targets:
        delegate.unalign(LinkTarget(TargetKind.KEY_RESULT, above.key_result.id))
    return delegate
