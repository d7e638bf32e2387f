"""Partitions: an API that holds next to nothing answers what one answers that holds everything, and writes once."""

import asyncio
import gc
import os
import random
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from graphql import get_named_type

from access.people import integration, member, person
from api.questions import selection
from api.serving import Api, Company, served
from api.test_cloudevents import BATCH, check_ins, event, send
from compiled.random_queries import Queries, values
from model.test_past import Client
from model.test_random_clients import MADE, World
from okr_api.access.policy import DEVELOPMENT, Principal, Role
from okr_api.asgi import opened
from okr_api.graphql.asked import Asked
from okr_api.graphql.bodies import answered
from okr_api.graphql.context import Context, Service
from okr_api.graphql.execution import executed
from okr_api.graphql.schema import SCHEMA
from okr_api.settings import read_settings

QUESTIONS = int(os.environ.get("OKR_PARTITION_QUESTIONS", "60"))
ROOTS = {
    "objective": ["id: $objective", 'externalRef: "r1"', "id: $objective, asOf: $asOf"],
    "keyResult": [
        "id: $keyResult",
        'externalRef: "r1"',
        'externalRef: "r2", asOf: $asOf',
        "id: $keyResult, asOf: $asOf",
    ],
    "objectives": ["first: 7", "where: {cycleId: $cycle}", "where: {ownerSubtree: $owner}", 'where: {search: "p"}'],
    "keyResults": ["first: 7, asOf: $asOf", "where: {cycleId: $cycle}", "where: {ownerIds: [$owner]}"],
    "cascade": ["cycleId: $cycle", "cycleId: $cycle, rootId: $keyResult", "cycleId: $cycle, asOf: $asOf"],
    "cascadeDiff": ["cycleId: $cycle, from: $from", "cycleId: $cycle, from: $from, rootId: $objective"],
    "replay": ["cycleId: $cycle, first: 5", "cycleId: $cycle, from: $from, first: 5"],
    "history": ["first: 9", "first: 9, asOf: $asOf", "where: {entityIds: [$objective, $keyResult]}"],
    "node": ["id: $checkIn", "id: $objective", "id: $keyResult, asOf: $asOf", 'id: "nonsense"'],
    "nodes": ["ids: [$checkIn, $objective, $keyResult, $owner, $cycle, $nowhere]"],
    "alignmentHealth": ["cycleId: $cycle, asOf: $asOf"],
}
KINDS = {"from": "AsOf!", "asOf": "AsOf"}


@pytest.fixture
async def services(database: str) -> AsyncIterator[tuple[Service, Service]]:
    """One that holds everything, and one for which every partition is too large."""
    settings = {"database_url": database, "environment": "development"}
    with served(database):
        async with AsyncExitStack() as stack:
            whole = await stack.enter_async_context(opened(read_settings(**settings)))
            tiny = await stack.enter_async_context(
                opened(read_settings(**settings, snapshot_bytes=1, past_cuts_bytes=1))
            )
            yield whole, tiny


class Several(World):
    """Three years, each with its quarter."""

    async def founded(self, client: Client) -> None:  # type: ignore[override]
        await super().founded(client)  # type: ignore[arg-type]
        for year in ("2026", "2027"):
            inside = None
            for end in (f"{year}-12-31", f"{year}-03-31"):
                dates = {"startsOn": f"{year}-01-01", "endsOn": end, "parentId": inside}
                await self.do(client, "createCycle", MADE["cycle"], {"name": end, **dates})  # type: ignore[arg-type]
                inside = self.known["cycle"][-1]
                await self.do(client, "openCycle", MADE["cycle"], {"id": inside})  # type: ignore[arg-type]

    def a(self, kind: str) -> str:
        return self.chance.choice(self.known[kind] or [str(UUID(int=0))])


async def answer(service: Service, principal: Principal, query: str, given: dict[str, Any]) -> dict[str, Any]:
    context = Context(service, service.reading(principal), "request")
    return answered(await executed(Asked(query, given, None, may_change=True, min_position=None), context), context)


def question(chance: random.Random) -> str:
    name = chance.choice(list(ROOTS))
    assert SCHEMA.query_type
    shown = selection(get_named_type(SCHEMA.query_type.fields[name].type), chance.choice([1, 2, 2]))
    way = chance.choice(ROOTS[name])
    variables = ("cycle", "owner", "objective", "keyResult", "checkIn", "nowhere", "from", "asOf")
    declared = " ".join(f"${each}: {KINDS.get(each, 'ID!')}" for each in variables if f"${each}" in way)
    return f"query{f'({declared})' if declared else ''} {{ {name}({way}) {shown} }}"


async def test_who_holds_next_to_nothing_gives_the_very_same_answers(services: tuple[Service, Service]) -> None:
    whole, tiny = services
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance, world, client = random.Random(seed), Several(seed), Client(whole)
    await world.founded(client)
    await world.do(client, "registerOwner", MADE["owner"], {"name": "Ana", "level": "TEAM", "subject": "ana"})  # type: ignore[arg-type]
    everyone = [DEVELOPMENT, person("Auditor", Role.AUDITOR), member("nobody"), member("ana")]
    everyone.append(integration({UUID(world.known["cycle"][3])}))
    for number in range(QUESTIONS):
        if number % 10 == 0:
            for _ in range(12 if number else 60):
                await world.do(client, *world.command())  # type: ignore[arg-type]
            hidden = {"id": world.a("objective"), "visibility": chance.choice(["LINE", "ORGANISATION"])}
            await world.do(client, "editObjective", MADE["objective"], hidden)  # type: ignore[arg-type]
            position = whole.application._acknowledged
            await whole.live.at_least(position, 10)
            await tiny.live.at_least(position, 10)
        given = values(chance, world.a, position) | {
            **{kind: world.a(kind) for kind in ("cycle", "owner", "objective", "keyResult", "checkIn")},
            "nowhere": str(uuid4()),
            "from": {"position": str(chance.randint(0, position))},
        }
        query = question(chance) if chance.random() < 0.7 else Queries(chance).query()
        principal = chance.choice(everyone)
        told = f"{principal}\n{query}\n{given}"
        expected = await answer(whole, principal, query, given)
        assert orjson.dumps(await answer(tiny, principal, query, given)) == orjson.dumps(expected), told
    assert not whole.live.snapshot.away
    assert tiny.live.snapshot.away


async def test_what_is_let_go_of_leaves_the_memory(services: tuple[Service, Service]) -> None:
    whole, tiny = services
    world, client = Several(1), Client(whole)
    await world.founded(client)
    for _ in range(60):
        await world.do(client, *world.command())  # type: ignore[arg-type]
    await tiny.live.at_least(whole.application._acknowledged, 10)
    one_of = {node.row.root_id: node.row.id for node in whole.live.snapshot.objectives.values()}
    assert len(one_of) > 1

    async def asked(root_id: UUID, objective_id: UUID) -> "weakref.ref[Any]":
        for query in (
            "query($id: ID!) { objective(id: $id) { title } }",
            "query($id: ID!) { node(id: $id) { id } history(first: 1, where: {entityIds: [$id]}) { totalCount } }",
        ):
            assert "errors" not in await answer(tiny, member("nobody"), query, {"id": str(objective_id)})
        return weakref.ref((await tiny.live.holding(frozenset([root_id]))).objectives[objective_id])

    before = [await asked(*each) for each in one_of.items()]
    gc.collect()
    async with asyncio.timeout(20):
        while any(each() for each in before[:-1]):
            await asyncio.sleep(0.1)
            gc.collect()


NOTHING = {"OKR_SNAPSHOT_BYTES": "1", "OKR_PAST_CUTS_BYTES": "1"}
CHECK_IN = "checkIn { value keyResult { id current objective { id progress cycle { id } } } } duplicate"


@pytest.fixture
def away(database: str) -> Iterator[Api]:
    """A process for which every partition is too large."""
    with served(database, **NOTHING) as url:
        yield Api(url)


def test_what_is_away_is_written_to_once_and_answered_right(away: Api) -> None:
    old, new = Company(away), Company(away)
    objective = old.objective()
    kr, other = objective["keyResults"][0]["id"], old.objective("Other")["id"]
    new.objective()
    events = away.position()

    def elsewhere() -> None:
        assert away.ask("query($c: ID!) { cascade(cycleId: $c) { totalCount } }", c=new.cycle)["cascade"]

    elsewhere()
    reported = {"keyResult": {"id": kr}, "value": "5", "idempotencyKey": "one"}
    payload = away.do("recordCheckIn", CHECK_IN, **reported)
    assert payload["checkIn"]["keyResult"]["objective"] == {
        "id": objective["id"],
        "progress": "0.5",
        "cycle": {"id": old.cycle},
    }
    assert (payload["duplicate"], away.position()) == (False, events + 1)
    elsewhere()
    assert away.do("recordCheckIn", CHECK_IN, **reported)["duplicate"]
    elsewhere()
    made = away.made("delegateKR", "objective", "id delegatedFrom { id }", keyResultId=kr, to={"ownerId": old.ana})
    assert made["delegatedFrom"] == {"id": kr}
    assert away.position() == events + 4
    elsewhere()
    moved = away.made("moveKR", "keyResult", "objective { id }", id=kr, toObjectiveId=other)
    assert (moved["objective"], away.position()) == ({"id": other}, events + 5)
    elsewhere()
    carried = away.made(
        "carryOverObjective", "objective", "cycle { id } continuesFrom { id }", id=other, toCycleId=new.cycle
    )
    assert carried == {"cycle": {"id": new.cycle}, "continuesFrom": {"id": other}}
    elsewhere()
    batch = [{"keyResult": {"id": kr}, "value": str(value), "idempotencyKey": f"b{value}"} for value in (6, 7)]
    before = away.position()
    several = away.do("recordCheckIns", "accepted results { checkIn { value keyResult { id } } }", items=batch)
    assert (several["accepted"], away.position()) == (2, before + 2)
    assert [result["checkIn"]["keyResult"]["id"] for result in several["results"]] == [kr, kr]


def test_events_about_what_is_away_are_recorded_once(away: Api) -> None:
    old, new = Company(away), Company(away)
    metric = {"kind": "INCREASE", "start": "0", "target": "10"}
    given = [{"title": "Revenue", "metric": metric, "externalRef": f"{old.name}-1"}]
    kr = old.objective(keyResults=given)["keyResults"][0]["id"]
    new.objective()
    events = [event(old, kr, 1), event(old, kr, 2, data={"keyResult": {"externalRef": f"{old.name}-1"}})]
    before = away.position()
    for status in ("ACCEPTED", "DUPLICATE"):
        assert away.ask("query($c: ID!) { cascade(cycleId: $c) { totalCount } }", c=new.cycle)["cascade"]
        answer = send(away, events, BATCH)
        assert (answer.status_code, [one["status"] for one in answer.json()]) == (200, [status] * 2), answer.text
        assert away.position() == before + 2
    assert {one["id"] for one in check_ins(old, kr)} == {one["checkIn"] for one in answer.json()}


def test_a_key_that_is_shown_once_is_the_one_that_was_made_though_the_answer_is_made_anew(away: Api) -> None:
    company = Company(away)
    kr = company.key_result()
    Company(away).key_result()
    answer = away.answer(
        """mutation($kr: ID!, $soon: DateTime!) {
          createIntegration(input: {name: "CRM", expiresAt: $soon}) { secret userErrors { message } }
          recordCheckIn(input: {keyResult: {id: $kr}, value: "5", idempotencyKey: "one"}) {
            checkIn { keyResult { history { nodes { type } } } }
          }
        }""",
        {"kr": kr, "soon": (datetime.now(UTC) + timedelta(days=30)).isoformat()},
    )
    assert "errors" not in answer, answer
    secret = answer["data"]["createIntegration"]["secret"]
    assert away.with_key(secret).ask("{ viewer { roles } }")["viewer"]["roles"] == ["integration"]


def test_a_member_sees_nothing_of_what_is_hidden_in_a_year_that_is_away(away: Api) -> None:
    company, other = Company(away), Company(away)
    objective = company.objective("Secret", visibility="LINE")
    kr = objective["keyResults"][0]["id"]
    other.objective()
    then = {"position": str(away.position())}
    member = away.as_("member", "nobody")
    tree = "query($c: ID!) { cascade(cycleId: $c) { totalCount } }"
    questions = {
        "query($o: ID!, $then: AsOf) { objective(id: $o, asOf: $then) { id } }": {"objective": None},
        "query($o: ID!) { node(id: $o) { id } }": {"node": None},
        "query($k: ID!, $then: AsOf) { keyResult(id: $k, asOf: $then) { id } }": {"keyResult": None},
        "query($o: ID!, $k: ID!) { history(where: {entityIds: [$o, $k]}) { totalCount nodes { id } } }": {
            "history": {"totalCount": 0, "nodes": []}
        },
    }
    for query, nothing in questions.items():
        known = {"o": objective["id"], "k": kr, "then": then}
        given = {name: value for name, value in known.items() if f"${name}:" in query}
        for without in ((), ("then",)):
            member.ask(tree, c=other.cycle)
            assert member.ask(query, **{n: value for n, value in given.items() if n not in without}) == nothing
    diff = """query($c: ID!) {
      cascadeDiff(cycleId: $c, from: {position: "0"}) { changes { nodes { item { __typename } } } }
    }"""
    for _ in range(2):
        member.ask(tree, c=other.cycle)
        items = member.ask(diff, c=company.cycle)["cascadeDiff"]["changes"]["nodes"]
        assert {node["item"]["__typename"] for node in items} == {"Redacted"}
        history = member.post("{ history(first: 200) { nodes { entityIds data changes { before after } } } }").text
        assert objective["id"] not in history
        assert kr not in history
        assert "Secret" not in history
