"""Commands about check-ins: what people and integrations report on key results, and how it is put right."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from okr_api.commands.batches import UNCHANGED, AllOrNone
from okr_api.commands.decision import Command, Decision, Result
from okr_api.domain.check_in import CheckIn, Measurement
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import InvalidInput, Refused, key_of_another, not_found
from okr_api.domain.external_ref import ExternalRef
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import Objective
from okr_api.domain.values import KEPT, Kept


@dataclass(frozen=True, kw_only=True)
class KeyResultRef:
    """A key result by its id or by the name that another system gave it: exactly one."""

    id: UUID | None = None
    external_ref: str | None = None


@dataclass(frozen=True, kw_only=True)
class RecordCheckIn(Command):
    """Without `effective_at` it was true at the moment of recording."""

    key_result: KeyResultRef
    value: Decimal
    confidence: Decimal | None = None
    note: str | None = None
    effective_at: datetime | None = None
    source: str = "api"
    skip_unchanged: bool = False

    async def decide(self, decision: Decision) -> Result:
        check_in_id = decision.new_id()
        # Under the same key it may have been recorded as part of a batch: the log then says that its stream is taken.
        before = await decision.find(CheckIn, check_in_id) if decision.again else None
        if before is not None:
            _require_same(self, before)
            decision.duplicate = True
            return {"checkIn": str(check_in_id), "keyResult": str(before.key_result_id)}
        key_result = await _referred(decision, self.key_result)
        await _require_open(decision, key_result, "keyResult")
        if self.skip_unchanged and await _current_value(decision, key_result.id) == self.value:
            return {"keyResult": str(key_result.id), UNCHANGED: "true"}
        check_in = CheckIn.record(
            check_in_id,
            key_result_id=key_result.id,
            metric_kind=key_result.metric.kind,
            measurement=Measurement(self.value, self.confidence, self.note, self.effective_at),
            source=self.source,
        )
        decision.add(check_in)
        decision.tells_of(self.effective_at)
        decision.in_order_of = key_result.id
        return {"checkIn": str(check_in.id), "keyResult": str(key_result.id)}


@dataclass(frozen=True, kw_only=True)
class RecordCheckIns(AllOrNone):
    """Several check-ins in one commit: all of them or none."""

    MAKES = "checkIn"

    items: tuple[RecordCheckIn, ...]

    @property
    def latest(self) -> tuple[str, ...]:
        told = [(item.effective_at, place) for place, item in enumerate(self.items) if item.effective_at]
        return ("items", str(max(told)[1]), "effectiveAt")

    async def read_ahead(self, decision: Decision) -> None:
        await super().read_ahead(decision)
        key_results = await decision.known(KeyResult, (item.key_result.id for item in self.items))
        objectives = await decision.known(Objective, (key_result.objective_id for key_result in key_results))
        await decision.known(Cycle, (objective.cycle_id for objective in objectives))


@dataclass(frozen=True, kw_only=True)
class CorrectCheckIn(Command):
    """Another check-in takes its place, or none if it is withdrawn; the old one stays readable."""

    check_in_id: UUID
    value: Decimal | Kept = KEPT
    confidence: Decimal | Kept | None = KEPT
    effective_at: datetime | Kept = KEPT
    note: str | Kept | None = KEPT
    withdraw: bool = False

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.check_in_id,)

    async def decide(self, decision: Decision) -> Result:
        old = await decision.get(CheckIn, self.check_in_id, "checkInId")
        key_result = await decision.get(KeyResult, old.key_result_id)
        await _require_open(decision, key_result, "checkInId")
        if self.withdraw:
            self._refuse_values()
            old.withdraw()
            return {"checkIn": str(old.id), "keyResult": str(key_result.id)}
        if self._corrected(old) == _as_it_was(old):
            old.require_newest()
            return {"checkIn": str(old.id), "keyResult": str(key_result.id)}
        new = CheckIn.record(
            decision.new_id(),
            key_result_id=key_result.id,
            metric_kind=key_result.metric.kind,
            measurement=self._corrected(old),
            source=old.source,
            corrects=old.id,
        )
        old.correct(new.id)
        decision.add(new)
        decision.tells_of(None if self.effective_at is KEPT else self.effective_at)
        return {"checkIn": str(new.id), "keyResult": str(key_result.id)}

    def _corrected(self, old: CheckIn) -> Measurement:
        given = {name: getattr(self, name) for name in ("value", "confidence", "effective_at", "note")}
        return replace(_as_it_was(old), **{name: value for name, value in given.items() if value is not KEPT})

    def _refuse_values(self) -> None:
        if any(value is not KEPT for value in (self.value, self.confidence, self.effective_at, self.note)):
            message = "A check-in is either withdrawn or corrected: leave out the values, or withdraw."
            raise Refused(InvalidInput("WITHDRAWN_WITH_VALUES", message, ("withdraw",)))


def _as_it_was(old: CheckIn) -> Measurement:
    """What was true at the moment of recording stays true of that moment."""
    return replace(old.measurement, effective_at=old.measurement.effective_at or old.recorded_at)


async def _require_open(decision: Decision, key_result: KeyResult, *path: str) -> None:
    objective = await decision.get(Objective, key_result.objective_id)
    cycle = await decision.get(Cycle, objective.cycle_id)
    key_result.require_live(*path)
    objective.require_live(*path)
    cycle.require_check_ins_open(*path)


async def _current_value(decision: Decision, key_result_id: UUID) -> Decimal | None:
    """The value that counts now, or None where this very batch says so much that one cannot tell yet."""
    recorded = [stream for stream in decision.written if isinstance(stream, CheckIn)]
    of_it = [check_in.measurement for check_in in recorded if check_in.key_result_id == key_result_id]
    if of_it:
        return of_it[-1].value if of_it[-1].effective_at is None else None
    return await decision.facts.current_value(key_result_id)


def _require_same(item: RecordCheckIn, before: CheckIn) -> None:
    """A key belongs to one input. A name that another system gave may have gone to another key result since."""
    key_result_id = item.key_result.id or before.key_result_id
    measurement = Measurement(item.value, item.confidence, item.note, item.effective_at)
    if (key_result_id, measurement, item.source) != (before.key_result_id, before.measurement, before.source):
        raise Refused(key_of_another("check-in"))


async def _referred(decision: Decision, ref: KeyResultRef) -> KeyResult:
    if ref.id is not None:
        return await decision.get(KeyResult, ref.id, "keyResult", "id")
    name = ref.external_ref or ""
    held = await decision.find(ExternalRef, ExternalRef.id_of(KeyResult.__name__, name))
    holder = await decision.find(KeyResult, held.holder_id) if held and held.holder_id else None
    if holder is None or not await decision.sees(holder):
        raise not_found(KeyResult.TITLE, name, "keyResult", "externalRef")
    decision.named.append(holder)
    return holder
