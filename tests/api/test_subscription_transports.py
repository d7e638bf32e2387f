"""How subscriptions travel: graphql-transport-ws to the letter, event streams, and who may open them."""

import asyncio
import json
import socket as sockets
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from api.serving import DATABASES, Api, Company, served, token
from api.subscribing import CHANGED, PROTOCOL, Ended, Socket, connected, socket, streamed, subscribed
from api.test_subscriptions import check_in, logged
from okr_api.access.development import new_token
from okr_api.access.policy import Role
from okr_api.access.tokens import LEEWAY
from okr_api.local.tokens import development_key

TWO = 'subscription { a: cascadeChanged(cycleId: "1") { position } b: cascadeChanged(cycleId: "2") { position } }'
WHO = "{ viewer { roles } }"


async def code(told: Socket) -> int:
    """What the service closes it with."""
    with suppress(ConnectionClosed):
        while True:
            await told.receive()
    assert told.connection.close_code is not None
    return told.connection.close_code


def soon_over(url: str, seconds: float) -> str:
    """A token that is not believed any more after so long."""
    return new_token(development_key(DATABASES[url]), Role.ADMIN, timedelta(seconds=seconds - LEEWAY))


class TestSockets:
    async def test_a_token_may_come_with_the_handshake_or_with_the_first_message(self, url: str) -> None:
        bearer = f"Bearer {token(url)}"
        for sent, payload in (
            (token(url), None),
            (None, {"Authorization": bearer}),
            (None, {"authorization": bearer}),
            (None, {"headers": {"Authorization": bearer}}),
            ("no token", {"Authorization": bearer}),
        ):
            async with connected(url, sent) as told:
                await told.send(type="connection_init", **({"payload": payload} if payload else {}))
                assert await told.receive() == {"type": "connection_ack"}

    @pytest.mark.parametrize(
        "payload", [None, {}, {"Authorization": "Bearer nothing"}, {"Authorization": 1}, {"headers": "none"}]
    )
    async def test_nobody_gets_in_without_one(self, url: str, payload: Any) -> None:
        async with connected(url) as told:
            await told.send(type="connection_init", payload=payload)
            assert await code(told) == 4401

    async def test_nothing_is_answered_before_the_first_message(self, url: str) -> None:
        async with connected(url, token(url)) as told:
            await told.subscribe(WHO)
            assert await code(told) == 4401

    async def test_whoever_does_not_say_who_they_are_is_shown_out(self, url: str) -> None:
        async with connected(url, token(url)) as told:
            assert await code(told) == 4408

    async def test_one_says_who_one_is_once(self, url: str) -> None:
        async with socket(url) as told:
            await told.send(type="connection_init", payload={"Authorization": f"Bearer {token(url)}"})
            assert await code(told) == 4429

    @pytest.mark.parametrize("spoken", [["graphql-ws"], None], ids=["legacy", "none"])
    async def test_other_protocols_are_refused(self, url: str, spoken: Any) -> None:
        async with connected(url, token(url), subprotocols=spoken) as told:
            assert told.connection.subprotocol is None
            assert await code(told) == 4406

    async def test_queries_and_mutations_are_answered_too(self, company: Company) -> None:
        kr = company.key_result()
        async with socket(company.api.url) as told:
            assert told.connection.subprotocol == PROTOCOL
            await told.subscribe(WHO)
            assert (await told.payload())["data"] == {"viewer": {"roles": ["admin"]}}
            assert await told.receive() == {"id": "1", "type": "complete"}
            await told.subscribe(
                "mutation($kr: ID!) { recordCheckIn(input: {keyResult: {id: $kr}, value: 1}) { position } }", kr=kr
            )
            answer = await told.payload()
            assert answer["data"]["recordCheckIn"]["position"] == answer["extensions"]["position"]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("subscription {", "GRAPHQL_PARSE_FAILED"),
            ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
            ("subscription { cascadeChanged { position } }", "GRAPHQL_VALIDATION_FAILED"),
            (TWO, "GRAPHQL_VALIDATION_FAILED"),
            ('subscription { cascadeChanged(cycleId: "1", after: "x") { position } }', "BAD_USER_INPUT"),
            ("subscription($c: ID!) { cascadeChanged(cycleId: $c) { position } }", "BAD_USER_INPUT"),
            ('subscription { cascadeChanged(cycleId: "1") { position } }', "NOT_FOUND"),
            ("{ " + "a " * 2000 + "}", "QUERY_TOO_COMPLEX"),
        ],
    )
    async def test_what_is_wrong_with_a_document_is_told(self, url: str, query: str, expected: str) -> None:
        async with socket(url) as told:
            await told.subscribe(query)
            message = await told.receive()
            assert (message["id"], message["type"]) == ("1", "error")
            assert {error["extensions"]["code"] for error in message["payload"]} == {expected}
            await told.subscribe(WHO)  # the socket goes on, and the id is free
            assert "data" in await told.payload()
        async with streamed(url, query=query) as events:
            with pytest.raises(Ended) as refused:
                await events.update()
            assert refused.value.code == expected

    async def test_an_id_is_used_once_at_a_time(self, company: Company) -> None:
        async with subscribed(company.api.url, cycle=company.cycle) as told:
            await told.subscribe(cycle=company.cycle)
            assert await code(told) == 4409

    async def test_an_operation_that_was_ended_tells_no_more(self, company: Company) -> None:
        kr = company.key_result()
        async with subscribed(company.api.url, cycle=company.cycle, after=str(company.api.position())) as told:
            await told.until(await asyncio.to_thread(check_in, company.api, kr))
            await told.send(id="1", type="complete")
            await told.subscribe(WHO, number="2")
            assert (await told.receive())["id"] == "2"
            assert (await told.receive())["type"] == "complete"
            await asyncio.to_thread(check_in, company.api, kr)
            await told.subscribe(cycle=company.cycle, after=told.last)
            assert len((await told.update())["events"]) == 1

    async def test_pings_are_answered(self, url: str) -> None:
        async with socket(url) as told:
            await told.send(type="ping")
            assert await told.receive() == {"type": "pong"}
            await told.send(type="pong")
            await told.send(type="ping", payload={"a": 1})
            assert await told.receive() == {"type": "pong"}

    @pytest.mark.parametrize(
        "sent",
        [
            "",
            "nonsense",
            "[]",
            b"\x00",
            '{"a":1,"a":2}',
            '{"type":"start","id":"1"}',
            '{"type":"subscribe","id":"1"}',
            '{"type":"subscribe","id":"1","payload":{}}',
            '{"type":"subscribe","id":"","payload":{"query":"{ __typename }"}}',
        ],
    )
    async def test_what_is_no_message_ends_it(self, url: str, sent: str | bytes) -> None:
        async with socket(url) as told:
            await told.connection.send(sent)
            assert await code(told) == 4400

    async def test_a_message_has_the_size_of_a_request_at_most(self, url: str) -> None:
        async with socket(url) as told:
            await told.subscribe("{" + " " * 1024 * 1024 + "}")
            assert await code(told) == 1009

    async def test_a_token_that_ends_closes_it(self, company: Company) -> None:
        async with subscribed(company.api.url, soon_over(company.api.url, 3), cycle=company.cycle) as told:
            assert await code(told) == 4403


class TestEventStreams:
    async def test_each_update_says_its_position_as_id(self, company: Company) -> None:
        kr = company.key_result()
        async with streamed(company.api.url, cycle=company.cycle, after="0") as told:
            await told.until(check_in(company.api, kr))
        assert told.ids == [update["position"] for update in told.updates]

    async def test_a_query_is_answered_and_the_stream_ends(self, url: str) -> None:
        async with streamed(url, query=WHO) as told:
            assert (await told.payload())["data"] == {"viewer": {"roles": ["admin"]}}
            with pytest.raises(Ended):
                await told.payload()

    def test_who_is_unknown_gets_no_stream(self, url: str) -> None:
        answer = httpx.post(f"{url}/graphql", json={"query": WHO}, headers={"Accept": "text/event-stream"})
        assert answer.status_code == 401
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"

    def test_a_subscription_by_get_is_a_stream_as_well(self, company: Company) -> None:
        given = {"query": CHANGED, "variables": json.dumps({"cycle": company.cycle, "after": "0"})}
        with company.api.http.stream(
            "GET", "/graphql", params=given, headers={"Accept": "text/event-stream"}
        ) as answer:
            assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
            lines = answer.iter_lines()
            assert "event: next" in [next(lines) for _ in range(3)]

    def test_a_subscription_in_a_plain_answer_is_refused(self, company: Company) -> None:
        answer = company.api.post(CHANGED, {"cycle": company.cycle})
        assert answer.status_code == 400
        assert "text/event-stream" in answer.json()["errors"][0]["message"]

    async def test_a_token_that_ends_ends_it(self, company: Company) -> None:
        async with streamed(company.api.url, soon_over(company.api.url, 3), cycle=company.cycle) as told:
            with pytest.raises(Ended) as ended:
                await told.update()
        assert ended.value.code == "UNAUTHENTICATED"


@pytest.fixture(scope="module")
def strict(shared_database: str) -> Iterator[str]:
    limits = {"MAX_OPERATIONS": "2", "MAX_CONNECTIONS_PER_PRINCIPAL": "2", "MAX_WAITING_UPDATES": "2"}
    with served(shared_database, **{f"OKR_{name}": most for name, most in limits.items()}) as url:
        yield url


def small_socket(url: str) -> sockets.socket:
    """The system keeps little of what is not taken from it: by itself it would keep 32 MB and more."""
    small = sockets.socket()
    small.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 65_536)
    small.connect(("127.0.0.1", httpx.URL(url).port))
    return small


class TestLimits:
    async def test_a_socket_has_so_many_operations(self, strict: str) -> None:
        company = Company(Api(strict))
        async with socket(strict) as told:
            for number in "123":
                await told.subscribe(number=number, cycle=company.cycle)
            message = await told.receive()
        assert (message["id"], message["payload"][0]["extensions"]["code"]) == ("3", "RATE_LIMITED")

    async def test_a_principal_has_so_many_connections(self, strict: str) -> None:
        company = Company(Api(strict))
        async with socket(strict), streamed(strict, cycle=company.cycle, after="0") as events:
            await events.update()
            async with connected(strict, token(strict)) as third:
                await third.send(type="connection_init")
                assert await code(third) == 1013
            refused = company.api.post(CHANGED, {"cycle": company.cycle}, Accept="text/event-stream")
            assert refused.status_code == 429
            async with socket(strict, token(strict, "auditor")):
                pass

    async def test_who_takes_updates_too_slowly_is_told_where_to_go_on(self, strict: str) -> None:
        """Others do not notice."""
        api = Api(strict)
        company = Company(api)
        krs = [company.key_result() for _ in range(4)]
        begin = api.position()
        large = CHANGED.replace("type", "a: data b: data c: data d: data type")
        wanted = {"cycle": company.cycle, "after": str(begin)}
        by = token(strict, "auditor")
        async with (
            socket(strict, by, max_size=None, max_queue=1, compression=None, sock=small_socket(strict)) as slow,
            subscribed(strict, cycle=company.cycle, after=str(begin)) as other,
        ):
            await slow.subscribe(large, **wanted)
            first = api.do("recordCheckIn", "checkIn { id }", keyResult={"id": krs[0]}, value="1")
            await slow.until(int(first["position"]))  # from there on it is told, and takes nothing
            for number in range(10):
                items = [
                    {
                        "keyResult": {"id": kr},
                        "value": number,
                        "note": "x" * 9000,
                        "idempotencyKey": f"{number} {part} {kr}",
                    }
                    for kr in krs
                    for part in range(25)
                ]
                payload = await asyncio.to_thread(api.do, "recordCheckIns", "accepted", items=items)
                assert payload["accepted"] == len(items)
                await other.until(int(payload["position"]))
            assert other.positions == logged(company, begin)
            with pytest.raises(Ended) as ended:
                await slow.until(int(payload["position"]))
            assert ended.value.code == "RESUME"
            assert ended.value.errors[0]["extensions"]["position"] == slow.last
            await slow.subscribe(large, cycle=company.cycle, after=slow.last)
            await slow.until(int(payload["position"]))
            assert slow.positions == other.positions
