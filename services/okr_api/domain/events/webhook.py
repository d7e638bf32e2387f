"""What happens to a webhook."""

from datetime import datetime
from uuid import UUID

from okr_api.domain.events.event import Event, FirstEvent
from okr_api.domain.values import Text


class WebhookCreated(FirstEvent):
    """`made_by`: the principal whose eyes it has, with the `roles` that it had then.

    `event_types`: names of events; None: all. `cycle_id`: with the cycles inside it; None: everywhere. The address is a
    text that people type: whoever knows some addresses may write to them, so it can be redacted.
    """

    url: Text
    made_by: UUID
    roles: tuple[str, ...]
    event_types: tuple[str, ...] | None = None
    cycle_id: UUID | None = None


class WebhookEdited(Event):
    """All that it is from here on."""

    url: Text
    event_types: tuple[str, ...] | None = None
    cycle_id: UUID | None = None


class WebhookSecretRotated(Event):
    """Messages are signed with the secret of this number; until `former_until` with the one before it as well.

    The secrets themselves follow from a key beside the log: they stand nowhere.
    """

    secret_number: int
    former_until: datetime


class WebhookReplayed(Event):
    """What stands in the log behind that position is sent again; a webhook that was stopped goes on."""

    after_position: int


class WebhookDeleted(Event):
    """For ever."""
