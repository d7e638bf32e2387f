"""What a subscription names as changed: through random commands, no value of the tree changes without being named."""

import asyncio
import random
from typing import Any

import pytest

from api.serving import Company
from api.subscribing import subscribed

STEPS = 40
TREE = """query($cycle: ID!) { cascade(cycleId: $cycle) { nodes { itemId item {
    ... on Objective { title progress health state score progressBreakdown { weight progress } }
    ... on KeyResult { title progress health current score weight disposition } } } } }"""


@pytest.mark.parametrize("seed", range(2))
async def test_no_value_changes_without_being_named(company: Company, seed: int) -> None:
    chance, api = random.Random(seed), company.api
    objectives = [company.objective(f"{number}") for number in range(5)]
    krs = [objective["keyResults"][0]["id"] for objective in objectives]
    begin = api.position()
    done = 0
    async with subscribed(api.url, cycle=company.cycle, after=str(begin)) as told:
        before = tree(company)
        for _ in range(STEPS):
            name, given = command(chance, [objective["id"] for objective in objectives], krs, company.ana)
            payload = await asyncio.to_thread(api.do, name, "__typename", **given)
            if payload["position"] is None:  # what the rules refuse changes nothing
                continue
            done += 1
            so_far = len(told.updates)
            await told.until(int(payload["position"]))
            named = {i for update in told.updates[so_far:] for i in update["changedIds"]}
            after = tree(company)
            changed = {i for i in before.keys() | after.keys() if before.get(i) != after.get(i)}
            assert changed <= named, (name, given)
            before = after
    assert done > 5


def tree(company: Company) -> dict[str, Any]:
    nodes = company.api.ask(TREE, cycle=company.cycle)["cascade"]["nodes"]
    return {node["itemId"]: node["item"] for node in nodes}


def command(chance: random.Random, objectives: list[str], krs: list[str], owner: str) -> tuple[str, dict[str, Any]]:
    one, other, kr = chance.choice(objectives), chance.choice(objectives), chance.choice(krs)
    target = {"objectiveId": other} if chance.random() < 0.5 else {"keyResultId": kr}
    return chance.choice(
        [
            *[("recordCheckIn", {"keyResult": {"id": kr}, "value": chance.randrange(11), "confidence": "0.3"})] * 3,
            *[("alignObjective", {"objectiveId": one, "to": target, "contributes": True, "weight": 2})] * 3,
            ("unalignObjective", {"objectiveId": one, "from": target}),
            ("delegateKR", {"keyResultId": kr, "to": {"objectiveId": one}}),
            ("undelegateKR", {"keyResultId": kr, "child": "DETACH", "reason": "random"}),
            ("retireObjective", {"id": one, "children": "DETACH", "reason": "random"}),
            ("restoreObjective", {"id": one, "reason": "random"}),
            ("retireKR", {"id": kr, "child": "DETACH", "reason": "random"}),
            ("restoreKR", {"id": kr, "reason": "random"}),
            ("moveKR", {"id": kr, "toObjectiveId": one}),
            ("editKR", {"id": kr, "weight": chance.randrange(5)}),
            ("editObjective", {"id": one, "title": f"{chance.random()}", "ownerId": owner}),
            ("scoreKR", {"id": kr, "score": "0.5"}),
        ]
    )
