"""What happens to a key result."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from okr_api.domain.events.event import Event, FirstEvent
from okr_api.domain.values import Metric, Text


class KRAdded(FirstEvent):
    objective_id: UUID
    owner_id: UUID
    title: Text
    metric: Metric
    weight: Decimal
    due_on: date | None = None
    check_in_every_days: int | None = None
    external_ref: str | None = None
    continues_from: UUID | None = None


class KRRetitled(Event):
    title: Text


class KRReweighted(Event):
    weight: Decimal


class KRDueChanged(Event):
    due_on: date | None = None


class KROwnerChanged(Event):
    owner_id: UUID


class KRRhythmChanged(Event):
    check_in_every_days: int


class KRReferenceChanged(Event):
    external_ref: str | None = None


class KRRetargeted(Event):
    """The key result stays, with its check-ins; the targets before this one stay readable."""

    metric: Metric


class KRMoved(Event):
    """To another objective, with its check-ins and its delegation."""

    objective_id: UUID


class KRRetired(Event):
    pass


class KRRestored(Event):
    pass


class KRScored(Event):
    score: Decimal


class KRDelegated(Event):
    """`retain`: the accountable owner keeps checking in as well."""

    objective_id: UUID
    retain: bool


class KRUndelegated(Event):
    """The delegation to that objective ended; why stands in the reason."""

    objective_id: UUID
