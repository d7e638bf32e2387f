"""Compiled answers are those of graphql-core, byte for byte, for everyone who asks, while the organisation changes."""

import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from graphql import OperationDefinitionNode, parse, validate

from api.bringing import brought, reference
from api.serving import served
from compiled.random_queries import Queries, values
from model.test_past import Client
from model.test_random_clients import MADE, World
from okr_api.access.policy import DEVELOPMENT, ActorKind, Principal, Role, Scope
from okr_api.asgi import opened
from okr_api.graphql.compiled.plans import Plans, Ready
from okr_api.graphql.context import Context, Reading, Service
from okr_api.graphql.schema import SCHEMA
from okr_api.settings import read_settings

QUERIES = int(os.environ.get("OKR_COMPILED_QUERIES", "1000" if os.environ.get("CI") else "300"))
ASKED_AGAIN = 40
"""Queries that are asked time and again, so that kept text meets what changed meanwhile."""
COMMANDS = 3
"""Between two rounds of questions."""
LOOK_UPS = [
    """query($objective: ID!) { objective(id: $objective) {
      title state progress health updatedAt owner { name } cycle { name } progressBreakdown { weight progress }
      keyResults { title weight disposition current progress health responsible { name }
        checkIns(first: 2) { nodes { value } } }
    } }""",
    "query($keyResult: ID!) { keyResult(id: $keyResult) { title progress current delegatedTo { title progress } } }",
    'query($ref: String = "r1") { keyResult(externalRef: $ref) { title metric { target } progress } }',
    """query($cycle: ID!, $owner: ID!) { objectives(first: 3, where: { cycleId: $cycle, ownerIds: [$owner] }) {
      nodes { title state progress health } totalCount pageInfo { hasNextPage endCursor }
    } }""",
    """query($cycle: ID!) {
      objectives(first: 4, where: { cycleId: $cycle }, orderBy: { field: CREATED_AT, direction: DESC }) {
        nodes { title progress } totalCount
    } }""",
    """query($cycle: ID!) { objectives(first: 4, where: { cycleId: $cycle, states: [ACTIVE] }) {
      nodes { title } totalCount
    } }""",
    "query($objective: ID!, $owner: ID!) { objective(id: $objective) { progress } owner(id: $owner) { name } }",
]
"""All of them steady, so that whole answers are kept."""


def person(role: Role, login: str | None = None) -> Principal:
    return Principal(uuid4(), ActorKind.PERSON, "Somebody", frozenset({role}), login)


@pytest.fixture(params=[{}, {"snapshot_bytes": 1, "past_cuts_bytes": 1}], ids=["held", "away"])
async def service(database: str, request: pytest.FixtureRequest, patient: None) -> AsyncIterator[Service]:
    """One that holds everything, and one that holds next to nothing."""
    settings = {"database_url": database, "environment": "development"}
    with served(database):
        async with opened(read_settings(**settings, **request.param)) as service:
            yield service


async def test_whatever_is_asked_is_answered_as_graphql_core_does(service: Service) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance, world, client, found = random.Random(seed), World(seed), Client(service), Counter[str]()
    await world.founded(client)  # type: ignore[arg-type]
    await world.do(client, "registerOwner", MADE["owner"], {"name": "Ana", "level": "TEAM", "subject": "ana"})  # type: ignore[arg-type]
    everyone = [DEVELOPMENT, person(Role.AUDITOR), person(Role.MEMBER), person(Role.MEMBER, "ana")]
    everyone.append(Principal(uuid4(), ActorKind.INTEGRATION, "CRM", frozenset({Role.INTEGRATION}), scope=scope(world)))
    queries, kept = Queries(chance), [compiled(Queries(chance).query()) for _ in range(ASKED_AGAIN)]
    for number in range(QUERIES):
        if number % 10 == 0:
            await changed(world, client, chance)
        plans = chance.choice(kept) if chance.random() < 0.8 else compiled(queries.query())
        given = values(chance, world.a, service.live.snapshot.position)
        reading = service.reading(chance.choice(everyone))
        found.update([await compared(service, reading, plans, given)])
    print(found)
    assert found["compiled"] > QUERIES / 3, found


async def test_whole_answers_are_kept_while_others_change_and_no_longer(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance, world, client = random.Random(seed), World(seed), Client(service)
    await world.founded(client)  # type: ignore[arg-type]
    made, make = Counter[bool](), Ready._made

    async def counting(ready: Ready, context: Context) -> Any:
        made[True] += 1
        return await make(ready, context)

    monkeypatch.setattr(Ready, "_made", counting)
    plans = [compiled(query) for query in LOOK_UPS]
    asked = 0
    for _ in range(QUERIES // 10):
        await world.do(client, *world.command())  # type: ignore[arg-type]
        kinds = {"objective": "objective", "keyResult": "keyResult", "cycle": "cycle", "owner": "owner"}
        for one in chance.choices(plans, k=10):
            names = {each.variable.name.value for each in one.operation.variable_definitions or ()}
            given = {name: chance.choice(world.known[kinds[name]][:5]) for name in kinds if name in names}
            reading = service.reading(chance.choice([DEVELOPMENT, person(Role.AUDITOR)]))
            asked += await compared(service, reading, one, given) == "compiled"
    if not service.live.snapshot.away:
        assert made[True] < asked * 3 / 4, (made, asked)


async def changed(world: World, client: Client, chance: random.Random) -> None:
    for _ in range(COMMANDS):
        await world.do(client, *world.command())  # type: ignore[arg-type]
    hidden = {"id": world.a("objective"), "visibility": chance.choice(["LINE", "ORGANISATION", "ORGANISATION"])}
    await world.do(client, "editObjective", MADE["objective"], hidden)  # type: ignore[arg-type]


def scope(world: World) -> Scope:
    return Scope(cycles=frozenset({UUID(world.known["cycle"][1])}))


def compiled(query: str) -> Plans:
    document = parse(query)
    assert not validate(SCHEMA, document), query
    operation = next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    return Plans(document, operation)


async def compared(service: Service, reading: Reading, plans: Plans, given: dict[str, Any]) -> str:
    """How it was answered."""
    context = Context(service, reading, "compiled")
    data = await brought(context, lambda: plans.answer(context, given, repr(given)))
    told_by_core = await reference(Context(service, reading, "reference"), plans.document, given)
    told = f"{plans.document.loc and plans.document.loc.source.body}\n{given}\n{reading.principal}"
    if data is None:
        assert told_by_core.errors or told_by_core.data is None, f"left to graphql-core: {told}"
        return "errors"
    assert not told_by_core.errors, told
    assert orjson.dumps(data) == orjson.dumps(told_by_core.data), told
    return "compiled"
