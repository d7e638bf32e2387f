"""What happens to a text that was taken out of the log."""

from uuid import UUID

from okr_api.domain.events.event import FirstEvent


class TextRedacted(FirstEvent):
    """Of the event at a position, in the stream of an entity, the text of a field: its digest stands there now."""

    entity_id: UUID
    position: int
    field: str
