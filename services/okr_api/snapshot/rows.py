"""Rows: the facts as they are loaded, immutable, one class per table."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from okr_api.domain.values import (
    Approach,
    Commitment,
    CycleState,
    Link,
    Metric,
    ObjectiveState,
    OwnerLevel,
    Visibility,
)


class OwnerRow(msgspec.Struct, frozen=True):
    """`name` of a person is today's, from the table of people: None once erased. So is the login."""

    id: UUID
    version: int
    name: str | None
    level: OwnerLevel
    parent_id: UUID | None
    lead_id: UUID | None
    external_ref: str | None
    active: bool
    created_at: datetime
    updated_at: datetime
    created_position: int
    login: str | None = None


class CycleRow(msgspec.Struct, frozen=True):
    id: UUID
    root_id: UUID
    version: int
    name: str | None
    starts_on: date
    ends_on: date
    state: CycleState
    approach: Approach
    time_zone: str
    check_in_every_days: int
    rules: int
    parent_id: UUID | None
    created_at: datetime
    updated_at: datetime
    created_position: int


class ObjectiveRow(msgspec.Struct, frozen=True):
    id: UUID
    root_id: UUID
    version: int
    cycle_id: UUID
    owner_id: UUID
    title: str | None
    description: str | None
    external_ref: str | None
    visibility: Visibility
    state: ObjectiveState
    commitment: Commitment
    continues_from: UUID | None
    created_at: datetime
    updated_at: datetime
    retitled_at: datetime | None
    created_position: int


class KeyResultRow(msgspec.Struct, frozen=True):
    id: UUID
    root_id: UUID
    version: int
    objective_id: UUID
    owner_id: UUID
    title: str | None
    metric: Metric
    weight: Decimal
    due_on: date | None
    check_in_every_days: int | None
    external_ref: str | None
    retired: bool
    score: Decimal | None
    continues_from: UUID | None
    created_at: datetime
    updated_at: datetime
    retitled_at: datetime | None
    retargeted_at: datetime | None
    created_position: int


class LinkRow(msgspec.Struct, frozen=True):
    """What objective_id serves. DELEGATES: the key result target_id says it of its delegate."""

    kind: Link
    objective_id: UUID
    target_id: UUID
    root_id: UUID
    contributes: bool
    weight: Decimal
    retain: bool
    since: datetime
    created_position: int


class CountingRow(msgspec.Struct, frozen=True):
    """The check-in that counts for a key result; every one since `value_since` said the same value."""

    key_result_id: UUID
    root_id: UUID
    check_in_id: UUID
    value: Decimal
    confidence: Decimal | None
    effective_at: datetime
    value_since: datetime


class CheckInRow(msgspec.Struct, frozen=True):
    id: UUID
    key_result_id: UUID
    value: Decimal
    confidence: Decimal | None
    note: str | None
    source: str
    principal_id: UUID
    effective_at: datetime
    recorded_at: datetime
    position: int
    corrects: UUID | None
    corrected_by: UUID | None
    withdrawn: bool


class IntegrationRow(msgspec.Struct, frozen=True):
    """`cycle_ids` and `owner_ids` are its scope; None: all."""

    id: UUID
    version: int
    name: str | None
    cycle_ids: frozenset[UUID] | None
    owner_ids: frozenset[UUID] | None
    created_at: datetime
    updated_at: datetime
    created_position: int


class ApiKeyRow(msgspec.Struct, frozen=True):
    """`digest`: hexadecimal SHA-256 of the key."""

    id: str
    integration_id: UUID
    digest: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    created_position: int

    def live(self, moment: datetime) -> bool:
        return self.revoked_at is None and moment < self.expires_at


class WebhookRow(msgspec.Struct, frozen=True):
    """`event_types` and `cycle_id` say what it is told; None: all. It has the eyes of `made_by` with these roles."""

    id: UUID
    version: int
    url: str | None
    event_types: tuple[str, ...] | None
    cycle_id: UUID | None
    made_by: UUID
    roles: tuple[str, ...]
    secret_number: int
    former_until: datetime | None
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    created_position: int


class TargetRow(msgspec.Struct, frozen=True):
    """What a key result was to reach from `since` until the next target; `until` is None for the last one."""

    key_result_id: UUID
    metric: Metric
    since: datetime
    until: datetime | None
    reason: str | None
    principal_id: UUID


def with_metric(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the facts with its columns of a metric as one value."""
    parts = {name: row[f"metric_{name}"] for name in Metric.__dataclass_fields__}
    return {**row, "metric": parts}
