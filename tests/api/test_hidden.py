"""What the policy hides from a viewer is in no answer: no id of it and no text."""

import os
import random
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from graphql import get_named_type, parse

from access.people import integration, member, person
from api.bringing import reference
from api.questions import selection
from api.serving import served
from examples import Q1, REVENUE, YEAR
from okr_api.access.policy import DEVELOPMENT, Principal, Role
from okr_api.application import Caller
from okr_api.asgi import opened
from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn
from okr_api.commands.cycles import CreateCycle, OpenCycle
from okr_api.commands.decision import Command
from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.commands.key_results import AddKR, NewKR, RetargetKR
from okr_api.commands.objectives import AlignObjective, CreateObjective, EditObjective, RetireObjective
from okr_api.commands.owners import EditOwner, RegisterOwner
from okr_api.domain.errors import Refused
from okr_api.domain.objective import LinkTarget
from okr_api.domain.values import OwnerLevel, TargetKind, Visibility
from okr_api.graphql.context import Context, Service
from okr_api.graphql.schema import SCHEMA
from okr_api.settings import read_settings

DEPTHS = {"history": 2, "node": 2, "nodes": 2, "objective": 2, "keyResult": 2}
"""How deep is asked; everything else three steps."""
ABOVE = {"company": None, "sales": "company", "lab": "company", "boss": "company", "ana": "sales", "bob": "lab"}
LEADS = {"company": "boss", "sales": "ana"}
LEVELS = {"company": OwnerLevel.COMPANY, "sales": OwnerLevel.DEPARTMENT, "lab": OwnerLevel.DEPARTMENT}


@pytest.fixture
async def service(shared_database: str, url: str) -> AsyncIterator[Service]:
    async with opened(read_settings(database_url=shared_database, environment="development")) as service:
        yield service


@pytest.fixture
async def forgetful(database: str) -> AsyncIterator[Service]:
    """One that holds next to nothing."""
    settings = {"database_url": database, "environment": "development", "snapshot_bytes": 1, "past_cuts_bytes": 1}
    with served(database):
        async with opened(read_settings(**settings)) as service:
            yield service


class Organisation:
    """Random objectives, of which the line of their owner sees some alone; every text of them holds a mark."""

    def __init__(self, service: Service, seed: int) -> None:
        self.service, self.chance, self.name = service, random.Random(seed), uuid4().hex[:6]
        self.owners: dict[str, UUID] = {}
        self.objectives: dict[UUID, tuple[str, Visibility, str]] = {}
        self.marked: dict[UUID, list[str]] = {}
        """Of an objective: its mark, and the ids of all that is part of it."""

    async def do(self, command: Command) -> UUID | None:
        try:
            done = await self.service.application.execute(command, Caller(DEVELOPMENT))
        except Refused:
            return None
        return UUID(next(iter(done.result.values())))

    async def founded(self) -> "Organisation":
        for name, above in ABOVE.items():
            level = LEVELS.get(name, OwnerLevel.INDIVIDUAL)
            login = f"{name} {self.name}" if level is OwnerLevel.INDIVIDUAL else None
            parent = self.owners[above] if above else None
            owner = RegisterOwner(name=name, level=level, parent_id=parent, subject=login)
            self.owners[name] = await self.do(owner) or uuid4()
        for led, lead in LEADS.items():
            await self.do(EditOwner(id=self.owners[led], lead_id=self.owners[lead]))
        year = await self.do(CreateCycle(name="Y", starts_on=YEAR[0], ends_on=YEAR[1]))
        quarter = await self.do(CreateCycle(name="Q", starts_on=Q1[0], ends_on=Q1[1], parent_id=year))
        assert year
        assert quarter
        self.year, self.quarter = year, quarter
        for cycle in (year, quarter):
            await self.do(OpenCycle(id=cycle))
        for _ in range(8):
            await self.set()
        self.begun = self.service.application._acknowledged
        for _ in range(12):
            await self.linked()
        self.then = self.service.application._acknowledged
        for objective in self.chance.sample(list(self.objectives), 4):
            await self.seen_differently(objective)
        await self.service.live.at_least(self.service.application._acknowledged, 10)
        return self

    async def seen_differently(self, objective: UUID) -> None:
        owner, visibility, mark = self.objectives[objective]
        (other,) = {*Visibility} - {visibility}
        if await self.do(EditObjective(id=objective, visibility=other)):
            self.objectives[objective] = owner, other, mark

    async def set(self) -> None:
        owner, mark = self.chance.choice(list(self.owners)), f"mark{uuid4().hex[:8]}"
        visibility = self.chance.choice(list(Visibility))
        objective = await self.do(
            CreateObjective(
                cycle_id=self.chance.choice([self.year, self.quarter]),
                owner_id=self.owners[owner],
                title=f"title {mark}",
                description=f"more {mark}",
                visibility=visibility,
                external_ref=f"ref {mark}",
            )
        )
        assert objective
        self.objectives[objective] = owner, visibility, mark
        parts = self.marked[objective] = [mark, str(objective)]
        for number in range(2):
            new = NewKR(title=f"kr {mark}", metric=REVENUE, external_ref=f"{number} {mark}")
            kr = await self.do(AddKR(objective_id=objective, kr=new))
            assert kr
            await self.do(RetargetKR(id=kr, target=Decimal(20), reason=f"reason {mark}"))
            check_in = RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(3), note=f"note {mark}")
            parts += [str(kr), str(await self.do(check_in))]

    def part(self) -> UUID:
        return UUID(self.chance.choice(self.marked[self.chance.choice(list(self.objectives))][2::2]))

    async def linked(self) -> None:
        objective, kr = self.chance.choice(list(self.objectives)), self.part()
        match self.chance.randrange(5):
            case 0 | 1:
                await self.do(DelegateKR(key_result_id=kr, to=Delegation(to_objective_id=objective)))
            case 2:
                target = LinkTarget(TargetKind.KEY_RESULT, kr)
                await self.do(AlignObjective(objective_id=objective, to=target))
            case 3:
                target = LinkTarget(TargetKind.OBJECTIVE, self.chance.choice(list(self.objectives)))
                await self.do(AlignObjective(objective_id=objective, to=target))
            case 4:
                if self.chance.random() < 0.3:
                    await self.do(RetireObjective(id=objective))
                else:
                    await self.do(EditObjective(id=objective, title=f"again {self.objectives[objective][2]}"))

    def viewers(self) -> dict[str, Principal]:
        people = {name: member(f"{name} {self.name}") for name in ABOVE if name not in LEVELS}
        scoped = {
            "for the quarter": integration(cycles={self.quarter}),
            "for sales": integration(owners={self.owners["sales"]}),
        }
        return people | scoped | {"guest": member(uuid4().hex), "auditor": person("auditor", Role.AUDITOR)}

    def sees(self, viewer: str, objective: UUID) -> bool:
        """As one would say it in words."""
        owner, visibility, _ = self.objectives[objective]
        row = self.service.live.snapshot.objectives[objective].row
        if viewer == "auditor":
            return True
        if viewer == "for sales":
            return owner in ("sales", "ana")
        if viewer == "for the quarter":
            return visibility is Visibility.ORGANISATION and row.cycle_id == self.quarter
        if visibility is Visibility.ORGANISATION:
            return True
        if viewer == "guest":
            return False
        line = _line(owner)
        return viewer in line or owner in _line(viewer) or viewer in {LEADS.get(name) for name in line}

    def questions(self) -> list[str]:
        """Every root field, asked in every way that could show something."""
        parts = [i for parts in self.marked.values() for i in parts[1:]]
        marks = self.chance.sample([parts[0] for parts in self.marked.values()], 4)
        some = self.chance.sample(list(self.objectives), 4)
        ways: dict[str, list[str]] = {
            "node": [f'(id: "{i}")' for i in parts[:3]],
            "nodes": [f"(ids: {orjson.dumps(parts).decode()})"],
            "cycles": [""],
            "cycle": [f'(id: "{self.year}")'],
            "owner": [f'(id: "{i}")' for i in list(self.owners.values())[:2]],
            "owners": [""],
            "objective": [*(f'(id: "{i}")' for i in some), *(f'(externalRef: "ref {m}")' for m in marks)],
            "keyResult": [*(f'(externalRef: "0 {m}")' for m in marks), *(f'(id: "{i}")' for i in parts[1::10])],
            "objectives": ["", f'(where: {{cycleId: "{self.year}"}})', *(f'(where: {{search: "{m}"}})' for m in marks)],
            "keyResults": ["", *(f'(where: {{search: "{m}"}})' for m in marks)],
            "cascade": [
                *(f'(cycleId: "{self.year}", view: {view})' for view in ("TIGHT", "LOOSE", "MIXED")),
                *(f'(cycleId: "{self.year}", rootId: "{i}")' for i in some),
            ],
            "alignmentHealth": [f'(cycleId: "{self.year}")'],
            "history": [
                "(first: 200)",
                f'(first: 200, where: {{cycleId: "{self.quarter}"}})',
                *(f'(where: {{entityIds: ["{i}"]}})' for i in parts[::20]),
            ],
            "integrations": [""],
            "webhooks": [""],
            "logHead": [""],
            "cascadeDiff": [
                f'(cycleId: "{self.year}", {self.from_(0)})',
                f'(cycleId: "{self.year}", {self.from_(self.then)}, to: {{position: "{self.begun}"}})',
                f'(cycleId: "{self.year}", rootId: "{some[0]}", {self.from_(self.begun)})',
            ],
            "replay": [
                f'(cycleId: "{self.year}", first: 200)',
                f'(cycleId: "{self.quarter}", view: TIGHT, {self.from_(self.then)})',
                f'(cycleId: "{self.year}", rootId: "{some[0]}", {self.from_(self.begun)})',
            ],
            "viewer": [""],
        }
        assert SCHEMA.query_type
        return [
            f"{{ {name}{given} {selection(get_named_type(field.type), DEPTHS.get(name, 3))} }}"
            for name, field in SCHEMA.query_type.fields.items()
            for given in (*ways[name], *(self._then(asked) for asked in ways[name][:1] if "asOf" in field.args))
        ]

    def from_(self, position: int) -> str:
        return f'from: {{position: "{position}"}}'

    def _then(self, arguments: str) -> str:
        """The same of the cut before some of it was hidden, and some shown."""
        return f'({arguments[1:-1]} asOf: {{position: "{self.then}"}})'


def _line(name: str | None) -> list[str]:
    return [name, *_line(ABOVE[name])] if name else []


async def test_no_answer_holds_an_id_or_a_text_that_the_viewer_may_not_see(service: Service) -> None:
    await hides(service)


async def test_what_is_hidden_is_in_no_answer_though_all_of_it_is_away(forgetful: Service) -> None:
    await hides(forgetful, most=3)


async def hides(service: Service, most: int | None = None) -> None:
    """From every viewer, or from so many of them."""
    seed = int(os.environ.get("OKR_HIDDEN_SEED") or random.randrange(10**9))
    print(f"OKR_HIDDEN_SEED={seed}")
    organisation = await Organisation(service, seed).founded()
    questions = [(question, parse(question)) for question in organisation.questions()]
    viewers = list(organisation.viewers().items())
    for name, viewer in random.Random(seed).sample(viewers, most or len(viewers)):
        seen = [i for i in organisation.objectives if organisation.sees(name, i)]
        hidden = [part for i, parts in organisation.marked.items() if i not in seen for part in parts]
        told = ""
        for question, document in questions:
            context = Context(service, service.reading(viewer), "request")
            result = await reference(context, document)
            answer = orjson.dumps([result.data, [error.message for error in result.errors or ()]]).decode()
            told += answer
            assert not [part for part in hidden if part in answer], (name, question)
        missing = [i for i in seen if organisation.marked[i][0] not in told]
        assert not missing, (name, "sees less than it may")


async def test_what_is_hidden_is_not_found_by_commands_either(service: Service) -> None:
    organisation = await Organisation(service, 1).founded()
    bob = member(f"bob {organisation.name}")
    hidden = [i for i in organisation.objectives if not organisation.sees("bob", i)]
    assert hidden
    for objective in hidden:
        mark, _, kr, *_ = organisation.marked[objective]
        for command in (
            EditObjective(id=objective, title="Mine", expected_version=99),
            AddKR(objective_id=objective, kr=NewKR(title="Mine", metric=REVENUE)),
            RecordCheckIn(key_result=KeyResultRef(id=UUID(kr)), value=Decimal(1)),
            RecordCheckIn(key_result=KeyResultRef(external_ref=f"0 {mark}"), value=Decimal(1)),
        ):
            problems = await _problems(service, command, bob)
            assert [problem.code for problem in problems] == ["NOT_FOUND"]
        taken = CreateObjective(
            cycle_id=organisation.quarter,
            owner_id=organisation.owners["bob"],
            title="Mine",
            external_ref=f"ref {mark}",
        )
        for problem in await _problems(service, taken, bob):
            assert problem.code == "EXTERNAL_REF_TAKEN"
            assert str(objective) not in f"{problem.params} {problem.entity_ids} {problem.message}"


async def _problems(service: Service, command: Command, principal: Principal) -> Any:
    with pytest.raises(Refused) as refused:
        await service.application.execute(command, Caller(principal))
    return refused.value.problems
