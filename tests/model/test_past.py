"""After any history, every answer as of a position is the one that was given when that position was the head."""

import json
import os
import random
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import DocumentNode, get_named_type, parse

from api.bringing import reference
from api.questions import selection
from api.serving import served
from model.test_random_clients import World
from okr_api.access.policy import DEVELOPMENT
from okr_api.asgi import opened
from okr_api.graphql import context
from okr_api.graphql.asked import Asked
from okr_api.graphql.context import Context, Service
from okr_api.graphql.execution import executed
from okr_api.graphql.schema import SCHEMA
from okr_api.settings import read_settings

COMMANDS = int(os.environ.get("OKR_AS_OF_COMMANDS", "100"))
"""OKR_AS_OF_COMMANDS=1000 on demand."""
POSITIONS = max(10, COMMANDS // 20)
NOON = datetime(2025, 2, 15, 12, tzinfo=UTC)
VIEWS = ("TIGHT", "LOOSE", "MIXED")
ASKED = {
    "cycles": [""],
    "owners": ["first: 200"],
    "objectives": ["first: 200", "first: 5, orderBy: {field: PROGRESS}", "first: 200, where: {unaligned: true}"],
    "keyResults": ["first: 200", "first: 200, where: {checkInOverdue: true}"],
    "cascade": [f"cycleId: $cycle, view: {view}" for view in VIEWS],
    "alignmentHealth": ["cycleId: $cycle"],
    "nodes": ["ids: $checkIns"],
}
GIVEN = {"cycle": "ID!", "checkIns": "[ID!]!"}


def questions() -> list[DocumentNode]:
    """All that can be selected, but for what may be done: that is said of today."""
    assert SCHEMA.query_type
    found = []
    for name, ways in ASKED.items():
        shown = selection(get_named_type(SCHEMA.query_type.fields[name].type), 3)
        shown = re.sub(r"(\w+: )?viewerCan\b", "", shown)
        for way in ways:
            given = " ".join(
                f"${n}: {kind}" for n, kind in (("cycle", "ID!"), ("checkIns", "[ID!]!")) if f"${n}" in way
            )
            found.append(parse(f"query($asOf: AsOf {given}) {{ {name}({way} asOf: $asOf) {shown} }}"))
    return found


@pytest.fixture
async def service(database: str, patient: None) -> AsyncIterator[Service]:
    with served(database):
        async with opened(read_settings(database_url=database, environment="development")) as service:
            yield service


class Client:
    """What a random client of the service sends, without HTTP in between."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def ask(self, query: str, **variables: Any) -> Any:
        asked = Asked(query, variables, None, may_change=True, min_position=None)
        result = await executed(asked, Context(self.service, self.service.reading(DEVELOPMENT), "request"))
        assert not result.errors
        return result.data


async def test_what_was_answered_at_a_position_is_answered_as_of_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    monkeypatch.setattr(context, "hour", lambda _: NOON)
    world, client, documents = World(seed), Client(service), questions()
    await world.founded(client)  # type: ignore[arg-type]
    recorded: dict[int, tuple[dict[str, Any], list[str]]] = {}
    for number in range(1, COMMANDS + 1):
        await world.do(client, *world.command())  # type: ignore[arg-type]
        if number % (COMMANDS // POSITIONS) == 0:
            things = {"cycle": world.a("cycle"), "checkIns": world.known["checkIn"][-200:]}
            recorded[service.live.snapshot.position] = things, await answers(service, documents, things)
    for position in random.sample(list(recorded), len(recorded)):
        things, before = recorded[position]
        assert await answers(service, documents, things, asOf={"position": str(position)}) == before, position


async def answers(service: Service, documents: list[DocumentNode], things: dict[str, Any], **as_of: Any) -> list[str]:
    found = []
    for document in documents:
        asking = Context(service, service.reading(DEVELOPMENT), "request")
        result = await reference(asking, document, things | as_of)
        assert not result.errors, result.errors
        found.append(json.dumps(without_names_of_people(result.data)))
    return found


def without_names_of_people(answer: Any) -> Any:
    """They are today's in every answer."""
    match answer:
        case list():
            return [without_names_of_people(item) for item in answer]
        case dict():
            person = "INDIVIDUAL" in (answer.get("level"), answer.get("Owner_level"))
            hidden = ("name", "Owner_name") if person else ()
            return {key: without_names_of_people(value) for key, value in answer.items() if key not in hidden}
    return answer
