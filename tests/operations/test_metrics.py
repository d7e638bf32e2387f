"""Metrics: what is counted, by names that stay few, and the page that tells it."""

import asyncio
import time
from collections.abc import Callable, Iterator
from time import monotonic
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from api.serving import PATIENCE, Api, Company, process, served
from api.subscribing import subscribed
from faults.service import free_port
from okr_api.domain.errors import Refused, RuleViolation
from okr_api.event_log.requests import LogUnavailable, QueueFull
from okr_api.operations import instruments
from okr_api.operations.metrics import LONGEST_NAME, MOST_NAMES, NONE, OTHER, UNNAMED, Names, exposition
from operations.pages import page, samples, shown_at, value


@pytest.fixture(scope="module")
def ports(module_database: str) -> Iterator[tuple[Api, int, int]]:
    """An API, and where its page and that of its projector are."""
    api_port, projector_port = free_port(), free_port()
    with (
        process("projector", module_database, **shown_at(projector_port)),
        served(module_database, projector=False, **shown_at(api_port)) as url,
    ):
        yield Api(url), api_port, projector_port


def counted(before: list[Sample], after: list[Sample], name: str, **labels: str) -> float:
    return value(after, name, **labels) - value(before, name, **labels)


def test_requests_are_counted_by_operation_and_outcome(ports: tuple[Api, int, int]) -> None:
    api, port, _ = ports
    before = page(port)
    api.ask("query Board { cycles { id } }")
    api.ask("{ cycles { id } }")
    api.post("query Lost { nothing }")
    api.http.post("/graphql", content=b"no JSON", headers={"Content-Type": "application/json"})
    httpx.post(f"{api.url}/graphql", json={"query": "{ cycles { id } }"}, trust_env=False)
    after = page(port)
    for operation, outcome, times in (
        ("Board", "answered", 1),
        ("unnamed", "answered", 1),
        ("none", "refused", 3),
        ("Lost", "refused", 0),
    ):
        assert counted(before, after, "okr_requests_total", operation=operation, outcome=outcome) == times
    assert counted(before, after, "okr_request_duration_seconds_count") == 5
    for reason in ("GRAPHQL_VALIDATION_FAILED", "BAD_REQUEST", "UNAUTHENTICATED"):
        assert counted(before, after, "okr_requests_refused_total", reason=reason) == 1


def test_commands_are_counted_by_name_and_by_what_became_of_them(ports: tuple[Api, int, int]) -> None:
    api, port, _ = ports
    kr = Company(api).key_result()
    before = page(port)
    for number, key in (("1", "a"), ("1", "a"), ("2", "b")):
        api.do("recordCheckIn", "duplicate", keyResult={"id": kr}, value=number, idempotencyKey=f"{kr} {key}")
    assert api.refused("recordCheckIn", keyResult={"id": str(uuid4())}, value="1")
    after = page(port)
    for outcome, times in (("accepted", 2), ("duplicate", 1), ("refused", 1)):
        assert counted(before, after, "okr_commands_total", command="RecordCheckIn", outcome=outcome) == times
    assert counted(before, after, "okr_append_batch_requests_sum") >= 2
    assert counted(before, after, "okr_append_batch_duration_seconds_count") >= 2


def test_check_ins_that_come_as_events_are_counted_at_their_door(ports: tuple[Api, int, int]) -> None:
    api, port, _ = ports
    before = page(port)
    assert api.http.post("/v1/check-ins", content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    after = page(port)
    assert counted(before, after, "okr_requests_total", operation="/v1/check-ins", outcome="refused") == 1
    assert counted(before, after, "okr_requests_refused_total", reason="BAD_REQUEST") == 1


async def test_what_comes_over_a_websocket_is_counted_too(ports: tuple[Api, int, int]) -> None:
    api, port, _ = ports
    company = await asyncio.to_thread(Company, api)
    before = await asyncio.to_thread(page, port)
    async with subscribed(api.url, cycle=company.cycle) as socket:
        await asyncio.to_thread(company.objective)
        await socket.update()
        during = await asyncio.to_thread(page, port)
        await socket.subscribe("query OverSocket { cycles { id } }", "2")
        while (message := await socket.receive()).get("id") != "2":
            pass
        assert message["type"] == "next"
        after = await asyncio.to_thread(page, port)
    assert counted(before, during, "okr_subscribers") == counted(before, during, "okr_connections_open") == 1
    assert counted(before, after, "okr_requests_total", operation="OverSocket", outcome="answered") == 1


def test_a_client_cannot_fill_the_page(ports: tuple[Api, int, int]) -> None:
    api, port, _ = ports
    for number in range(120):
        api.ask(f"query Mine{number} {{ cycles {{ id }} }}")
    api.ask(f"query {'x' * 500} {{ cycles {{ id }} }}")
    found = page(port)
    operations = {each.labels["operation"] for each in found if each.name == "okr_requests_total"}
    assert len(operations - {OTHER, UNNAMED, NONE, "/v1/check-ins"}) <= MOST_NAMES
    assert value(found, "okr_requests_total", operation="other") >= 20
    assert max(map(len, operations)) <= LONGEST_NAME


def test_the_page_tells_what_is_held_and_what_waits(ports: tuple[Api, int, int]) -> None:
    api, port, projector_port = ports
    Company(api).objective()
    found, position = page(port), api.position()
    assert value(found, "okr_snapshot_position") == position
    assert value(found, "okr_snapshot_nodes", kind="objective") >= 1
    assert value(found, "okr_snapshot_nodes", kind="key_result") >= 1
    assert value(found, "okr_snapshot_age_seconds") == value(found, "okr_append_queue_requests") == 0
    assert value(found, "okr_append_queue_limit_requests") == 10_000
    assert {each.labels["pool"] for each in found if each.name == "okr_database_waiting_requests"} == {
        "check-ins",
        "past cuts",
        "log reading",
    }
    facts = until(projector_port, lambda seen: value(seen, "okr_projector_position") >= position)
    assert value(facts, "okr_projector_leads") == 1
    assert value(facts, "okr_projector_parked") == value(facts, "okr_projector_lag_positions") == 0
    assert value(facts, "okr_projector_events_total") >= position


def test_a_process_tells_of_itself_and_of_nothing_else(ports: tuple[Api, int, int]) -> None:
    _, port, projector_port = ports
    shared = {"okr_build_info", "okr_log_position"}
    api, projector = ({e.name for e in page(p) if e.name.startswith("okr_")} for p in (port, projector_port))
    assert api & projector == shared
    assert "process_resident_memory_bytes" in {each.name for each in page(projector_port)}


def test_every_metric_says_what_it_is_and_in_which_unit(ports: tuple[Api, int, int]) -> None:
    for port in ports[1:]:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        for family in text_string_to_metric_families(text):
            if family.name.startswith("okr_"):
                assert family.documentation.endswith("."), family.name
                assert family.name.endswith("_seconds") == ("econds" in family.documentation), family.name


@given(st.lists(st.text(min_size=1, max_size=80)))
def test_names_beyond_the_first_few_are_one(asked: list[str]) -> None:
    names = Names(most=5)
    called = [names.of(name) for name in asked]
    assert len(set(called) - {OTHER, UNNAMED}) <= 5
    for name, as_ in zip(asked, called, strict=True):
        assert as_ in (name, OTHER)
        assert names.of(name) == as_  # it never changes
    assert names.of(None) == NONE


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        ([], "answered"),
        (["BAD_USER_INPUT"], "refused"),
        (["QUERY_TOO_COMPLEX", "UNAVAILABLE"], "failed"),
        (["INTERNAL"], "failed"),
    ],
)
def test_how_a_request_ended_follows_from_its_errors(codes: list[str], outcome: str) -> None:
    name = f"Ended{uuid4().hex[:8]}"
    instruments.answered(name, [{"extensions": {"code": code}} for code in codes], monotonic())
    assert value(shown(), "okr_requests_total", outcome=outcome, operation=instruments.OPERATIONS.of(name)) >= 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Refused(RuleViolation("CONFLICT", "")), "refused"),
        (QueueFull(), "try_later"),
        (LogUnavailable(), "unavailable"),
        (asyncio.CancelledError(), "abandoned"),
        (ValueError(), "failed"),
    ],
)
def test_a_command_that_does_not_succeed_says_why(error: BaseException, outcome: str) -> None:
    before = shown()
    with pytest.raises(type(error)), instruments.counted("Try"):
        raise error
    assert counted(before, shown(), "okr_commands_total", command="Try", outcome=outcome) == 1


def shown() -> list[Sample]:
    """Of this process."""
    return list(samples(exposition()[0].decode()))


def until(port: int, seen: Callable[[list[Sample]], bool]) -> list[Sample]:
    deadline = monotonic() + PATIENCE
    while not seen(found := page(port)):
        assert monotonic() < deadline, found
        time.sleep(0.05)
    return found
