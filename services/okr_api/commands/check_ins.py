"""Commands about check-ins: what people and integrations report on key results."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from okr_api.commands.decision import Command, Decision, Result
from okr_api.domain.check_in import CheckIn
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import not_found
from okr_api.domain.external_ref import ExternalRef
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import Objective


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

    async def decide(self, decision: Decision) -> Result:
        key_result = await _referred(decision, self.key_result)
        objective = await decision.get(Objective, key_result.objective_id)
        cycle = await decision.get(Cycle, objective.cycle_id)
        key_result.require_live("keyResult")
        objective.require_live("keyResult")
        cycle.require_check_ins_open("keyResult")
        check_in = CheckIn.record(
            decision.new_id(),
            key_result_id=key_result.id,
            metric_kind=key_result.metric_kind,
            value=self.value,
            confidence=self.confidence,
            note=self.note,
            effective_at=self.effective_at,
            source=self.source,
        )
        decision.add(check_in)
        decision.effective_at = self.effective_at
        return {"checkIn": str(check_in.id), "keyResult": str(key_result.id)}


async def _referred(decision: Decision, ref: KeyResultRef) -> KeyResult:
    if ref.id is not None:
        return await decision.get(KeyResult, ref.id, "keyResult", "id")
    name = ref.external_ref or ""
    held = await decision.find(ExternalRef, ExternalRef.id_of(KeyResult.__name__, name))
    if held is None:
        raise not_found(KeyResult.TITLE, name, "keyResult", "externalRef")
    return await decision.get(KeyResult, held.holder_id, "keyResult", "externalRef")
