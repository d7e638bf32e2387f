"""Events in, rows of key results out."""

from datetime import date
from decimal import Decimal

from okr_api.domain.events import (
    CycleCreated,
    KRAdded,
    KRDelegated,
    KRRetargeted,
    KRRetitled,
    KRReweighted,
    ObjectiveCreated,
    ObjectiveRetitled,
)
from okr_api.domain.values import Metric, MetricKind, Text
from read_models.facts import project, ranges, rows
from read_models.history import ANA, GROW, SALES, YEAR, History, named, said

METRIC = Metric(MetricKind.MAINTAIN_AT_MOST, target=Decimal("2.50"), limit=Decimal("1E+2"), inclusive=False, unit="%")


async def test_a_key_result_keeps_what_it_was_added_with(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW))
    history.commit(
        said(
            KRAdded,
            SALES,
            metric=METRIC,
            due_on=date(2026, 6, 30),
            check_in_every_days=14,
            external_ref="jira-2",
            continues_from=GROW,
        )
    )
    await project(database, batch_events=1)
    (key_result,) = await rows(database, "key_results")
    moment = key_result["created_at"]
    assert key_result == {
        "key_result_id": SALES,
        "root_id": YEAR,
        "version": 1,
        "objective_id": GROW,
        "owner_id": ANA,
        "title": "Sell more",
        "metric_kind": "MAINTAIN_AT_MOST",
        "metric_start": None,
        "metric_target": Decimal("2.50"),
        "metric_limit": Decimal(100),
        "metric_inclusive": False,
        "metric_unit": "%",
        "weight": Decimal(1),
        "due_on": date(2026, 6, 30),
        "check_in_every_days": 14,
        "external_ref": "jira-2",
        "retired": False,
        "score": None,
        "continues_from": GROW,
        "created_at": moment,
        "updated_at": moment,
        "retitled_at": None,
        "retargeted_at": None,
        "created_position": 3,
        "valid_from": 3,
        "valid_to": None,
    }


async def test_delegating_changes_nothing_of_the_key_result_but_its_version(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW), said(KRAdded, SALES, metric=METRIC))
    history.commit(said(KRDelegated, SALES, objective_id=named("Sell")), said(ObjectiveCreated, named("Sell")))
    await project(database, batch_events=1)
    before, after = await rows(database, "key_results")
    assert ranges([before, after]) == [(3, 5), (5, None)]
    changed = {column for column in before if str(before[column]) != str(after[column])}
    assert changed == {"version", "updated_at", "valid_from", "valid_to"}


async def test_it_tells_when_its_words_and_its_numbers_last_changed(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW), said(KRAdded, SALES))
    history.commit(
        said(KRRetitled, SALES, title=Text.typed("Sell")), said(ObjectiveRetitled, GROW, title=Text.typed("Win"))
    )
    history.commit(said(KRRetargeted, SALES, metric=METRIC))
    history.commit(said(KRReweighted, SALES, weight=Decimal(2)))
    await project(database)
    added, retitled, retargeted, reweighed = await rows(database, "key_results")
    assert (added["retitled_at"], added["retargeted_at"]) == (None, None)
    assert (retitled["retitled_at"], retitled["retargeted_at"]) == (retitled["updated_at"], None)
    for version in (retargeted, reweighed):
        assert version["retitled_at"] == retitled["updated_at"]
        assert version["retargeted_at"] == retargeted["updated_at"]
    objective = (await rows(database, "objectives"))[-1]
    assert objective["retitled_at"] == retitled["updated_at"]
