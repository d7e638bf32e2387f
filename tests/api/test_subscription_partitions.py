"""Who is told of a year that is away is told the same, and nothing else."""

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from api.serving import Api, Company, served, token
from api.subscribing import Ended, streamed, subscribed
from api.test_partitions import NOTHING
from api.test_subscriptions import WAYS, check_in, logged, wrote

TREE = "query($cycle: ID!) { cascade(cycleId: $cycle) { totalCount } }"
ALL_TOLD = """subscription($cycle: ID!, $after: Position) { cascadeChanged(cycleId: $cycle, after: $after) {
    position changedIds events { position type entityIds actor { id } changes { field before after } data } } }"""


@pytest.fixture
def urls(database: str) -> Iterator[tuple[str, str]]:
    """A process that holds everything, and one for which every year is too large."""
    with served(database) as whole, served(database, projector=False, **NOTHING) as tiny:
        yield whole, tiny


async def apart(url: str, company: Company) -> None:
    """Another year is asked about, so that there is no room for any other."""
    await asyncio.to_thread(Api(url).ask, TREE, cycle=company.cycle)


@WAYS
@pytest.mark.parametrize("below_a_root", [False, True], ids=["cycle", "root"])
async def test_every_commit_of_a_year_that_is_away_is_told_once_and_in_order(
    way: Any, below_a_root: bool, urls: tuple[str, str]
) -> None:
    whole, tiny = urls
    company = Company(Api(whole))
    other, objective = Company(company.api), company.objective()
    kr, beside, far = objective["keyResults"][0]["id"], company.key_result(), other.key_result()
    last_years, begin = other.objective("Last year")["id"], company.api.position()
    given = {"cycle": company.cycle, "after": str(begin)} | ({"root": objective["id"]} if below_a_root else {})

    def write(number: int) -> int:
        for each in (beside, far, kr):
            last = check_in(company.api, each, number)
        return last

    await apart(tiny, other)
    async with way(tiny, **given) as told, way(whole, **given) as expected:
        for number in range(5):
            await apart(tiny, other)
            last = await asyncio.to_thread(write, number)
            if number % 3:  # else several at once, with what the next ones tell
                await told.until(last)
        await apart(tiny, other)
        carried = {"id": last_years, "toCycleId": company.cycle}
        await asyncio.to_thread(wrote, company.api, "carryOverObjective", **carried)
        last = await asyncio.to_thread(write, 9)
        await told.until(last)
        await expected.until(last)
    assert told.events == expected.events
    assert told.changed == expected.changed
    if not below_a_root:
        assert told.positions == logged(company, begin)


async def test_nothing_hidden_is_told_because_it_is_away(urls: tuple[str, str]) -> None:
    whole, tiny = urls
    company = Company(Api(whole))
    other = Company(company.api)
    secret, shown = company.objective("Secret", visibility="LINE"), company.key_result()
    other.objective("Hidden elsewhere", visibility="LINE")
    hidden, begin, last = _ids(secret), company.api.position(), 0
    listening = [
        streamed(url, token(url, "member", "nobody"), query=ALL_TOLD, cycle=company.cycle, after=str(begin))
        for url in (tiny, whole)
    ]
    async with listening[0] as told, listening[1] as expected:
        for number in range(4):
            await apart(tiny, other)
            await asyncio.to_thread(check_in, company.api, secret["keyResults"][0]["id"], number)
            below = await asyncio.to_thread(company.objective)
            aligned = {"objectiveId": below["id"], "to": {"objectiveId": secret["id"]}}
            await asyncio.to_thread(wrote, company.api, "alignObjective", **aligned)
            last = await asyncio.to_thread(check_in, company.api, shown, number)
            await told.until(last)
        await expected.until(last)
    assert told.events == expected.events
    assert told.changed == expected.changed
    assert shown in told.changed
    assert not any(secret_id in orjson.dumps(told.updates).decode() for secret_id in hidden)
    for root in hidden:
        await apart(tiny, other)
        member = token(tiny, "member", "nobody")
        async with subscribed(tiny, member, cycle=company.cycle, root=root) as refused:
            with pytest.raises(Ended) as ended:
                await refused.update()
        assert ended.value.code == "NOT_FOUND"


def _ids(objective: dict[str, Any]) -> set[str]:
    return {objective["id"], *(kr["id"] for kr in objective["keyResults"])}
