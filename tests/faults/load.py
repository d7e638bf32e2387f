"""A recorded random load through the public API: what was sent, what was acknowledged, and what was read wrong."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from faults.asking import CHECK_IN, CREATE, DELEGATE, EDIT_KR, EDIT_OBJECTIVE, OPEN, OWNER, QUARTER, READ, UNDELEGATE
from faults.service import PATIENCE, Answer, Service, Unanswered

AGAIN = 0.05
"""Seconds until a client repeats what was not answered."""
CLIENTS = 6


class Written(NamedTuple):
    sent: float
    answered: float
    readable: bool


@dataclass
class Load:
    """`sent`: the idempotency key of every command, with its kind. `acknowledged`: where the log holds it."""

    service: Service
    seed: int
    enough: int
    """Commands from one thing that happens to the next."""
    sent: dict[str, str] = field(default_factory=dict)
    acknowledged: dict[str, int] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    """What each check-in said."""
    wrong: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    unanswered: Counter[str] = field(default_factory=Counter)
    tolerated: set[str] = field(default_factory=set)
    """Failures that are the service's own, and that the case provokes."""
    reads: int = 0
    finished: bool = False

    async def goes_on(self, commands: int | None = None) -> None:
        """Wait until so many more are acknowledged."""
        await self._until(lambda: len(self.acknowledged), len(self.acknowledged) + (commands or self.enough))

    async def is_told(self, *codes: str, times: int = 1) -> None:
        """Wait until so many more requests are answered with one of these codes, or with that kind of failure."""

        def told() -> int:
            return sum(self.unanswered[code] for code in codes)

        await self._until(told, told() + times)

    async def written_after(self, moment: float, readable: bool) -> float:
        """When the first write that was sent after a moment was acknowledged; `readable`: and could be read."""

        def first() -> float | None:
            later = (w.answered for w in self.written if w.sent > moment and (w.readable or not readable))
            return min(later, default=None)

        await self._until(lambda: int(first() is not None), 1)
        answered = first()
        assert answered is not None
        return answered

    async def _until(self, count: Callable[[], int], wanted: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while count() < wanted:
            assert time.monotonic() < deadline, f"waited in vain, unanswered so far: {dict(self.unanswered)}"
            assert not self.refused, self.refused
            await asyncio.sleep(0.01)


class Someone:
    """A client with an objective of its own, which nobody else changes: so it knows what each answer must be."""

    def __init__(self, load: Load, number: int) -> None:
        self._load = load
        self._random = Random(f"{load.seed} {number}")
        self._client = load.service.client(number % len(load.service.ports))
        self._number = number
        self._turn = 0
        self._seen = 0
        self._stands: dict[str, Any] = {}
        self._past: list[tuple[int, str]] = []

    async def settle(self) -> None:
        """An objective with two key results, in a quarter and with an owner of one's own."""
        owner = (await self._do(OWNER, name=f"Owner {self._number}"))["registerOwner"]["owner"]["id"]
        cycle = (await self._do(QUARTER, name=f"Quarter {self._number}"))["createCycle"]["cycle"]["id"]
        await self._do(OPEN, id=cycle)
        self._home = {"cycle": cycle, "owner": owner}
        made = await self._do(CREATE, title="0", **self._home)
        objective = made["createObjective"]["objective"]
        self._objective = objective["id"]
        self._measured, self._spare = (kr["id"] for kr in objective["keyResults"])
        self._stands = {"title": "KR", "current": None, "objective": {"title": "0"}, "delegatedTo": None}

    async def live(self) -> None:
        """Write and read at random until the load is finished; the last command is repeated until it is answered."""
        while not self._load.finished:
            turn = str(self._turn)
            match self._random.choices(["check in", "edit", "rename", "create", "delegate", "past"], PREFERENCES)[0]:
                case "check in":
                    await self._do(CHECK_IN, kr=self._measured, value=turn)
                    self._stands["current"] = turn
                    self._past.append((self._seen, turn))
                case "edit":
                    await self._do(EDIT_KR, kr=self._measured, title=turn)
                    self._stands["title"] = turn
                case "rename":
                    await self._do(EDIT_OBJECTIVE, objective=self._objective, title=turn)
                    self._stands["objective"] = {"title": turn}
                case "create":
                    await self._do(CREATE, title=turn, **self._home)
                case "delegate":
                    await self._delegate()
                case "past" if self._past:
                    await self._read_past()
            if self._random.random() < 0.5:
                await self._read()
        await self._read()
        await self._client.close()

    async def _delegate(self) -> None:
        if self._stands["delegatedTo"] is None:
            await self._do(DELEGATE, kr=self._spare, owner=self._home["owner"], title=f"Delegate {self._turn}")
            self._stands["delegatedTo"] = {"title": f"Delegate {self._turn - 1}"}
        else:
            await self._do(UNDELEGATE, kr=self._spare)
            self._stands["delegatedTo"] = None

    async def _read(self) -> None:
        data = (await self._answered(READ, kr=self._measured, spare=self._spare)).data
        found = {**data["measured"], **data["spare"]}
        if found != self._stands:
            self._load.wrong.append(f"client {self._number} at {self._seen}: {found}, not {self._stands}")

    async def _read_past(self) -> None:
        position, value = self._random.choice(self._past[-20:])
        asked = {"kr": self._measured, "spare": self._spare, "asOf": {"position": str(position)}}
        found = (await self._answered(READ, **asked)).data["measured"]["current"]
        if found != value:
            self._load.wrong.append(f"client {self._number}: {found} as of {position}, not {value}")

    async def _do(self, mutation: str, **given: str) -> dict[str, Any]:
        """Send a command with a key of its own, again and again until it is answered, and until it can be read."""
        key = f"{self._load.seed}-{self._number}-{self._turn}"
        self._turn += 1
        self._load.sent[key] = mutation
        if mutation == CHECK_IN:
            self._load.values[key] = given["value"]
        while True:
            answer = await self._answered(mutation, key=key, **given)
            (payload,) = answer.data.values()
            if payload["userErrors"]:
                self._load.refused.append(f"{key} {mutation}: {payload['userErrors']}")
                raise AssertionError(self._load.refused[-1])
            position = int(payload["position"])
            if self._load.acknowledged.setdefault(key, position) != position:
                self._load.wrong.append(f"{key} at {position}, and at {self._load.acknowledged[key]} before")
            self._seen = max(self._seen, position)
            if not answer.pending or mutation not in (OWNER, QUARTER, CREATE):
                return answer.data

    async def _answered(self, document: str, **given: Any) -> Answer:
        """What the service says in the end. What a client has seen once, it must see in every later answer."""
        reads = document == READ
        while True:
            sent = time.monotonic()
            try:
                answer = await self._client.answer(document, str(self._seen) if reads else None, **given)
            except Unanswered as unanswered:
                self._load.unanswered[unanswered.code] += 1
                if unanswered.code == "INTERNAL" and "INTERNAL" not in self._load.tolerated:
                    self._load.wrong.append(f"client {self._number}: internal error for {document} {given}")
                await asyncio.sleep(AGAIN)
                continue
            if reads:
                self._load.reads += 1
                self._look_back(answer, given)
            else:
                self._load.written.append(Written(sent, time.monotonic(), not answer.pending))
            return answer

    def _look_back(self, answer: Answer, given: dict[str, Any]) -> None:
        if "asOf" not in given and answer.position < self._seen:
            self._load.wrong.append(f"client {self._number} at {answer.position}, after {self._seen}")
        self._seen = max(self._seen, answer.position)


PREFERENCES = (60, 12, 8, 10, 7, 3)


@asynccontextmanager
async def under_load(service: Service, seed: int, enough: int) -> AsyncIterator[Load]:
    """Clients that write and read for as long as the context lasts, and then until all they sent is answered."""
    load = Load(service, seed, enough)
    people = [Someone(load, number) for number in range(CLIENTS)]
    await asyncio.gather(*(someone.settle() for someone in people))
    living = [asyncio.create_task(someone.live()) for someone in people]
    try:
        await load.goes_on()
        yield load
        await load.goes_on()
        load.finished = True
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*living)
    finally:
        for life in living:
            life.cancel()
        await asyncio.gather(*living, return_exceptions=True)
