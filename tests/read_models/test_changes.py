"""Events in, out what each changes of the row that it is about, and nothing else."""

from datetime import date
from decimal import Decimal
from typing import Any
from unittest.mock import ANY

import pytest

from okr_api.domain.events import (
    ApiKeyIssued,
    CycleClosed,
    CycleClosingBegun,
    CycleCreated,
    CycleOpened,
    CycleRenamed,
    CycleReopened,
    CycleRescheduled,
    CycleRhythmChanged,
    Event,
    IntegrationCreated,
    IntegrationRenamed,
    IntegrationRescoped,
    KRAdded,
    KRDueChanged,
    KRMoved,
    KROwnerChanged,
    KRReferenceChanged,
    KRRestored,
    KRRetargeted,
    KRRetired,
    KRRetitled,
    KRReweighted,
    KRRhythmChanged,
    KRScored,
    ObjectiveActivated,
    ObjectiveCommitmentChanged,
    ObjectiveCreated,
    ObjectiveDescribed,
    ObjectiveOwnerChanged,
    ObjectiveReferenceChanged,
    ObjectiveRestored,
    ObjectiveRetired,
    ObjectiveRetitled,
    ObjectiveVisibilityChanged,
    OwnerDeactivated,
    OwnerLeadChanged,
    OwnerLoginChanged,
    OwnerMoved,
    OwnerReferenceChanged,
    OwnerRegistered,
    OwnerRenamed,
    PersonErased,
)
from okr_api.domain.values import Commitment, Metric, MetricKind, Text, Visibility
from read_models.facts import project, rows
from read_models.history import ANA, CRM, GROW, SALES, START, YEAR, History, named, said

BOB, OTHER = named("Bob"), named("Other")
DAY = date(2026, 2, 1)
METRIC = Metric(MetricKind.DECREASE, Decimal(9), Decimal(3), unit="s")
METRIC_COLUMNS = {
    "metric_kind": "DECREASE",
    "metric_start": Decimal(9),
    "metric_target": Decimal(3),
    "metric_unit": "s",
}
TABLES = {"owners": ANA, "cycles": YEAR, "objectives": GROW, "key_results": SALES, "integrations": CRM}


@pytest.fixture
def history(history: History) -> History:
    history.commit(said(OwnerRegistered, ANA, parent_id=BOB), said(CycleCreated, YEAR))
    history.commit(said(ObjectiveCreated, GROW, draft=True), said(ObjectiveCreated, OTHER), said(KRAdded, SALES))
    history.commit(said(IntegrationCreated, CRM, cycle_ids=(YEAR,)))
    return history


@pytest.mark.parametrize(
    ("table", "event_class", "fields", "changed"),
    [
        ("owners", OwnerRenamed, {"name": Text.typed("Sales")}, {"name": "Sales"}),
        ("owners", OwnerLoginChanged, {}, {}),
        ("owners", OwnerLeadChanged, {"lead_id": BOB}, {"lead_id": BOB}),
        ("owners", OwnerReferenceChanged, {"external_ref": "x"}, {"external_ref": "x"}),
        ("owners", OwnerMoved, {"parent_id": None}, {"parent_id": None}),
        ("owners", OwnerDeactivated, {}, {"active": False}),
        ("owners", PersonErased, {}, {}),
        ("cycles", CycleRenamed, {"name": Text.typed("FY26")}, {"name": "FY26"}),
        ("cycles", CycleRescheduled, {"starts_on": DAY, "ends_on": DAY}, {"starts_on": DAY, "ends_on": DAY}),
        ("cycles", CycleRhythmChanged, {"check_in_every_days": 14}, {"check_in_every_days": 14}),
        ("cycles", CycleClosingBegun, {}, {"state": "CLOSING"}),
        ("cycles", CycleReopened, {}, {"state": "OPEN"}),
        ("objectives", ObjectiveRetitled, {"title": Text.typed("Win")}, {"title": "Win", "retitled_at": ANY}),
        ("objectives", ObjectiveDescribed, {"description": Text.typed("Why")}, {"description": "Why"}),
        ("objectives", ObjectiveCommitmentChanged, {"commitment": Commitment.COMMITTED}, {"commitment": "COMMITTED"}),
        ("objectives", ObjectiveVisibilityChanged, {"visibility": Visibility.LINE}, {"visibility": "LINE"}),
        ("objectives", ObjectiveOwnerChanged, {"owner_id": BOB}, {"owner_id": BOB}),
        ("objectives", ObjectiveReferenceChanged, {"external_ref": "x"}, {"external_ref": "x"}),
        ("objectives", ObjectiveActivated, {}, {"state": "ACTIVE"}),
        ("objectives", ObjectiveRetired, {}, {"state": "RETIRED", "state_before_retirement": "DRAFT"}),
        ("key_results", KRRetitled, {"title": Text.typed("Win")}, {"title": "Win", "retitled_at": ANY}),
        ("key_results", KRReweighted, {"weight": Decimal("2.5")}, {"weight": Decimal("2.5")}),
        ("key_results", KRDueChanged, {"due_on": DAY}, {"due_on": DAY}),
        ("key_results", KROwnerChanged, {"owner_id": BOB}, {"owner_id": BOB}),
        ("key_results", KRRhythmChanged, {"check_in_every_days": 14}, {"check_in_every_days": 14}),
        ("key_results", KRReferenceChanged, {"external_ref": "x"}, {"external_ref": "x"}),
        ("key_results", KRRetargeted, {"metric": METRIC}, {**METRIC_COLUMNS, "retargeted_at": ANY}),
        ("key_results", KRMoved, {"objective_id": OTHER}, {"objective_id": OTHER}),
        ("key_results", KRRetired, {}, {"retired": True}),
        ("integrations", IntegrationRenamed, {"name": Text.typed("HR")}, {"name": "HR"}),
        ("integrations", IntegrationRescoped, {"owner_ids": (ANA, BOB)}, {"cycle_ids": None, "owner_ids": [ANA, BOB]}),
        ("integrations", ApiKeyIssued, {"key_id": "A", "digest": "00", "expires_at": START}, {}),
        ("key_results", KRScored, {"score": Decimal("0.7")}, {"score": Decimal("0.7")}),
    ],
)
async def test_an_event_changes_what_it_says(
    database: str, history: History, table: str, event_class: type[Event], fields: Any, changed: dict[str, Any]
) -> None:
    history.commit(said(event_class, TABLES[table], **fields))
    await project(database, batch_events=1)
    id_column = f"{table[:-1]}_id"
    before, after = await rows(database, table, **{id_column: TABLES[table]})
    different = {column: value for column, value in after.items() if value != before[column]}
    bookkeeping = {name: different.pop(name) for name in ("version", "updated_at", "valid_from", "valid_to")}
    assert different == changed
    assert bookkeeping["version"] == before["version"] + 1


@pytest.mark.parametrize("draft", [True, False])
async def test_a_restored_objective_is_what_it_was(database: str, history: History, draft: bool) -> None:
    for happened in [ObjectiveRetired, ObjectiveRestored] if draft else [ObjectiveActivated, ObjectiveRetired]:
        history.commit(said(happened, GROW))
    if not draft:
        history.commit(said(ObjectiveRestored, GROW))
    await project(database)
    now = (await rows(database, "objectives", objective_id=GROW))[-1]
    assert (now["state"], now["state_before_retirement"]) == ("DRAFT" if draft else "ACTIVE", None)


async def test_a_restored_key_result_is_not_retired(database: str, history: History) -> None:
    history.commit(said(KRRetired, SALES))
    history.commit(said(KRRestored, SALES))
    await project(database)
    assert [row["retired"] for row in await rows(database, "key_results")] == [False, True, False]


async def test_a_closed_cycle_can_be_open_again(database: str, history: History) -> None:
    for happened in (CycleOpened, CycleClosingBegun, CycleClosed, CycleReopened):
        history.commit(said(happened, YEAR))
    await project(database)
    assert [row["state"] for row in await rows(database, "cycles")] == ["DRAFT", "OPEN", "CLOSING", "CLOSED", "OPEN"]


async def test_a_key_result_that_moves_to_another_year_lies_there(database: str, history: History) -> None:
    later, far = named("2027"), named("Far")
    history.commit(said(CycleCreated, later), said(ObjectiveCreated, far, cycle_id=later))
    history.commit(said(KRMoved, SALES, objective_id=far))
    await project(database, batch_events=1)
    assert [row["root_id"] for row in await rows(database, "key_results")] == [YEAR, later]
