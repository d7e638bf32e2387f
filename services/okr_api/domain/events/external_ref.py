"""What happens to an external reference."""

from uuid import UUID

from okr_api.domain.events.event import Event, FirstEvent


class ExternalRefTaken(FirstEvent):
    """The first holder of a reference: `kind` is the name of the holder's stream type."""

    kind: str
    ref: str
    holder_id: UUID


class ExternalRefMoved(Event):
    """To another holder, or to none when its holder lets it go."""

    holder_id: UUID | None = None
