"""Commands about owners: who there is in the organisation."""

from dataclasses import dataclass
from uuid import UUID

from okr_api.commands.decision import Command, Decision, Person, Result
from okr_api.domain.errors import Problems
from okr_api.domain.owner import Owner
from okr_api.domain.values import MAX_LABEL, OwnerLevel, text_problems


@dataclass(frozen=True, kw_only=True)
class RegisterOwner(Command):
    """`subject` is the login of a person."""

    name: str
    level: OwnerLevel
    parent_id: UUID | None = None
    lead_id: UUID | None = None
    subject: str | None = None
    external_ref: str | None = None

    async def decide(self, decision: Decision) -> Result:
        problems = Problems()
        parent = lead = None
        if self.subject is not None:
            problems.extend(text_problems(self.subject, "subject", MAX_LABEL, required=True))
        if self.parent_id:
            with problems.noted():
                parent = await decision.get(Owner, self.parent_id, "parentId")
        if self.lead_id:
            with problems.noted():
                lead = await decision.get(Owner, self.lead_id, "leadId")
        owner_id = decision.new_id()
        with problems.noted():
            owner = Owner.register(
                owner_id,
                name=self.name,
                level=self.level,
                parent=parent,
                lead=lead,
                external_ref=self.external_ref,
            )
            decision.add(owner)
        with problems.noted():
            await decision.take_reference(Owner, self.external_ref, owner_id)
        problems.refuse()
        if self.level is OwnerLevel.INDIVIDUAL or self.subject is not None:
            decision.people.append(Person(owner_id, "OWNER", self.name, self.subject))
        return {"owner": str(owner_id)}
