"""Whatever is done in whatever order, the service reads as a naive model of the cascade does."""

import os
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from api.serving import Api, served
from model.naive import KR, VIEWS, Naive, Objective

RUNS = int(os.environ.get("OKR_MODEL_RUNS", "200" if os.environ.get("CI") else "80"))
SHARES = 2
"""Of the runs, so that two workers take them."""
POLICIES = (None, "DETACH", "REALIGN", "RETIRE")
LEVELS = ("DEPARTMENT", "DEPARTMENT", "TEAM")
SEED = st.integers(0, 2**64)
"""Of one step: hypothesis leaves steps out until only those are left that it takes."""
WHY = {"reason": "So it is."}
SHOWN = """nodes { itemId parentId link depth context item {
    ... on Objective { owner { id } state progress delegatedFrom { id } }
    ... on KeyResult { accountable { id } responsible { id } disposition delegatedTo { id } current progress }
} } edges { parentId childId link }"""
TREES = "\n".join(
    f"{name}{view}: cascade(cycleId: ${name}, view: {view}) {{ {SHOWN} }}" for view in VIEWS for name in ("year", "q")
)


@pytest.fixture
def api(database: str) -> Iterator[Api]:
    with served(database) as url:
        yield Api(url)


@pytest.mark.parametrize("_", range(SHARES))
def test_the_service_reads_as_a_naive_model_does(api: Api, _: int) -> None:
    owners = {
        api.made("registerOwner", "owner", name=level, level=level)["id"]: LEVELS.index(level) for level in LEVELS
    }
    often = settings(
        max_examples=RUNS // SHARES, stateful_step_count=18, deadline=None, suppress_health_check=[*HealthCheck]
    )
    run_state_machine_as_test(lambda: Machine(api, owners), settings=often)  # type: ignore[no-untyped-call]


class Machine(RuleBasedStateMachine):
    """A year with a quarter of its own in a company that others share."""

    def __init__(self, api: Api, owners: dict[str, int]) -> None:
        super().__init__()
        self.api, self.owners, self.done = api, list(owners), 0
        year = api.made("createCycle", "cycle", name="Y", startsOn="2025-01-01", endsOn="2025-12-31")["id"]
        inside = {"startsOn": "2025-01-01", "endsOn": "2025-03-31", "parentId": year}
        self.cycles = [year, api.made("createCycle", "cycle", name="Q", **inside)["id"]]
        for cycle in self.cycles:
            api.made("openCycle", "cycle", id=cycle)
        self.model = Naive(owners, *self.cycles)

    def teardown(self) -> None:
        self.compare()

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

    # ---- compared
    def compare(self) -> None:
        self.done = 0
        variables = dict(zip(("year", "q"), self.cycles, strict=True))
        trees = self.api.ask(f"query($year: ID!, $q: ID!) {{ {TREES} }}", **variables)
        for view in VIEWS:
            for name, cycle in variables.items():
                self.compare_tree(trees[name + view], cycle, view)

    def compare_tree(self, tree: Any, cycle: str, view: str) -> None:
        lines, links = self.model.tree(cycle, view)
        assert [
            tuple(node[n] for n in ("itemId", "parentId", "link", "depth", "context")) for node in tree["nodes"]
        ] == lines
        assert {(e["parentId"], e["childId"], e["link"]) for e in tree["edges"]} == links
        assert len(tree["edges"]) == len(links)
        for node in tree["nodes"]:
            self.compare_item(node["itemId"], node["item"])

    def compare_item(self, i: str, item: Any) -> None:
        thing, progress = self.model.things[i], self.model.progress(i)
        served = None if item["progress"] is None else int(Decimal(item["progress"]) * 10**6)
        assert served == (None if progress is None else round(progress * 10**6))
        if isinstance(thing, Objective):
            above = next((target for kind, target in self.model.links(i) if kind == "DELEGATES"), None)
            assert (item["owner"]["id"], item["state"]) == (thing.owner, "ACTIVE")
            assert item["delegatedFrom"] == ({"id": above} if above else None)
            return
        value, delegate = self.model.current(i), self.model.delegate_of(i)
        assert item["current"] == (None if value is None else str(value))
        assert item["delegatedTo"] == ({"id": delegate} if delegate else None)
        disposition = ("BOTH" if thing.retain else "DELEGATED") if delegate else "OWNED"
        responsible = self.model.things[delegate].owner if delegate else thing.owner
        said = (item["disposition"], item["accountable"]["id"], item["responsible"]["id"])
        assert said == (disposition, thing.owner, responsible)

    # ---- done
    @initialize(seed=SEED)
    def something_stands(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.an_objective_is_set()
        for _ in range(2):
            self.a_key_result_is_added()
            self.it_is_delegated_to_a_new_objective()

    @rule(seed=SEED)
    def something_is_done(self, seed: int) -> None:
        self.chance = random.Random(seed)
        [step] = self.chance.choices(list(STEPS), list(STEPS.values()))
        step(self)
        self.done += 1
        if self.done == 5:
            self.compare()

    def an_objective_is_set(self) -> None:
        given = {"cycleId": self.chance.choice(self.cycles), "ownerId": self.chance.choice(self.owners)}
        if done := self.did("createObjective", "objective { id }", title="O", **given):
            self.model.things[done["objective"]["id"]] = Objective(given["cycleId"], given["ownerId"])

    def a_key_result_is_added(self) -> None:
        objective, goal = self.a(Objective), self.chance.randint(1, 20)
        metric = {"kind": "INCREASE", "start": "0", "target": str(goal)}
        if done := self.did("addKR", "keyResult { id }", objectiveId=objective, kr={"title": "K", "metric": metric}):
            self.model.things[done["keyResult"]["id"]] = KR(objective, self.model.things[objective].owner, goal)

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
            self.model.things[new] = Objective(cycle, owner)
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
            self.model.things[key_result].target = goal

    def it_gets_another_weight(self) -> None:
        key_result, weight = self.a(KR), self.chance.randint(0, 3)
        if self.did("editKR", id=key_result, weight=str(weight)):
            self.model.things[key_result].weight = weight

    def somebody_checks_in(self) -> None:
        key_result, month, value = self.a(KR), self.chance.randint(1, 9), self.chance.randint(-5, 30)
        given = {"keyResult": {"id": key_result}, "value": str(value), "effectiveAt": f"2025-0{month}-01T12:00:00Z"}
        if done := self.did("recordCheckIn", "checkIn { id }", **given):
            self.model.things[key_result].check_ins[done["checkIn"]["id"]] = month, value

    def a_check_in_is_put_right(self) -> None:
        if reported := [kr.check_ins for kr in self.model.all(KR).values() if kr.check_ins]:
            check_ins = self.chance.choice(reported)
            old = self.chance.choice(list(check_ins))
            month, value = check_ins[old][0], check_ins[old][1] + 1
            given = {"withdraw": True} if value % 2 else {"value": str(value)}
            if done := self.did("correctCheckIn", "checkIn { id }", checkInId=old, **WHY, **given):
                del check_ins[old]
                if "value" in given:
                    check_ins[done["checkIn"]["id"]] = month, value

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
