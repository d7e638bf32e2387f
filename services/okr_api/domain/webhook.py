"""Webhook: an address that is told what happens, of what kind and where, as its maker may see it."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID

from okr_api.domain.errors import InvalidInput, Problem, not_found, refuse_if
from okr_api.domain.events import (
    EVENTS,
    Event,
    WebhookCreated,
    WebhookDeleted,
    WebhookEdited,
    WebhookReplayed,
    WebhookSecretRotated,
)
from okr_api.domain.stream import Stream
from okr_api.domain.values import KEPT, Kept, Text, text_problems

MAX_URL = 2000
LONGEST_OVERLAP_HOURS = 24 * 7
"""How long the former secret may sign along, for receivers to change over."""

Types = tuple[str, ...]


class Webhook(Stream):
    TITLE = "webhook"

    # decide
    @classmethod
    def create(
        cls,
        webhook_id: UUID,
        *,
        url: str,
        event_types: Types | None,
        cycle_id: UUID | None,
        made_by: UUID,
        roles: Collection[str],
    ) -> Self:
        refuse_if([*url_problems(url), *type_problems(event_types)])
        return cls.begin(
            WebhookCreated,
            webhook_id,
            url=Text.typed(url),
            made_by=made_by,
            roles=tuple(sorted(roles)),
            event_types=_in_order(event_types),
            cycle_id=cycle_id,
        )

    def edit(self, *, url: str | Kept, event_types: Types | Kept | None, cycle_id: UUID | Kept | None) -> None:
        if url is not KEPT:
            refuse_if(url_problems(url))
        if event_types is not KEPT:
            refuse_if(type_problems(event_types))
        new_url = self.url if url is KEPT or url == self.url.text else Text.typed(url)
        new_types = self.event_types if event_types is KEPT else _in_order(event_types)
        new_cycle = self.cycle_id if cycle_id is KEPT else cycle_id
        if (new_url, new_types, new_cycle) != (self.url, self.event_types, self.cycle_id):
            self.trigger_event(WebhookEdited, url=new_url, event_types=new_types, cycle_id=new_cycle)

    def rotate_secret(self, former_until: datetime) -> None:
        self.trigger_event(WebhookSecretRotated, secret_number=self.secret_number + 1, former_until=former_until)

    def replay(self, after_position: int) -> None:
        self.trigger_event(WebhookReplayed, after_position=after_position)

    def delete(self) -> None:
        self.trigger_event(WebhookDeleted)

    def refuse_if_deleted(self) -> None:
        if self.deleted:
            raise not_found(self.TITLE, self.id, "id")

    # evolve
    def when(self, event: Event) -> None:
        match event:
            case WebhookCreated():
                self.url, self.event_types, self.cycle_id = event.url, event.event_types, event.cycle_id
                self.made_by = event.made_by
                self.secret_number = 1
                self.deleted = False
            case WebhookEdited():
                self.url, self.event_types, self.cycle_id = event.url, event.event_types, event.cycle_id
            case WebhookSecretRotated():
                self.secret_number = event.secret_number
            case WebhookDeleted():
                self.deleted = True


def url_problems(url: str) -> Iterator[Problem]:
    yield from text_problems(url, "url", MAX_URL, required=True)
    if not _is_address(url):
        message = "url must be an address such as https://example.com/hook, without a user, a password or a fragment."
        yield InvalidInput("INVALID_URL", message, ("url",))


def type_problems(event_types: Types | None) -> Iterator[Problem]:
    if event_types is not None and not event_types:
        yield InvalidInput("TOO_FEW_ITEMS", "eventTypes names at least 1; null: all.", ("eventTypes",), {"fewest": 1})
    for place, name in enumerate(event_types or ()):
        if name not in EVENTS:
            message = f"There is no event of type {name[:100]}."
            yield InvalidInput("UNKNOWN_EVENT_TYPE", message, ("eventTypes", str(place)))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        known = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and "@" not in parts.netloc and "#" not in url
    return known and plain and parts.scheme in ("https", "http") and bool(parts.hostname)


def _in_order(event_types: Types | None) -> Types | None:
    """The same choice is always told the same way."""
    return None if event_types is None else tuple(sorted(set(event_types)))
