"""Commands about owners: who there is in the organisation, who leads, who leaves, who takes over."""

from dataclasses import dataclass
from uuid import UUID

from okr_api.commands.decision import Command, Decision, Person, Result
from okr_api.commands.references import change_reference, take_reference
from okr_api.domain.errors import Problems, Refused, RuleViolation, refuse_if
from okr_api.domain.owner import Owner
from okr_api.domain.values import KEPT, MAX_LABEL, Kept, OwnerLevel, reference_problems, text_problems


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
            await take_reference(decision, Owner, self.external_ref, owner_id)
        problems.refuse()
        if self.level is OwnerLevel.INDIVIDUAL or self.subject is not None:
            decision.people.append(Person(owner_id, "OWNER", self.name, self.subject))
        return {"owner": str(owner_id)}


@dataclass(frozen=True, kw_only=True)
class EditOwner(Command):
    """Fields that are KEPT stay; None clears the lead, the login or the external reference."""

    id: UUID
    name: str | Kept = KEPT
    lead_id: UUID | Kept | None = KEPT
    subject: str | Kept | None = KEPT
    external_ref: str | Kept | None = KEPT
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.id,)

    async def decide(self, decision: Decision) -> Result:
        owner = await decision.get(Owner, self.id, "id")
        owner.expect(self.expected_version)
        problems = Problems()
        if self.name is not KEPT:
            with problems.noted():
                owner.rename(self.name)
        if self.lead_id is not KEPT:
            with problems.noted():
                owner.follow_lead(await decision.get(Owner, self.lead_id, "leadId") if self.lead_id else None)
        if self.subject is not KEPT:
            with problems.noted():
                if self.subject is not None:
                    refuse_if(text_problems(self.subject, "subject", MAX_LABEL, required=True))
                owner.change_login()
        if self.external_ref is not KEPT:
            with problems.noted():
                refuse_if(reference_problems(self.external_ref))
                await change_reference(decision, Owner, owner.external_ref, self.external_ref, owner.id)
                owner.refer(self.external_ref)
        problems.refuse()
        self._beside_the_log(decision, owner)
        return {"owner": str(owner.id)}

    def _beside_the_log(self, decision: Decision, owner: Owner) -> None:
        name = self.name if self.name is not KEPT and owner.is_person else None
        subject = None if self.subject is KEPT else self.subject or ""
        if name is not None or subject is not None:
            decision.people.append(Person(owner.id, "OWNER", name, subject))


@dataclass(frozen=True, kw_only=True)
class MoveOwner(Command):
    """`parent_id` None: to the top."""

    id: UUID
    parent_id: UUID | None
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.id,)

    async def decide(self, decision: Decision) -> Result:
        owner = await decision.get(Owner, self.id, "id")
        owner.expect(self.expected_version)
        parent = await decision.get(Owner, self.parent_id, "parentId") if self.parent_id else None
        owner.move(parent)
        while parent is not None:
            if parent.id == owner.id:
                message = "The owner would stand below itself."
                raise Refused(RuleViolation("WOULD_CREATE_LOOP", message, ("parentId",), {}, (str(owner.id),)))
            parent = await decision.get(Owner, parent.parent_id) if parent.parent_id else None
        return {"owner": str(owner.id)}


@dataclass(frozen=True, kw_only=True)
class DeactivateOwner(Command):
    """Blocks nothing that stands; it shows where something waits for a new owner."""

    id: UUID
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.id,)

    async def decide(self, decision: Decision) -> Result:
        owner = await decision.get(Owner, self.id, "id")
        owner.expect(self.expected_version)
        owner.deactivate()
        return {"owner": str(owner.id)}


@dataclass(frozen=True, kw_only=True)
class ErasePerson(Command):
    """Empties the name and the login beside the log; history keeps the id."""

    owner_id: UUID

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.owner_id,)

    async def decide(self, decision: Decision) -> Result:
        owner = await decision.get(Owner, self.owner_id, "ownerId")
        owner.erase()
        decision.people.append(Person(owner.id, "OWNER", "", ""))
        for principal_id in await decision.facts.signed_in_as(owner.id):
            decision.people.append(Person(principal_id, "ACTOR", "", ""))
        return {"owner": str(owner.id)}
