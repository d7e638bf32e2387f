"""Changes: what the facts tell between two positions, as rows."""

from dataclasses import dataclass, field
from uuid import UUID

from okr_api.snapshot.rows import (
    ApiKeyRow,
    CountingRow,
    CycleRow,
    IntegrationRow,
    KeyResultRow,
    LinkRow,
    ObjectiveRow,
    OwnerRow,
    WebhookRow,
)


@dataclass(frozen=True)
class Changes:
    """What the facts hold now of the rows that changed, and which links and counting rows ended."""

    owners: list[OwnerRow] = field(default_factory=list)
    cycles: list[CycleRow] = field(default_factory=list)
    objectives: list[ObjectiveRow] = field(default_factory=list)
    key_results: list[KeyResultRow] = field(default_factory=list)
    links: list[LinkRow] = field(default_factory=list)
    ended_links: list[LinkRow] = field(default_factory=list)
    counting: list[CountingRow] = field(default_factory=list)
    ended_counting: list[UUID] = field(default_factory=list)
    integrations: list[IntegrationRow] = field(default_factory=list)
    api_keys: list[ApiKeyRow] = field(default_factory=list)
    webhooks: list[WebhookRow] = field(default_factory=list)
    reported: dict[UUID, int] | None = None
    """Where the check-ins of key results changed last; None if that was not looked up."""
