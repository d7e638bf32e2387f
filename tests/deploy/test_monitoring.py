"""Monitoring: the alerts tell of what was broken on purpose and of nothing else, and every panel shows something."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from api.test_degradation import shut_out
from deploy.monitoring import FOLDER, PATIENCE, alerts, metrics, panels, program, prometheus, promtool, queries, rules
from deploy.recording import Recorder, rule_test
from faults.asking import CHECK_IN, CREATE, OPEN, OWNER, QUARTER, READ
from faults.cases.projectors import UNKNOWN
from faults.service import Client, Service, Unanswered, free_port
from operations.pages import highest, page, shown_at, value
from webhooks.receiver import receiving

RUNBOOK = "deploy/k8s/README.md#"
SECTIONS = {"lag", "poison-event", "disk-full", "database-away", "webhooks", "slow-requests"}
BEFORE = 5
"""Scrapes of the time before a fault."""
LATE = 5.5
"""Seconds: more than an alert allows."""
PAUSE = 0.05
WEBHOOK = "mutation($url: String!) { createWebhook(input: {url: $url}) { webhook { id } userErrors { code } } }"


class Watched(Service):
    """Processes that show their pages."""

    @contextmanager
    def at_work(self, projectors: int) -> Iterator[dict[str, int]]:
        """The port of each page, by the name of its process."""
        self.ports = [free_port()]
        names = ["okr-api-0", *(f"okr-projector-{number}" for number in range(projectors))]
        pages = {name: free_port() for name in names}
        self.apis = [self.process("api", OKR_PORT=str(self.ports[0]), **shown_at(pages["okr-api-0"]))]
        self.projectors = [
            self.process("projector", number=number, **shown_at(pages[f"okr-projector-{number}"]))
            for number in range(projectors)
        ]
        with ExitStack() as ending:
            for process in (*self.projectors, *self.apis):
                process.start()
                ending.callback(process.stop)
            self.wait_until_alive()
            yield pages


@asynccontextmanager
async def load(service: Service) -> AsyncIterator[None]:
    """Somebody who writes, reads, and asks what cannot be answered, whatever becomes of it."""
    client = service.client()
    going = asyncio.create_task(go_on(client, *await settled(client)))
    try:
        yield
        assert not going.done()
    finally:
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        await client.close()


async def settled(client: Client) -> list[str]:
    """Two key results to report on."""
    owner = (await client.ask(OWNER, key="owner", name="CEO"))["registerOwner"]["owner"]["id"]
    cycle = (await client.ask(QUARTER, key="cycle", name="Q1"))["createCycle"]["cycle"]["id"]
    await client.ask(OPEN, key="open", id=cycle)
    made = await client.ask(CREATE, key="objective", cycle=cycle, owner=owner, title="Grow")
    return [kr["id"] for kr in made["createObjective"]["objective"]["keyResults"]]


async def go_on(client: Client, kr: str, spare: str) -> None:
    for turn in count():
        for document, given in (
            (CHECK_IN, {"key": str(turn), "kr": kr, "value": str(turn % 1000)}),
            (f"query Board{READ.removeprefix('query')}", {"kr": kr, "spare": spare}),
        ):
            with suppress(Unanswered):
                await client.ask(document, **given)
        if turn % 50 == 0:  # rarer than what an alert is raised for
            with suppress(AssertionError, Unanswered):
                await client.ask("{ nothing }")
        await asyncio.sleep(PAUSE)


async def test_each_alert_fires_for_its_fault_and_no_other_one_does(server: str, database: str, tmp_path: Path) -> None:
    program("promtool")
    named = set[str]().union(*(metrics(rule["expr"]) for rule in alerts()))
    service = Watched(database, tmp_path)
    with service.at_work(projectors=2) as pages, Recorder(pages) as recorder:
        async with load(service):
            calm = await seen(recorder.more, 4 * BEFORE)
            hung = await seen(projector_hangs, service, recorder)
            away_from = await seen(calms_down, recorder)
            away = await seen(database_goes_away, server, database, recorder)
            poison_from = await seen(calms_down, recorder)
            poisoned = await seen(poison_comes, database, recorder)
    scrapes = recorder.scrapes
    tests = [
        rule_test("all is well", scrapes[BEFORE:calm], named, set()),
        # Whoever hangs does not tell that it leads.
        rule_test(
            "a projector hangs",
            scrapes[calm - BEFORE : hung],
            named,
            {"OkrNobodyLeads", "OkrProjectorLag", "OkrFactsBehind"},
        ),
        rule_test(
            "the database is away",
            scrapes[away_from - BEFORE : away],
            named,
            {"OkrDatabaseAway", "OkrNobodyLeads", "OkrRequestsFail"},
        ),
        rule_test(
            "an event is poison",
            scrapes[poison_from - BEFORE : poisoned],
            named,
            {"OkrPoisonEvent", "OkrProjectorLag", "OkrFactsBehind"},
        ),
    ]
    tried(tmp_path, tests)


async def seen(step: Callable[..., int], *given: Any) -> int:
    return await asyncio.to_thread(step, *given)


def well(page: Any) -> bool:
    """Somebody leads, and everybody shows what the log holds, or nearly."""
    return (
        value(page, "okr_projector_leads") == 1
        and value(page, "okr_snapshot_age_seconds") == 0
        and highest(page, "okr_projector_lag_seconds") < 1
    )


def calms_down(recorder: Recorder) -> int:
    recorder.until(well)
    return recorder.more(BEFORE)


def projector_hangs(service: Watched, recorder: Recorder) -> int:
    leader = next(
        process for number, process in enumerate(service.projectors) if leads(recorder, f"okr-projector-{number}")
    )
    leader.pause()
    try:
        return recorder.until(lambda page: highest(page, "okr_projector_lag_seconds") > LATE)
    finally:
        leader.resume()


def leads(recorder: Recorder, process: str) -> bool:
    return value(recorder.scrapes[-1][process], "okr_projector_leads") == 1


def database_goes_away(server: str, database: str, recorder: Recorder) -> int:
    with shut_out(server, database):
        return recorder.until(lambda page: value(page, "okr_snapshot_age_seconds") > LATE)


def poison_comes(database: str, recorder: Recorder) -> int:
    with psycopg.connect(database) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('okr.append'))")
        connection.execute(UNKNOWN)
    return recorder.until(
        lambda page: value(page, "okr_projector_parked") == 1 and highest(page, "okr_projector_lag_seconds") > LATE
    )


def tried(folder: Path, tests: list[dict[str, Any]]) -> None:
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules()))
    every = tests[0]["interval"]
    told = {"rule_files": ["rules.yaml"], "evaluation_interval": every, "tests": tests}
    (folder / "recorded.yaml").write_text(json.dumps(told))
    promtool(folder, "test", "rules", "recorded.yaml")


async def test_every_panel_shows_something_under_load(database: str, tmp_path: Path) -> None:
    program("prometheus")
    service = Watched(database, tmp_path, {"OKR_WEBHOOK_NETWORKS": '["127.0.0.0/8"]'})
    with (
        service.at_work(projectors=1) as pages,
        receiving() as receiver,
        prometheus(
            tmp_path,
            free_port(),
            {"okr-api": [pages["okr-api-0"]], "okr-projector": [pages["okr-projector-0"]]},
        ) as watching,
    ):
        async with load(service):
            client = service.client()
            assert not (await client.ask(WEBHOOK, url=receiver.url))["createWebhook"]["userErrors"]
            await client.close()
            await asyncio.to_thread(receiver.wait_for, 5)
            missing = await asyncio.to_thread(never_shown, watching)
        assert not missing
        assert not watching.broken_rules()
        shown = {sample.name for port in pages.values() for sample in page(port)}
    named = [*queries().values(), *(rule["expr"] for rule in alerts())]
    assert set[str]().union(*map(metrics, named)) <= shown


def never_shown(watching: Any) -> list[str]:
    """The queries that find nothing, however long one waits."""
    missing, deadline = queries(), time.monotonic() + PATIENCE
    while missing and time.monotonic() < deadline:
        missing = {name: query for name, query in missing.items() if not watching.values(query)}
        time.sleep(0.2)
    return list(missing)


def test_the_rules_stand_where_nothing_was_provoked(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(rules()))
    promtool(tmp_path, "check", "rules", "rules.yaml")
    for cases in sorted((Path(__file__).parent / "rules").glob("*.yaml")):
        (tmp_path / cases.name).write_text(cases.read_text())
        promtool(tmp_path, "test", "rules", cases.name)


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_what_is_wrong_and_where_to_read_on(rule: dict[str, Any]) -> None:
    told = rule["annotations"]
    assert told.keys() == {"summary", "description", "runbook_url"}
    assert told["summary"].endswith(".")
    assert told["description"].endswith(".")
    assert told["runbook_url"].removeprefix(RUNBOOK) in SECTIONS
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in ("critical", "warning", "info")


def test_every_alert_is_tried() -> None:
    by_hand = "".join(path.read_text() for path in (Path(__file__).parent / "rules").glob("*.yaml"))
    provoked = Path(__file__).read_text()
    assert not [rule["alert"] for rule in alerts() if rule["alert"] not in by_hand + provoked]


def test_a_panel_says_what_it_shows() -> None:
    titles = [panel["title"] for panel in panels()]
    assert len(set(titles)) == len(titles)
    for panel in panels():
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]


def test_panels_do_not_cover_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads((FOLDER / "dashboard.json").read_text())["panels"]:
        at = panel["gridPos"]
        places = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not places & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= places
