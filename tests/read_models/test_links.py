"""Events in, rows of links out."""

from decimal import Decimal

import pytest

from okr_api.domain.events import (
    CycleCreated,
    DelegationAccepted,
    KRAdded,
    KRDelegated,
    KRUndelegated,
    ObjectiveAligned,
    ObjectiveCreated,
    ObjectiveUnaligned,
)
from okr_api.domain.values import TargetKind
from read_models.facts import project, ranges, rows
from read_models.history import GROW, SALES, YEAR, History, named, said

SELL, RESELL, QUARTER = named("Sell"), named("Resell"), named("Q1")


@pytest.fixture
def history(history: History) -> History:
    """An objective with a key result, and a quarter inside its year."""
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW), said(KRAdded, SALES))
    history.commit(said(CycleCreated, QUARTER, parent_id=YEAR))
    return history


async def test_a_delegation_links_the_delegate_to_the_key_result(database: str, history: History) -> None:
    delegated = history.commit(
        said(KRDelegated, SALES, objective_id=SELL, retain=True),
        said(ObjectiveCreated, SELL, cycle_id=QUARTER),
        said(DelegationAccepted, SELL, key_result_id=SALES),
    )
    await project(database)
    (link,) = await rows(database, "links")
    assert link == {
        "kind": "DELEGATES",
        "objective_id": SELL,
        "target_id": SALES,
        "root_id": YEAR,
        "contributes": True,
        "weight": Decimal(1),
        "retain": True,
        "since": link["since"],
        "created_position": delegated - 2,
        "valid_from": delegated,
        "valid_to": None,
    }


@pytest.mark.parametrize("batch_events", [1, 5000])
async def test_a_new_delegation_ends_the_former(database: str, history: History, batch_events: int) -> None:
    first = history.commit(said(ObjectiveCreated, SELL), said(KRDelegated, SALES, objective_id=SELL))
    second = history.commit(said(ObjectiveCreated, RESELL), said(KRDelegated, SALES, objective_id=RESELL))
    await project(database, batch_events)
    links = await rows(database, "links", kind="DELEGATES")
    assert [link["objective_id"] for link in links] == [SELL, RESELL]
    assert ranges(links) == [(first, second), (second, None)]


@pytest.mark.parametrize(
    ("kind", "target", "expected"),
    [(TargetKind.KEY_RESULT, SALES, "SUPPORTS"), (TargetKind.OBJECTIVE, GROW, "ALIGNS")],
)
async def test_an_alignment_supports_a_key_result_or_aligns_to_an_objective(
    database: str, history: History, kind: TargetKind, target: object, expected: str
) -> None:
    history.commit(said(ObjectiveCreated, SELL))
    aligned = history.commit(
        said(ObjectiveAligned, SELL, target_kind=kind, target_id=target, contributes=False, weight=Decimal("0.50"))
    )
    await project(database)
    (link,) = await rows(database, "links")
    assert (link["kind"], link["objective_id"], link["target_id"]) == (expected, SELL, target)
    assert (link["contributes"], str(link["weight"]), link["retain"]) == (False, "0.50", False)
    assert (link["valid_from"], link["root_id"]) == (aligned, YEAR)


async def test_delegations_alignments_and_supports_stand_beside_each_other(database: str, history: History) -> None:
    history.commit(said(ObjectiveCreated, SELL), said(ObjectiveCreated, RESELL))
    history.commit(said(KRDelegated, SALES, objective_id=SELL))
    history.commit(said(ObjectiveAligned, RESELL, target_id=SALES))
    history.commit(said(ObjectiveAligned, RESELL, target_kind=TargetKind.OBJECTIVE, target_id=GROW))
    await project(database, batch_events=1)
    standing = {link["kind"] for link in await rows(database, "links") if link["valid_to"] is None}
    assert standing == {"DELEGATES", "SUPPORTS", "ALIGNS"}


@pytest.mark.parametrize("batch_events", [1, 5000])
async def test_an_ended_link_stood_until_then(database: str, history: History, batch_events: int) -> None:
    begun = history.commit(
        said(ObjectiveCreated, SELL),
        said(ObjectiveCreated, RESELL),
        said(KRDelegated, SALES, objective_id=SELL),
        said(ObjectiveAligned, RESELL, target_id=SALES),
        said(ObjectiveAligned, RESELL, target_kind=TargetKind.OBJECTIVE, target_id=GROW),
    )
    undelegated = history.commit(said(KRUndelegated, SALES, objective_id=SELL))
    unaligned = history.commit(said(ObjectiveUnaligned, RESELL, target_kind=TargetKind.KEY_RESULT, target_id=SALES))
    await project(database, batch_events)
    assert ranges(await rows(database, "links", kind="DELEGATES")) == [(begun, undelegated)]
    assert ranges(await rows(database, "links", kind="SUPPORTS")) == [(begun, unaligned)]
    assert ranges(await rows(database, "links", kind="ALIGNS")) == [(begun, None)]


@pytest.mark.parametrize("batch_events", [1, 5000])
async def test_a_reassignment_ends_one_delegation_and_begins_another(
    database: str, history: History, batch_events: int
) -> None:
    first = history.commit(said(ObjectiveCreated, SELL), said(KRDelegated, SALES, objective_id=SELL))
    second = history.commit(
        said(KRUndelegated, SALES, objective_id=SELL),
        said(KRDelegated, SALES, objective_id=RESELL),
        said(ObjectiveCreated, RESELL),
    )
    await project(database, batch_events)
    assert ranges(await rows(database, "links")) == [(first, second), (second, None)]
