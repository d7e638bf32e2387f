"""Random commands of all kinds from 32 clients at once: each is answered, and okr verify finds nothing afterwards."""

import asyncio
import json
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

from api.serving import INPUTS
from faults.service import Client, running

CLIENTS = 32
SECONDS = float(os.environ.get("OKR_RANDOM_SECONDS", "15" if os.environ.get("CI") else "10"))
"""10 minutes on demand: OKR_RANDOM_SECONDS=600."""
MADE = {"owner": "owner { id }", "cycle": "cycle { id }", "objective": "objective { id keyResults { id } }"}
MADE |= {f"{kind}s": f"results {{ {shown} }}" for kind, shown in MADE.items()}
MADE |= {
    "checkIns": "results { checkIn { id } }",
    "keyResult": "keyResult { id }",
    "checkIn": "checkIn { id }",
    "transferred": "transferred",
}
POLICIES = (None, "DETACH", "REALIGN", "RETIRE")


class World:
    """What the clients know of, and commands about it. Little is made twice as often, so that they meet."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.known: dict[str, list[str]] = {
            kind: [] for kind in ("owner", "cycle", "objective", "keyResult", "checkIn")
        }
        self.answered: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.slowest: dict[str, float] = {}

    def a(self, kind: str) -> str:
        """One of the first, mostly."""
        known = self.known[kind] or [str(UUID(int=0))]
        return known[min(int(self.chance.expovariate(0.1)), len(known) - 1)]

    def learn(self, thing: Any) -> None:
        """Every id in a payload."""
        for kind in self.known:
            if isinstance(found := thing.get(kind), dict) and found["id"] not in self.known[kind]:
                self.known[kind].append(found["id"])
                self.known["keyResult"] += [kr["id"] for kr in found.get("keyResults", ())]

    def target(self) -> dict[str, str]:
        return self.chance.choice([{"objectiveId": self.a("objective")}, {"keyResultId": self.a("keyResult")}])

    def kr(self) -> dict[str, Any]:
        ref = self.chance.choice([None, None, "r1", "r2"])
        number = str(self.chance.randrange(1, 100))
        metric = {"kind": "INCREASE", "start": "0", "target": number}
        return {"title": "K", "metric": metric, "weight": number, "externalRef": ref}

    def command(self) -> tuple[str, str, dict[str, Any]]:
        """A mutation, what it answers with, and its input."""
        chance, a = self.chance, self.a
        why = {"reason": "Why not"}
        last = {kind: known[-1] for kind, known in self.known.items() if known}
        policy, number = chance.choice(POLICIES), chance.randrange(100)
        to = chance.choice([{"ownerId": a("owner")}, {"objectiveId": a("objective")}])
        objective = {"cycleId": a("cycle"), "ownerId": a("owner"), "title": "O", "keyResults": [self.kr(), self.kr()]}
        dates = {"startsOn": "2025-01-01", "endsOn": chance.choice(["2025-03-31", "2025-12-31"])}
        level = chance.choice(["COMPANY", "DEPARTMENT", "TEAM", "INDIVIDUAL"])
        transfer = {"fromOwnerId": a("owner"), "toOwnerId": a("owner"), "cycleId": a("cycle"), **why}
        align = {"objectiveId": a("objective"), "to": self.target(), "contributes": True}
        delegate = {"keyResultId": a("keyResult"), "to": to}
        reading = {"value": str(number), "effectiveAt": f"2025-01-{1 + number % 28:02}T00:00:00Z"}
        one = {"keyResult": {"id": a("keyResult")}, **reading}
        several = [one | {"idempotencyKey": str(chance.randrange(1000))} for _ in range(3)]
        mode = chance.choice(["BEST_EFFORT", "ATOMIC"])
        every: list[tuple[int, str, str, dict[str, Any]]] = [
            (2, "registerOwner", "owner", {"name": "N", "level": level, "parentId": a("owner")}),
            (2, "editOwner", "owner", {"id": a("owner"), "name": "M", "leadId": a("owner")}),
            (2, "moveOwner", "owner", {"id": a("owner"), "parentId": a("owner")}),
            (1, "deactivateOwner", "owner", {"id": last["owner"], **why}),
            (1, "erasePerson", "owner", {"ownerId": last["owner"], **why}),
            (1, "transferOwnership", "transferred", transfer),
            (1, "createCycle", "cycle", {"name": "C", **dates, "parentId": a("cycle")}),
            (1, "editCycle", "cycle", {"id": a("cycle"), "name": "D", "checkInEveryDays": 1 + number}),
            (2, "openCycle", "cycle", {"id": a("cycle")}),
            (1, "beginClosingCycle", "cycle", {"id": a("cycle")}),
            (1, "closeCycle", "cycle", {"id": last["cycle"]}),
            (6, "reopenCycle", "cycle", {"id": a("cycle")}),
            (6, "createObjective", "objective", {**objective, "draft": number < 10}),
            (2, "createObjectives", "objectives", {"items": [objective, objective], "mode": mode}),
            (3, "editObjective", "objective", {"id": a("objective"), "title": "P", "ownerId": a("owner")}),
            (1, "activateObjective", "objective", {"id": a("objective")}),
            (3, "retireObjective", "objective", {"id": a("objective"), "children": policy, **why}),
            (4, "restoreObjective", "objective", {"id": a("objective"), **why}),
            (8, "alignObjective", "objective", align),
            (4, "unalignObjective", "objective", {"objectiveId": a("objective"), "from": self.target()}),
            (3, "carryOverObjective", "objective", {"id": a("objective"), "toCycleId": a("cycle")}),
            (4, "addKR", "keyResult", {"objectiveId": a("objective"), "kr": self.kr()}),
            (3, "editKR", "keyResult", {"id": a("keyResult"), "weight": str(number), "ownerId": a("owner")}),
            (3, "retargetKR", "keyResult", {"id": a("keyResult"), "target": str(number), **why}),
            (3, "moveKR", "keyResult", {"id": a("keyResult"), "toObjectiveId": a("objective")}),
            (3, "retireKR", "keyResult", {"id": a("keyResult"), "child": policy, **why}),
            (4, "restoreKR", "keyResult", {"id": a("keyResult"), **why}),
            (2, "scoreKR", "keyResult", {"id": a("keyResult"), "score": str(number / 100)}),
            (8, "delegateKR", "objective", delegate),
            (4, "reassignKR", "objective", delegate | {"child": policy, **why}),
            (4, "undelegateKR", "keyResult", {"keyResultId": a("keyResult"), "child": policy, **why}),
            (12, "recordCheckIn", "checkIn", one),
            (4, "recordCheckIns", "checkIns", {"items": several, "mode": mode, "skipUnchanged": number < 50}),
            (3, "correctCheckIn", "checkIn", {"checkInId": a("checkIn"), "value": str(number), **why}),
            (2, "correctCheckIn", "checkIn", {"checkInId": a("checkIn"), "withdraw": True, **why}),
        ]  # fmt: skip
        [(_, name, entity, given)] = chance.choices(every, [weight for weight, *_ in every])
        return name, MADE[entity], given

    def told(self) -> str:
        """Of each command: how many were accepted of how many, and the slowest; and which errors came how often."""
        times = {
            name: f"{self.accepted[name]} of {self.answered[name]}, at most {seconds} s"
            for name, seconds in sorted(self.slowest.items())
        }
        return f"{times}\n{self.refused.most_common()}"

    async def founded(self, client: Client) -> None:
        """A year and its first quarter with something in them."""
        for level in ("COMPANY", "DEPARTMENT", "TEAM", "INDIVIDUAL"):
            await self.do(client, "registerOwner", MADE["owner"], {"name": level, "level": level})
        for end in ("2025-12-31", "2025-03-31"):
            inside = self.known["cycle"][0] if self.known["cycle"] else None
            dates = {"startsOn": "2025-01-01", "endsOn": end, "parentId": inside}
            await self.do(client, "createCycle", MADE["cycle"], {"name": end, **dates})
            await self.do(client, "openCycle", MADE["cycle"], {"id": self.known["cycle"][-1]})
        for number in range(8):
            new = {
                "cycleId": self.known["cycle"][number % 2],
                "ownerId": self.known["owner"][number % 4],
                "title": "O",
            }
            new |= {"keyResults": [self.kr() | {"externalRef": None} for _ in range(2)]}
            await self.do(client, "createObjective", MADE["objective"], new)

    async def do(self, client: Client, name: str, shown: str, given: dict[str, Any]) -> None:
        kind = INPUTS.get(name, name[0].upper() + name[1:])
        query = (
            f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ {shown} position userErrors {{ code }} }} }}"
        )
        asked = time.monotonic()
        try:
            answer = (await client.ask(query, input=given))[name]
        finally:
            self.slowest[name] = max(self.slowest.get(name, 0), round(time.monotonic() - asked, 1))
        self.answered[name] += 1
        self.refused.update(error["code"] for error in answer["userErrors"])
        if not answer["userErrors"]:
            self.accepted[name] += 1
            for thing in (answer, *answer.get("results", ())):
                self.learn(thing)


async def test_random_commands_from_many_clients_leave_a_sound_log(database: str, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    world = World(seed)
    with running(database, tmp_path, apis=2) as service:
        clients = [service.client(number % 2) for number in range(CLIENTS)]
        await world.founded(clients[0])
        until = time.monotonic() + SECONDS

        async def work(client: Client) -> None:
            while time.monotonic() < until:
                await world.do(client, *world.command())
            await client.close()

        try:
            await asyncio.gather(*(work(client) for client in clients))
        finally:
            print(world.told())
        verified = service.okr("verify", "--json")
        assert verified.returncode == 0, verified.stdout + verified.stderr
        assert json.loads(verified.stdout.splitlines()[-1])["findings"] == []
