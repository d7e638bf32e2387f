"""What a subscription tells: each commit of its cycle once, in order, to whoever may see it."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from graphql import GraphQLObjectType, get_named_type
from websockets.exceptions import ConnectionClosed

from api.serving import Api, Company, token
from api.subscribing import Ended, Told, streamed, subscribed
from api.test_integrations import IN_A_MONTH
from okr_api.graphql.schema import SCHEMA

WAYS = pytest.mark.parametrize("way", [subscribed, streamed], ids=["socket", "events"])
MILESTONE = {"kind": "MILESTONE"}
HISTORY = """query($cycle: ID!, $after: String) { history(where: {cycleId: $cycle}, first: 200, after: $after) {
    nodes { position } pageInfo { hasNextPage endCursor } } }"""


def wrote(api: Api, name: str, **given: Any) -> int:
    """Where a mutation stands in the log."""
    payload = api.do(name, "__typename", **given)
    assert payload["userErrors"] == []
    return int(payload["position"])


def check_in(api: Api, kr: str, value: object = 1) -> int:
    return wrote(api, "recordCheckIn", keyResult={"id": kr}, value=str(value))


def logged(company: Company, after: int = 0) -> list[int]:
    """Where the events of the cycle stand in the log."""
    found, more, cursor = list[int](), True, None
    while more:
        page = company.api.ask(HISTORY, cycle=company.cycle, after=cursor)["history"]
        found += [int(event["position"]) for event in page["nodes"]]
        more, cursor = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
    return sorted(position for position in found if position > after)


@WAYS
async def test_commits_are_told_as_they_happen_and_once(way: Any, company: Company) -> None:
    kr = company.key_result()
    begin = company.api.position()
    async with way(company.api.url, cycle=company.cycle, after=str(begin)) as told:
        for value in range(3):
            position = await asyncio.to_thread(check_in, company.api, kr, value)
            await told.until(position)
            assert told.last == str(position)
            assert kr in told.updates[-1]["changedIds"]
    assert told.positions == logged(company, begin)


@WAYS
async def test_without_a_position_it_begins_now(way: Any, company: Company) -> None:
    kr = company.key_result()
    before = check_in(company.api, kr)
    async with way(company.api.url, cycle=company.cycle) as told:
        told_first = asyncio.create_task(told.update())
        while not told_first.done():  # when it began is not told
            await asyncio.to_thread(check_in, company.api, kr)
            await asyncio.wait({told_first}, timeout=0.05)
    assert min(told.positions) > before


@WAYS
async def test_everything_is_told_once_and_in_order_while_many_write(way: Any, company: Company) -> None:
    krs = [company.key_result() for _ in range(4)]
    begin = company.api.position()

    def write(number: int) -> int:
        if number % 10 == 0:
            items = [{"keyResult": {"id": kr}, "value": number, "idempotencyKey": uuid4().hex} for kr in krs]
            return wrote(company.api, "recordCheckIns", items=items, mode="ATOMIC")
        return check_in(company.api, krs[number % 4], number)

    async with way(company.api.url, cycle=company.cycle, after=str(begin)) as told:
        last = max(await asyncio.gather(*(asyncio.to_thread(write, number) for number in range(60))))
        await told.until(last)
    assert told.positions == logged(company, begin)
    for update in told.updates:
        assert update["position"] == update["events"][-1]["position"]


async def test_a_commit_is_never_parted(company: Company) -> None:
    begin = company.api.position()
    last = 0
    for _ in range(5):
        company.objective()
        last = company.api.position()
    async with subscribed(company.api.url, cycle=company.cycle, after=str(begin)) as told:
        await told.until(last)
    of = [{event["commandId"] for event in update["events"]} for update in told.updates]
    assert len(set().union(*of)) == sum(map(len, of))


@WAYS
async def test_any_position_is_gone_on_from(way: Any, company: Company) -> None:
    kr = company.key_result()
    last = [check_in(company.api, kr, value) for value in range(5)][-1]
    all_of_it = logged(company)
    for after in (0, *all_of_it[:-1]):
        async with way(company.api.url, cycle=company.cycle, after=str(after)) as told:
            await told.until(last)
        # A commit that began before is whole behind its middle.
        assert told.positions[-len([p for p in all_of_it if p > after]) :] == [p for p in all_of_it if p > after]
        assert len({event["commandId"] for event in told.events if int(event["position"]) <= after}) <= 1


@WAYS
async def test_what_the_log_has_not_come_to_is_refused(way: Any, company: Company) -> None:
    async with way(company.api.url, cycle=company.cycle, after=str(company.api.position() + 10**9)) as told:
        with pytest.raises(Ended) as refused:
            await told.update()
    assert refused.value.code == "AS_OF_IN_FUTURE"


@WAYS
async def test_what_is_unknown_is_not_found(way: Any, company: Company) -> None:
    for given in ({"cycle": company.ceo}, {"cycle": company.cycle, "root": company.ana}):
        async with way(company.api.url, **given) as told:
            with pytest.raises(Ended) as refused:
                await told.update()
        assert refused.value.code == "NOT_FOUND"


async def test_other_cycles_are_not_told_and_cycles_inside_are(company: Company) -> None:
    api = company.api
    dates = {"startsOn": "2026-01-01", "endsOn": "2026-03-31", "parentId": company.cycle}
    quarter = api.made("createCycle", "cycle", name="Q1", **dates)["id"]
    api.made("openCycle", "cycle", id=quarter)
    elsewhere, inside = Company(api), company.objective(cycleId=quarter)["keyResults"][0]["id"]
    begin = api.position()
    async with subscribed(api.url, cycle=company.cycle, after=str(begin)) as told:
        await asyncio.to_thread(check_in, api, elsewhere.key_result())
        await told.until(await asyncio.to_thread(check_in, api, inside))
    assert told.positions == logged(company, begin)
    assert len(told.events) == 1


async def test_a_change_tells_of_all_that_it_serves(company: Company) -> None:
    api = company.api
    top = company.objective()
    child = api.do(
        "delegateKR", "objective { id }", keyResultId=top["keyResults"][0]["id"], to={"ownerId": company.ana}
    )
    below = child["objective"]["id"]
    kr = api.made("addKR", "keyResult", objectiveId=below, kr={"title": "More", "metric": MILESTONE})["id"]
    begin = api.position()
    async with subscribed(api.url, cycle=company.cycle, after=str(begin)) as told:
        await told.until(await asyncio.to_thread(check_in, api, kr))
    assert told.changed == {kr, below, top["keyResults"][0]["id"], top["id"]}


class TestBelowARoot:
    async def test_what_is_beside_it_is_not_told(self, company: Company) -> None:
        root, other = company.objective(), company.key_result()
        begin = company.api.position()
        async with subscribed(company.api.url, cycle=company.cycle, root=root["id"], after=str(begin)) as told:
            await asyncio.to_thread(check_in, company.api, other)
            last = await asyncio.to_thread(check_in, company.api, root["keyResults"][0]["id"])
            await told.until(last)
        assert told.positions == [last]

    @pytest.mark.parametrize("live", [True, False], ids=["live", "afterwards"])
    async def test_what_leaves_still_tells_that_it_left_and_no_more(self, company: Company, live: bool) -> None:
        api = company.api
        root, leaf = company.objective("Root"), company.objective("Leaf")
        kr = leaf["keyResults"][0]["id"]
        begin = api.position()

        def play() -> tuple[list[int], int]:
            target = {"objectiveId": root["id"]}
            check_in(api, kr)
            joined = wrote(api, "alignObjective", objectiveId=leaf["id"], to=target)
            inside = check_in(api, kr)
            left = wrote(api, "unalignObjective", objectiveId=leaf["id"], **{"from": target})
            check_in(api, kr)
            return [joined, inside, left], check_in(api, root["keyResults"][0]["id"])

        if not live:
            expected, last = play()
        async with subscribed(api.url, cycle=company.cycle, root=root["id"], after=str(begin)) as told:
            if live:
                expected, last = await asyncio.to_thread(play)
            await told.until(last)
        assert told.positions == [*expected, last]

    async def test_a_key_result_that_moves_away_tells_so(self, company: Company) -> None:
        api = company.api
        root, other = company.objective("Root"), company.objective("Other")
        kr = root["keyResults"][0]["id"]
        begin = api.position()
        moved = wrote(api, "moveKR", id=kr, toObjectiveId=other["id"])
        check_in(api, kr)
        last = wrote(api, "editObjective", id=root["id"], title="Done")
        async with subscribed(api.url, cycle=company.cycle, root=root["id"], after=str(begin)) as told:
            await told.until(last)
        assert told.positions == [moved, last]
        assert {kr, root["id"], other["id"]} <= set(told.changed)


class TestWhoMaySeeIt:
    @pytest.fixture
    def stranger(self, company: Company) -> str:
        """The token of a member who leads nobody and owns nothing."""
        return token(company.api.url, "member", f"stranger-{company.name}")

    @WAYS
    async def test_what_is_hidden_is_never_told(self, way: Any, company: Company, stranger: str) -> None:
        hidden = company.objective("Secret", visibility="LINE")
        shown = company.key_result()
        begin = 0
        async with way(company.api.url, stranger, cycle=company.cycle, after=str(begin)) as told:
            await asyncio.to_thread(check_in, company.api, hidden["keyResults"][0]["id"])
            await told.until(await asyncio.to_thread(check_in, company.api, shown))
        seen = str(told.updates)
        assert shown in seen
        assert hidden["id"] not in seen
        assert hidden["keyResults"][0]["id"] not in seen

    async def test_totals_that_it_moves_are_told_without_it(self, company: Company, stranger: str) -> None:
        api = company.api
        top, hidden = company.objective("Top"), company.objective("Secret", visibility="LINE")
        wrote(api, "alignObjective", objectiveId=hidden["id"], to={"objectiveId": top["id"]}, contributes=True)
        begin = api.position()
        async with subscribed(api.url, stranger, cycle=company.cycle, after=str(begin)) as told:
            api.made("editObjective", "objective", id=hidden["id"], title="Still secret")
            await told.until(check_in(api, hidden["keyResults"][0]["id"]))
        assert [(update["events"], update["changedIds"]) for update in told.updates] == [([], [top["id"]])]

    async def test_rights_are_those_of_the_moment(self, company: Company, stranger: str) -> None:
        api, mine, other = company.api, company.objective(), company.key_result()
        begin = api.position()
        async with subscribed(api.url, stranger, cycle=company.cycle, after=str(begin)) as told:
            await told.until(await asyncio.to_thread(check_in, api, mine["keyResults"][0]["id"]))
            api.made("editObjective", "objective", id=mine["id"], visibility="LINE")
            so_far = len(told.events)
            await asyncio.to_thread(check_in, api, mine["keyResults"][0]["id"])
            last = await asyncio.to_thread(check_in, api, other)
            await told.until(last)
        assert [int(event["position"]) for event in told.events[so_far:]] == [last]

    async def test_a_root_that_is_hidden_is_not_found(self, company: Company, stranger: str) -> None:
        hidden = company.objective("Secret", visibility="LINE")["id"]
        async with subscribed(company.api.url, stranger, cycle=company.cycle, root=hidden) as told:
            with pytest.raises(Ended) as refused:
                await told.update()
        assert refused.value.code == "NOT_FOUND"

    async def test_it_ends_where_the_root_is_hidden_meanwhile(self, company: Company, stranger: str) -> None:
        api, root = company.api, company.objective()
        begin = api.position()
        async with subscribed(api.url, stranger, cycle=company.cycle, root=root["id"], after=str(begin)) as told:
            await told.until(await asyncio.to_thread(check_in, api, root["keyResults"][0]["id"]))
            await asyncio.to_thread(api.made, "editObjective", "objective", id=root["id"], visibility="LINE")
            with pytest.raises(Ended) as ended:
                await told.update()
        assert ended.value.code == "NOT_FOUND"

    async def test_an_api_key_tells_what_it_is_for_and_ends_with_its_revocation(self, company: Company) -> None:
        api = company.api
        for_ana = {"name": "Board", "ownerIds": [company.ana], "expiresAt": IN_A_MONTH}
        made = api.do("createIntegration", "integration { id } secret", **for_ana)
        key = made["secret"]
        theirs = company.objective(ownerId=company.ana)["keyResults"][0]["id"]
        begin = api.position()
        async with subscribed(api.url, key, cycle=company.cycle, after=str(begin)) as told:
            await asyncio.to_thread(check_in, api, company.key_result())
            last = await asyncio.to_thread(check_in, api, theirs)
            await told.until(last)
            assert told.positions == [last]
            await asyncio.to_thread(wrote, api, "revokeApiKey", id=made["integration"]["id"], keyId=key.split("_")[1])
            with pytest.raises(ConnectionClosed) as closed:
                await told.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403


async def test_everybody_who_asks_the_same_is_told_the_same(company: Company) -> None:
    kr = company.key_result()
    begin = str(company.api.position())
    admin, auditor = token(company.api.url), token(company.api.url, "auditor")
    someone = token(company.api.url, "member", f"someone-{company.name}")
    told: list[Told] = []
    async with (
        subscribed(company.api.url, admin, cycle=company.cycle, after=begin) as one,
        subscribed(company.api.url, auditor, cycle=company.cycle, after=begin) as two,
        streamed(company.api.url, someone, cycle=company.cycle, after=begin) as three,
    ):
        last = max([await asyncio.to_thread(check_in, company.api, kr, value) for value in range(20)])
        told = [await each.until(last) for each in (one, two, three)]
    assert told[0].events == told[1].events == told[2].events
    assert len(told[0].events) == 20


def test_what_an_update_leads_to_is_the_same_for_all_who_may_see_it() -> None:
    """It is made and encoded once for them: nothing in it may be of the viewer, as viewerCan is."""
    reached, todo = set[str](), ["CascadeUpdate"]
    while todo:
        kind = SCHEMA.type_map[todo.pop()]
        if isinstance(kind, GraphQLObjectType) and kind.name not in reached:
            reached.add(kind.name)
            todo += [get_named_type(field.type).name for field in kind.fields.values()]
    assert reached == {"CascadeUpdate", "AuditEvent", "FieldChange", "Actor"}
