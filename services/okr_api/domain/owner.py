"""Owner: whoever can own an OKR: the company, a department, a team, a person."""

from typing import Self
from uuid import UUID

from okr_api.domain.errors import Refused, RuleViolation, refuse_if
from okr_api.domain.events import (
    Event,
    OwnerDeactivated,
    OwnerLeadChanged,
    OwnerLoginChanged,
    OwnerMoved,
    OwnerReferenceChanged,
    OwnerRegistered,
    OwnerRenamed,
    PersonErased,
)
from okr_api.domain.stream import Stream
from okr_api.domain.values import MAX_TITLE, OwnerLevel, Text, reference_problems, text_problems


class Owner(Stream):
    TITLE = "owner"

    # decide
    @classmethod
    def register(
        cls,
        owner_id: UUID,
        *,
        name: str,
        level: OwnerLevel,
        parent: "Owner | None",
        lead: "Owner | None",
        external_ref: str | None,
    ) -> Self:
        """The name of a person is checked here, but stands in the table of people and not in the event."""
        refuse_if(text_problems(name, "name", MAX_TITLE, required=True))
        refuse_if(reference_problems(external_ref))
        if parent is not None:
            parent.require_active("parentId")
            require_not_above(level, parent.level, "level")
        if lead is not None:
            lead.require_active("leadId")
        return cls.begin(
            OwnerRegistered,
            owner_id,
            level=level,
            name=None if level is OwnerLevel.INDIVIDUAL else Text.typed(name),
            parent_id=parent and parent.id,
            lead_id=lead and lead.id,
            external_ref=external_ref,
        )

    def rename(self, name: str) -> None:
        refuse_if(text_problems(name, "name", MAX_TITLE, required=True))
        if self.is_person:
            self.trigger_event(OwnerRenamed)
        elif self.name is None or self.name.text != name:
            self.trigger_event(OwnerRenamed, name=Text.typed(name))

    def change_login(self) -> None:
        self.trigger_event(OwnerLoginChanged)

    def follow_lead(self, lead: "Owner | None") -> None:
        if lead is not None:
            lead.require_active("leadId")
        if (lead and lead.id) != self.lead_id:
            self.trigger_event(OwnerLeadChanged, lead_id=lead and lead.id)

    def refer(self, external_ref: str | None) -> None:
        if external_ref != self.external_ref:
            self.trigger_event(OwnerReferenceChanged, external_ref=external_ref)

    def move(self, parent: "Owner | None") -> None:
        """Whether the new parent hangs below it is looked at by the caller, who walks up."""
        self.require_active("id")
        if parent is not None:
            parent.require_active("parentId")
            require_not_above(self.level, parent.level, "parentId")
        if (parent and parent.id) != self.parent_id:
            self.trigger_event(OwnerMoved, parent_id=parent and parent.id)

    def deactivate(self) -> None:
        self.require_active("id")
        self.trigger_event(OwnerDeactivated)

    def erase(self) -> None:
        if not self.is_person:
            message = "Only a person's name and login can be erased; teams are renamed."
            raise Refused(RuleViolation("NOT_A_PERSON", message, ("ownerId",), {}, (str(self.id),)))
        self.trigger_event(PersonErased)

    def require_active(self, *path: str) -> None:
        if not self.active:
            message = "This owner is no longer active: choose another one."
            raise Refused(RuleViolation("OWNER_INACTIVE", message, path, {}, (str(self.id),)))

    @property
    def is_person(self) -> bool:
        return self.level is OwnerLevel.INDIVIDUAL

    # evolve
    def when(self, event: Event) -> None:
        match event:
            case OwnerRegistered():
                self.level, self.name = event.level, event.name
                self.parent_id, self.lead_id = event.parent_id, event.lead_id
                self.external_ref = event.external_ref
                self.active = True
            case OwnerRenamed():
                self.name = event.name
            case OwnerLeadChanged():
                self.lead_id = event.lead_id
            case OwnerReferenceChanged():
                self.external_ref = event.external_ref
            case OwnerMoved():
                self.parent_id = event.parent_id
            case OwnerDeactivated():
                self.active = False


def require_not_above(level: OwnerLevel, parent: OwnerLevel, *path: str) -> None:
    if level.depth < parent.depth:
        message = f"{level} stands above {parent}: what serves cannot stand above what it serves."
        params = {"level": level, "parentLevel": parent}
        raise Refused(RuleViolation("LEVEL_ABOVE_PARENT", message, path, params))
