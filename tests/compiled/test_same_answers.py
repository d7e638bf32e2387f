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
from okr_api.graphql.compiled.plans import Plans
from okr_api.graphql.context import Context, Reading, Service
from okr_api.graphql.schema import SCHEMA
from okr_api.settings import read_settings

QUERIES = int(os.environ.get("OKR_COMPILED_QUERIES", "1000" if os.environ.get("CI") else "300"))
ASKED_AGAIN = 40
"""Queries that are asked time and again, so that kept text meets what changed meanwhile."""
COMMANDS = 3
"""Between two rounds of questions."""


def person(role: Role, login: str | None = None) -> Principal:
    return Principal(uuid4(), ActorKind.PERSON, "Somebody", frozenset({role}), login)


@pytest.fixture(params=[{}, {"snapshot_bytes": 1, "past_cuts_bytes": 1}], ids=["held", "away"])
async def service(database: str, request: pytest.FixtureRequest) -> AsyncIterator[Service]:
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
    data = await brought(context, lambda: plans.answer(context, given))
    told_by_core = await reference(Context(service, reading, "reference"), plans.document, given)
    told = f"{plans.document.loc and plans.document.loc.source.body}\n{given}\n{reading.principal}"
    if data is None:
        assert told_by_core.errors or told_by_core.data is None, f"left to graphql-core: {told}"
        return "errors"
    assert not told_by_core.errors, told
    assert orjson.dumps(data) == orjson.dumps(told_by_core.data), told
    return "compiled"
