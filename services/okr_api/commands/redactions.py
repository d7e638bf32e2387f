"""RedactText: the record of a redaction. The text itself is taken out of the log by whoever owns it."""

from dataclasses import dataclass
from uuid import UUID

from okr_api.commands.decision import Command, Decision, Result
from okr_api.domain.redaction import Redaction


@dataclass(frozen=True, kw_only=True)
class RedactText(Command):
    """Told again, it changes nothing."""

    entity_id: UUID
    position: int
    field: str

    async def decide(self, decision: Decision) -> Result:
        redaction_id = Redaction.id_of(self.position, self.field)
        if await decision.find(Redaction, redaction_id) is None:
            decision.add(Redaction.record(self.entity_id, self.position, self.field))
        return {"redaction": str(redaction_id)}
