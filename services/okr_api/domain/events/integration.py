"""What happens to an integration."""

from datetime import datetime
from uuid import UUID

from okr_api.domain.events.event import Event, FirstEvent
from okr_api.domain.values import Text


class IntegrationCreated(FirstEvent):
    """The stream's id is the principal's, in every event that the integration causes, whichever key it signed in with.

    `cycle_ids` and `owner_ids` are its scope; None: all cycles, all owners.
    """

    name: Text
    cycle_ids: tuple[UUID, ...] | None = None
    owner_ids: tuple[UUID, ...] | None = None


class IntegrationRenamed(Event):
    name: Text


class IntegrationRescoped(Event):
    """The whole scope as it is from here on; None: all cycles, all owners."""

    cycle_ids: tuple[UUID, ...] | None = None
    owner_ids: tuple[UUID, ...] | None = None


class ApiKeyIssued(Event):
    """`digest`: hexadecimal SHA-256 of the whole key as UTF-8. The key itself was shown once and stands nowhere."""

    key_id: str
    digest: str
    expires_at: datetime


class ApiKeyRevoked(Event):
    """For ever: a key is never taken back into use."""

    key_id: str
