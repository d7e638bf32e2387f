"""Redaction: the record that a text was taken out of the log, who did it and why."""

from typing import Self
from uuid import NAMESPACE_URL, UUID, uuid5

from okr_api.domain.events import Event, TextRedacted
from okr_api.domain.stream import Stream


class Redaction(Stream):
    TITLE = "redaction"

    @staticmethod
    def id_of(position: int, field: str) -> UUID:
        """A text is redacted once."""
        return uuid5(NAMESPACE_URL, f"okr:redaction:{position}:{field}")

    # decide
    @classmethod
    def record(cls, entity_id: UUID, position: int, field: str) -> Self:
        redaction_id = cls.id_of(position, field)
        return cls.begin(TextRedacted, redaction_id, entity_id=entity_id, position=position, field=field)

    # evolve
    def when(self, event: Event) -> None:
        match event:
            case TextRedacted():
                self.entity_id, self.position, self.field = event.entity_id, event.position, event.field
