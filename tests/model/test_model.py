"""Whatever is done in whatever order, the service reads as a naive model of the cascade does."""

import os
import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from api.serving import Api, served
from model.comparing import TITLES, compare
from model.naive import KR, CheckIn, Objective
from model.naive_reading import Reader

RUNS = int(os.environ.get("OKR_MODEL_RUNS", "90" if os.environ.get("CI") else "80"))
SHARES = 2
"""Of the runs, so that two workers take them."""
POLICIES = (None, "DETACH", "REALIGN", "RETIRE")
OWNERS = ("COMPANY", "DEPARTMENT", "DEPARTMENT", "TEAM")
SEED = st.integers(0, 2**64)
"""Of one step: hypothesis leaves steps out until only those are left that it takes."""
WHY = {"reason": "So it is."}
KINDS = {"INCREASE": 0, "DECREASE": 25, "MAINTAIN_AT_LEAST": None, "MAINTAIN_AT_MOST": None, "MILESTONE": None}
"""Of metrics, and where each starts."""
APPROACHES = ("MIXED", "MIXED", "TIGHT", "LOOSE")


@pytest.fixture
def api(database: str) -> Iterator[Api]:
    with served(database) as url:
        yield Api(url)


@pytest.mark.parametrize("_", range(SHARES))
def test_the_service_reads_as_a_naive_model_does(api: Api, _: int) -> None:
    owners = {api.made("registerOwner", "owner", name=level, level=level)["id"]: level for level in OWNERS}
    often = settings(
        max_examples=RUNS // SHARES, stateful_step_count=18, deadline=None, suppress_health_check=[*HealthCheck]
    )
    run_state_machine_as_test(lambda: Machine(api, owners), settings=often)  # type: ignore[no-untyped-call]


class Machine(RuleBasedStateMachine):
    """A year with a quarter of its own in a company that others share."""

    def __init__(self, api: Api, owners: dict[str, str]) -> None:
        super().__init__()
        self.api, self.levels, self.owners, self.done = api, owners, list(owners), 0

    def teardown(self) -> None:
        if self.done:
            self.compare()

    def compare(self) -> None:
        self.done = 0
        compare(self.api, self.model, self.chance)

    def a(self, kind: type) -> str:
        """Something live; now and then anything."""
        known = list(self.model.all(kind))
        live = [i for i in known if self.model.live(i)]
        found: str = self.chance.choice(live if live and self.chance.random() < 0.9 else known)
        return found

    def policy(self) -> str | None:
        return self.chance.choice(POLICIES)

    def did(self, name: str, shown: str = "__typename", **given: Any) -> Any:
        """The payload if it was accepted."""
        payload = self.api.do(name, shown, **given)
        note(f"{name} {given} {[error['code'] for error in payload['userErrors']]}")
        return None if payload["userErrors"] else payload

    # ---- done
    @initialize(seed=SEED)
    def something_stands(self, seed: int) -> None:
        self.chance = random.Random(seed)
        year = self.opened(name="Y", startsOn="2025-01-01", endsOn="2025-12-31")
        quarter = self.opened(name="Q", startsOn="2025-01-01", endsOn="2025-03-31", parentId=year[0])
        self.model = Reader(self.levels, dict([year, quarter]))
        self.cycles = [self.model.year, self.model.quarter]
        self.an_objective_is_set()
        for _ in range(2):
            self.a_key_result_is_added()
            self.it_is_delegated_to_a_new_objective()

    def opened(self, **given: Any) -> tuple[str, str]:
        approach = self.chance.choice(APPROACHES)
        cycle: str = self.api.made("createCycle", "cycle", approach=approach, **given)["id"]
        self.api.made("openCycle", "cycle", id=cycle)
        return cycle, approach

    @rule(seed=SEED)
    def something_is_done(self, seed: int) -> None:
        self.chance = random.Random(seed)
        [step] = self.chance.choices(list(STEPS), list(STEPS.values()))
        step(self)
        self.done += 1
        if self.done == 6:
            self.compare()

    def an_objective_is_set(self) -> None:
        cycle, owner, title = map(self.chance.choice, (self.cycles, self.owners, TITLES))
        if done := self.did("createObjective", "objective { id }", title=title, cycleId=cycle, ownerId=owner):
            self.model.things[done["objective"]["id"]] = Objective(cycle, owner, title)

    def a_key_result_is_added(self) -> None:
        objective, title, goal = self.a(Objective), self.chance.choice(TITLES), self.chance.randint(1, 20)
        kind, start = self.chance.choice([*KINDS.items()])
        target = None if kind == "MILESTONE" else goal
        kr = {"title": title, "metric": {"kind": kind, "start": start, "target": target}}
        if done := self.did("addKR", "keyResult { id }", objectiveId=objective, kr=kr):
            owner = self.model.things[objective].owner
            self.model.things[done["keyResult"]["id"]] = KR(objective, owner, title, (kind, start), [target])

    def it_is_aligned(self) -> None:
        objective, target = self.a(Objective), self.a(self.chance.choice([Objective, KR]))
        feeds, weight = self.chance.random() < 0.7, self.chance.randint(0, 3)
        how = {"contributes": feeds, "weight": str(weight)}
        if self.did("alignObjective", objectiveId=objective, to={self.named(target): target}, **how):
            self.model.things[objective].serves[target] = feeds, weight

    def named(self, target: str) -> str:
        return "keyResultId" if isinstance(self.model.things[target], KR) else "objectiveId"

    def it_is_unaligned(self) -> None:
        if aligned := [(i, target) for i, o in self.model.all(Objective).items() for target in o.serves]:
            objective, target = self.chance.choice(aligned)
            if self.did("unalignObjective", objectiveId=objective, **{"from": {self.named(target): target}}):
                del self.model.things[objective].serves[target]

    def it_is_delegated_to_a_new_objective(self) -> None:
        key_result, retain = self.a(KR), self.chance.random() < 0.3
        owner, cycle = self.chance.choice(self.owners), self.chance.choice(self.cycles)
        given = {"to": {"ownerId": owner}, "cycleId": cycle, "retain": retain}
        if done := self.did("delegateKR", "objective { id }", keyResultId=key_result, **given):
            new = done["objective"]["id"]
            self.model.things[new] = Objective(cycle, owner, self.model.things[key_result].title)
            self.model.delegate(key_result, new, retain)

    def it_is_delegated_to_an_objective_that_stands(self) -> None:
        key_result, objective, retain = self.a(KR), self.a(Objective), self.chance.random() < 0.3
        if self.did("delegateKR", keyResultId=key_result, to={"objectiveId": objective}, retain=retain):
            self.model.delegate(key_result, objective, retain)

    def a_delegation_ends(self) -> None:
        if delegated := [i for i, kr in self.model.all(KR).items() if kr.delegate]:
            key_result, objective, policy = self.chance.choice(delegated), self.a(Objective), self.policy()
            if self.chance.random() < 0.5:
                if self.did("undelegateKR", keyResultId=key_result, child=policy, **WHY):
                    self.model.undelegate(key_result, policy)
            elif self.did("reassignKR", keyResultId=key_result, to={"objectiveId": objective}, child=policy, **WHY):
                self.model.undelegate(key_result, policy)
                self.model.delegate(key_result, objective, False)

    def it_is_moved(self) -> None:
        key_result, objective = self.a(KR), self.a(Objective)
        if self.did("moveKR", id=key_result, toObjectiveId=objective):
            self.model.things[key_result].objective = objective

    def an_objective_is_retired(self) -> None:
        objective, policy = self.a(Objective), self.policy()
        if self.did("retireObjective", id=objective, children=policy, **WHY):
            self.model.retire_objective(objective, policy)

    def a_key_result_is_retired(self) -> None:
        key_result, policy = self.a(KR), self.policy()
        if self.did("retireKR", id=key_result, child=policy, **WHY):
            self.model.retire_kr(key_result, policy)

    def it_is_restored(self) -> None:
        if retired := [i for i, thing in self.model.things.items() if thing.retired]:
            thing = self.chance.choice(retired)
            if self.did("restoreKR" if thing in self.model.all(KR) else "restoreObjective", id=thing, **WHY):
                self.model.things[thing].retired = False

    def it_is_handed_over(self) -> None:
        kind, new = self.chance.choice([Objective, KR]), self.chance.choice(self.owners)
        thing = self.a(kind)
        if self.did("editKR" if kind is KR else "editObjective", id=thing, ownerId=new):
            self.model.things[thing].owner = new

    def it_gets_another_target(self) -> None:
        key_result, goal = self.a(KR), self.chance.randint(1, 20)
        if self.did("retargetKR", id=key_result, target=str(goal), **WHY):
            self.model.things[key_result].targets += [goal] if goal != self.model.things[key_result].targets[-1] else []

    def it_gets_another_weight(self) -> None:
        key_result, weight = self.a(KR), self.chance.randint(0, 3)
        if self.did("editKR", id=key_result, weight=str(weight)):
            self.model.things[key_result].weight = weight

    def somebody_checks_in(self) -> None:
        key_result, month = self.a(KR), self.chance.randint(1, 9)
        milestone = self.model.things[key_result].metric[0] == "MILESTONE"
        value = self.chance.randint(*((0, 1) if milestone else (-5, 30)))
        given = {"keyResult": {"id": key_result}, "value": str(value), "effectiveAt": f"2025-0{month}-01T12:00:00Z"}
        if done := self.did("recordCheckIn", "checkIn { id }", **given):
            self.model.things[key_result].check_ins[done["checkIn"]["id"]] = CheckIn(month, value)

    def a_check_in_is_put_right(self) -> None:
        if reported := [(i, c) for i, kr in self.model.all(KR).items() for c in kr.check_ins]:
            key_result, old = self.chance.choice(reported)
            value = self.model.things[key_result].check_ins[old].value + 1
            given = {"withdraw": True} if self.chance.random() < 0.5 else {"value": str(value)}
            if done := self.did("correctCheckIn", "checkIn { id }", checkInId=old, **WHY, **given):
                self.model.correct(key_result, old, done["checkIn"]["id"], value if "value" in given else None)

    def it_is_carried_over(self) -> None:
        objective, to = self.a(Objective), self.chance.choice(self.cycles)
        krs = {kr: str(uuid5(UUID(to), kr)) for kr in self.model.krs(objective)}
        if done := self.did("carryOverObjective", "objective { id }", id=objective, toCycleId=to):
            self.model.carry_over(objective, to, done["objective"]["id"], krs)

    def the_quarter_ends_or_goes_on(self) -> None:
        if self.did("reopenCycle" if self.model.closed else "closeCycle", id=self.cycles[1]):
            self.model.closed = not self.model.closed


STEPS = {
    Machine.an_objective_is_set: 2,
    Machine.a_key_result_is_added: 4,
    Machine.it_is_aligned: 5,
    Machine.it_is_unaligned: 1,
    Machine.it_is_delegated_to_a_new_objective: 3,
    Machine.it_is_delegated_to_an_objective_that_stands: 3,
    Machine.a_delegation_ends: 3,
    Machine.it_is_moved: 2,
    Machine.an_objective_is_retired: 2,
    Machine.a_key_result_is_retired: 2,
    Machine.it_is_restored: 3,
    Machine.it_is_handed_over: 1,
    Machine.it_gets_another_target: 1,
    Machine.it_gets_another_weight: 1,
    Machine.somebody_checks_in: 6,
    Machine.a_check_in_is_put_right: 2,
    Machine.it_is_carried_over: 1,
    Machine.the_quarter_ends_or_goes_on: 1,
}
"""How often each is done."""
