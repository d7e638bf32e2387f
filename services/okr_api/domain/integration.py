"""Integration: another system that acts under its own name, what it may touch, and the keys that it signs in with."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from okr_api.domain.errors import InvalidInput, Problem, Refused, RuleViolation, refuse_if
from okr_api.domain.events import (
    ApiKeyIssued,
    ApiKeyRevoked,
    Event,
    IntegrationCreated,
    IntegrationRenamed,
    IntegrationRescoped,
)
from okr_api.domain.stream import Stream
from okr_api.domain.values import MAX_TITLE, Text, text_problems

MAX_LIVE_KEYS = 2
"""The one in use and the one that takes its place."""
LONGEST_LIFE = timedelta(days=400)
"""A year, and time to notice that it is over."""
MAX_SCOPE = 100

Ids = tuple[UUID, ...]


@dataclass(frozen=True)
class NewApiKey:
    """What is kept of a key.

    `made_at` is the clock of whoever made it, which is good enough to judge by: a bound of 400 days does not hang on
    seconds, and it does not enter the log.
    """

    id: str
    digest: str
    made_at: datetime


class Integration(Stream):
    TITLE = "integration"

    # decide
    @classmethod
    def create(cls, integration_id: UUID, *, name: str, cycle_ids: Ids | None, owner_ids: Ids | None) -> Self:
        refuse_if(text_problems(name, "name", MAX_TITLE, required=True))
        cycle_ids, owner_ids = _in_order(cycle_ids), _in_order(owner_ids)
        return cls.begin(
            IntegrationCreated, integration_id, name=Text.typed(name), cycle_ids=cycle_ids, owner_ids=owner_ids
        )

    def rename(self, name: str) -> None:
        refuse_if(text_problems(name, "name", MAX_TITLE, required=True))
        if self.name.text != name:
            self.trigger_event(IntegrationRenamed, name=Text.typed(name))

    def rescope(self, cycle_ids: Ids | None, owner_ids: Ids | None) -> None:
        cycle_ids, owner_ids = _in_order(cycle_ids), _in_order(owner_ids)
        if (cycle_ids, owner_ids) != (self.cycle_ids, self.owner_ids):
            self.trigger_event(IntegrationRescoped, cycle_ids=cycle_ids, owner_ids=owner_ids)

    def issue(self, key: NewApiKey, expires_at: datetime) -> None:
        refuse_if(expiry_problems(expires_at, key.made_at))
        if sum(end > key.made_at for end in self.keys.values()) >= MAX_LIVE_KEYS:
            message = f"An integration has at most {MAX_LIVE_KEYS} live API keys: revoke one first."
            raise Refused(
                RuleViolation("TOO_MANY_API_KEYS", message, ("id",), {"most": MAX_LIVE_KEYS}, (str(self.id),))
            )
        self.trigger_event(ApiKeyIssued, key_id=key.id, digest=key.digest, expires_at=expires_at)

    def revoke(self, key_id: str) -> None:
        """One that was revoked before stays so: whoever wants it gone need not know."""
        if key_id in self.keys:
            self.trigger_event(ApiKeyRevoked, key_id=key_id)
        elif key_id not in self.revoked:
            raise Refused(RuleViolation("NOT_FOUND", "This integration has no API key with this id.", ("keyId",)))

    # evolve
    def when(self, event: Event) -> None:
        match event:
            case IntegrationCreated():
                self.name, self.cycle_ids, self.owner_ids = event.name, event.cycle_ids, event.owner_ids
                self.keys: dict[str, datetime] = {}
                self.revoked: frozenset[str] = frozenset()
            case IntegrationRenamed():
                self.name = event.name
            case IntegrationRescoped():
                self.cycle_ids, self.owner_ids = event.cycle_ids, event.owner_ids
            case ApiKeyIssued():
                self.keys = {**self.keys, event.key_id: event.expires_at}
            case ApiKeyRevoked():
                self.keys = {key_id: end for key_id, end in self.keys.items() if key_id != event.key_id}
                self.revoked |= {event.key_id}


def scope_problems(ids: Collection[UUID] | None, field: str) -> Iterator[Problem]:
    """How many cycles or owners a scope may name; an empty one would be a key to nothing."""
    if ids is not None and not ids:
        yield InvalidInput("TOO_FEW_ITEMS", f"{field} names at least 1; null: all.", (field,), {"fewest": 1})
    if ids is not None and len(ids) > MAX_SCOPE:
        yield InvalidInput("TOO_MANY_ITEMS", f"{field} names at most {MAX_SCOPE}.", (field,), {"most": MAX_SCOPE})


def expiry_problems(expires_at: datetime, now: datetime) -> Iterator[Problem]:
    latest = now + LONGEST_LIFE
    if not now < expires_at <= latest:
        message = f"expiresAt must lie ahead, at most {LONGEST_LIFE.days} days."
        params = {"lowest": _shown(now), "highest": _shown(latest)}
        yield InvalidInput("OUT_OF_RANGE", message, ("expiresAt",), params)


def _in_order(ids: Ids | None) -> Ids | None:
    """The same scope is always told the same way."""
    return None if ids is None else tuple(sorted(set(ids)))


def _shown(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
