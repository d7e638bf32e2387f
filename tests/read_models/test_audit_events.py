"""Events in, out what an auditor reads: what each changed, whose history it is, and by which command."""

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from okr_api.domain.events import (
    EVENTS,
    ApiKeyIssued,
    CheckInCorrected,
    CheckInRecorded,
    CycleCreated,
    CycleNested,
    ExternalRefMoved,
    ExternalRefTaken,
    IntegrationCreated,
    KRAdded,
    KRDelegated,
    KRMoved,
    KRRetargeted,
    KRUndelegated,
    ObjectiveAligned,
    ObjectiveCreated,
    ObjectiveRetitled,
)
from okr_api.domain.values import Metric, MetricKind, TargetKind, Text
from read_models.facts import project, rows
from read_models.history import CRM, GROW, PRINCIPAL, SALES, START, YEAR, History, named, said
from read_models.random_history import random_history

SELL, Q1 = named("Sell"), named("Q1")
TABLES = {
    "owners": "owner_id",
    "cycles": "cycle_id",
    "objectives": "objective_id",
    "key_results": "key_result_id",
    "check_ins": "check_in_id",
    "integrations": "integration_id",
    "external_refs": "reference_id",
    "webhooks": "webhook_id",
}
SPELT = {f"metric_{name}": name for name in ("start", "target", "limit", "inclusive", "unit")}
BOOKKEEPING = {
    *("valid_from", "valid_to", "version", "root_id", "created_at", "updated_at", "retitled_at", "retargeted_at"),
    *("created_position", "position", "principal_id", "recorded_at", "state_before_retirement"),
}


def spelt(value: Any) -> Any:
    match value:
        case Decimal():
            return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case list():
            return [spelt(item) for item in value]
    return value


def camel(name: str) -> str:
    first, *others = SPELT.get(name, name).split("_")
    return first + "".join(map(str.title, others))


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    columns = after.keys() - BOOKKEEPING
    pairs = {name: (spelt(before.get(name)), spelt(after.get(name))) for name in columns}
    return {camel(name): pair for name, pair in pairs.items() if pair[0] != pair[1]}


def told(event: dict[str, Any]) -> dict[str, Any]:
    return {change["field"]: (change["before"], change["after"]) for change in event["changes"]}


async def only(dsn: str, position: int) -> dict[str, Any]:
    (event,) = await rows(dsn, "audit_events", position=position)
    return event


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_changes_of_every_event_are_the_stored_fields_before_and_after(
    database: str, history: History, seed: int
) -> None:
    history.commits(list(random_history(seed, events=5000)))
    await project(database, batch_events=300)
    events = await rows(database, "audit_events")
    assert {event["type"] for event in events} == EVENTS.keys()
    versions: dict[UUID, list[dict[str, Any]]] = {}
    for table, key in TABLES.items():
        for row in await rows(database, table):
            versions.setdefault(row[key], []).append({k: v for k, v in row.items() if k != key})
    in_commit = Counter((event["stream"], event["valid_from"]) for event in events)
    referring = {event["valid_from"] for event in events if event["type"].startswith("ExternalRef")}
    seen: set[str] = set()
    for event in events:
        at = event["valid_from"]
        alone = in_commit[event["stream"], at] == 1 and (at not in referring or event["type"].startswith("External"))
        if not alone or event["type"].startswith("ApiKey"):
            continue
        found = versions.get(event["stream"], [])
        before = next((row for row in found if row["valid_to"] == at), {})
        after = next((row for row in found if row["valid_from"] == at), {})
        changes = {name: pair for name, pair in told(event).items() if name not in ("delegation", "alignment")}
        assert changes == (differences(before, after) if after else {}), event
        seen.add(event["type"])
    assert len(seen) > len(EVENTS) * 3 // 4


async def test_an_event_tells_its_command_and_its_fields(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR))
    at = history.commit(said(ObjectiveCreated, GROW, title=Text.typed("Größer")), command_id=named("command"))
    await project(database)
    event = await only(database, at)
    assert (event["type"], event["stream"], event["stream_version"]) == ("ObjectiveCreated", GROW, 1)
    assert (event["principal_id"], event["command"], event["command_id"]) == (
        PRINCIPAL,
        "written by hand",
        named("command"),
    )
    assert event["data"]["title"] == "Größer"
    assert event["data"].keys() == {"cycleId", "ownerId", "title", "commitment", "visibility", "draft"}
    assert told(event)["state"] == (None, "ACTIVE")
    assert event["effective_at"] is None


async def test_a_text_that_was_redacted_is_null(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW))
    at = history.commit(said(ObjectiveRetitled, GROW, title=Text(digest="00" * 32)))
    await project(database)
    event = await only(database, at)
    assert event["data"] == {"title": None}
    assert told(event) == {"title": ("Grow", None)}


async def test_a_new_target_tells_the_figures_that_it_changes(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW), said(KRAdded, SALES))
    higher = Metric(MetricKind.INCREASE, Decimal(0), Decimal("200.50"), unit="EUR")
    at = history.commit(said(KRRetargeted, SALES, metric=higher))
    await project(database)
    event = await only(database, at)
    assert told(event) == {"target": ("100", "200.5"), "unit": (None, "EUR")}
    assert event["data"]["metric"]["target"] == "200.5"


async def test_of_several_events_in_one_commit_each_tells_what_it_did_itself(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW), said(KRAdded, SALES))
    history.commit(said(ObjectiveCreated, SELL), said(KRDelegated, SALES, objective_id=SELL))
    last = history.commit(
        said(KRUndelegated, SALES, objective_id=SELL), said(KRDelegated, SALES, objective_id=GROW, retain=True)
    )
    await project(database)
    old, new = {"objectiveId": str(SELL), "retain": False}, {"objectiveId": str(GROW), "retain": True}
    assert told(await only(database, last - 1)) == {"delegation": (old, None)}
    assert told(await only(database, last)) == {"delegation": (None, new)}


async def test_an_event_is_history_of_all_that_it_is_about(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR))
    nested = history.commit(said(CycleNested, YEAR, child_id=Q1), said(CycleCreated, Q1, parent_id=YEAR)) - 1
    history.commit(said(ObjectiveCreated, GROW), said(ObjectiveCreated, SELL, cycle_id=Q1))
    added = history.commit(said(KRAdded, SALES))
    delegated = history.commit(said(KRDelegated, SALES, objective_id=SELL))
    upward = {"target_kind": TargetKind.OBJECTIVE, "target_id": GROW}
    aligned = history.commit(said(ObjectiveAligned, SELL, **upward))
    reading = history.commit(said(CheckInRecorded, named("reading")))
    corrected = history.commit(said(CheckInCorrected, named("reading"), corrected_by=named("better")))
    moved = history.commit(said(KRMoved, SALES, objective_id=SELL))
    await project(database, batch_events=1)
    about = {event["position"]: event for event in await rows(database, "audit_events")}
    expected = {
        nested: ([YEAR, Q1], {YEAR, Q1}),
        added: ([SALES, GROW], {YEAR}),
        delegated: ([SALES, GROW, SELL], {YEAR, Q1}),
        aligned: ([SELL, GROW], {Q1}),
        reading: ([SALES, named("reading")], {YEAR}),
        corrected: ([SALES, named("reading")], {YEAR}),
        moved: ([SALES, SELL, GROW], {YEAR, Q1}),
    }
    for position, (entity_ids, cycle_ids) in expected.items():
        event = about[position]
        assert (event["entity_ids"], set(event["cycle_ids"])) == (entity_ids, cycle_ids), event["type"]
        assert event["subject_id"] == entity_ids[0]
    assert [about[at]["home_id"] for at in (added, reading, moved, aligned)] == [GROW, GROW, SELL, None]
    assert about[reading]["effective_at"] == about[reading]["recorded_at"] > START


async def test_a_reference_is_history_of_whoever_holds_it(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW), said(ObjectiveCreated, SELL))
    taken = history.commit(said(ExternalRefTaken, named("ref"), kind="Objective", ref="x", holder_id=GROW))
    moved = history.commit(said(ExternalRefMoved, named("ref"), holder_id=SELL))
    freed = history.commit(said(ExternalRefMoved, named("ref")))
    await project(database, batch_events=1)
    found = [(await only(database, at))["entity_ids"] for at in (taken, moved, freed)]
    assert found == [[GROW], [SELL, GROW], [SELL]]


async def test_a_key_tells_nothing_that_it_could_be_known_by(database: str, history: History) -> None:
    issued = said(ApiKeyIssued, CRM, key_id="AAAAAAAA", digest="0f" * 32, expires_at=START)
    at = history.commit(said(IntegrationCreated, CRM), issued)
    await project(database)
    event = await only(database, at)
    assert "0f0f" not in str(event["data"]) + str(event["changes"])
    assert event["subject_id"] == CRM
