"""Owner: whoever can own an OKR: the company, a department, a team, a person."""

from typing import Self
from uuid import UUID

from okr_api.domain.errors import Refused, RuleViolation, refuse_if
from okr_api.domain.events import Event, OwnerRegistered
from okr_api.domain.stream import Stream
from okr_api.domain.values import MAX_LABEL, MAX_TITLE, OwnerLevel, Text, text_problems


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
        if external_ref is not None:
            refuse_if(text_problems(external_ref, "externalRef", MAX_LABEL, required=True))
        if parent is not None:
            parent.require_active("parentId")
            if level.depth < parent.level.depth:
                raise Refused(level_above(level, parent.level, "level"))
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

    def require_active(self, *path: str) -> None:
        if not self.active:
            message = "This owner is no longer active: choose another one."
            raise Refused(RuleViolation("OWNER_INACTIVE", message, path, {}, (str(self.id),)))

    # evolve
    def when(self, event: Event) -> None:
        match event:
            case OwnerRegistered():
                self.level = event.level
                self.parent_id = event.parent_id
                self.lead_id = event.lead_id
                self.active = True


def level_above(level: OwnerLevel, parent: OwnerLevel, *path: str) -> RuleViolation:
    message = f"{level} stands above {parent}: what serves cannot stand above what it serves."
    return RuleViolation("LEVEL_ABOVE_PARENT", message, path, {"level": level, "parentLevel": parent})
