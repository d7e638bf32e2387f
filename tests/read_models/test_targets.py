"""Events in, out the targets that a key result had."""

from decimal import Decimal

from okr_api.domain.events import CycleCreated, KRAdded, KRRetargeted, ObjectiveCreated
from okr_api.domain.values import Metric, MetricKind
from read_models.facts import project, ranges, rows
from read_models.history import GROW, PRINCIPAL, SALES, YEAR, History, said

HIGHER = Metric(MetricKind.INCREASE, Decimal(0), Decimal(200), unit="EUR")


async def test_every_target_stays(database: str, history: History) -> None:
    first = history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW), said(KRAdded, SALES))
    second = history.commit(said(KRRetargeted, SALES, metric=HIGHER))
    await project(database, batch_events=1)
    old, new = await rows(database, "targets")
    assert ranges([old, new]) == [(first, None), (second, None)]
    assert (old["metric_target"], new["metric_target"], new["metric_unit"]) == (Decimal(100), Decimal(200), "EUR")
    assert (new["position"], new["reason"], new["principal_id"]) == (second, None, PRINCIPAL)
    assert old["since"] < new["since"]
