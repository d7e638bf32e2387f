"""Folding: whole commits into versions of rows, in memory and without a database."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple, Self

from okr_api.domain.events import Event
from projector.facts import (
    api_keys,
    audit_events,
    check_ins,
    counting,
    cycles,
    external_refs,
    integrations,
    key_results,
    links,
    objectives,
    owners,
    targets,
    webhooks,
)
from projector.log import Recorded
from projector.turns import SlotOf, Turns, stream_of
from projector.versions import Change, Versions, Wanted

Told = dict[type[Event], list[Event]]


class Page(NamedTuple):
    """What a table makes of the events that it folds, and where the row stands that one of them tells of."""

    folds: frozenset[type[Event]]
    versions: Versions[Any]
    slot_of: SlotOf
    fold: Callable[[Recorded], None]

    @classmethod
    def of(cls, module: ModuleType, versions: Versions[Any], fold: Callable[[Recorded], None]) -> Self:
        """A page whose rows are known by the streams that tell of them."""
        return cls(module.FOLDED, versions, stream_of(module.FOLDED), fold)


MOST_KEPT = 100_000
"""Rows and ids that are known from one batch to the next, about: some 100 MB."""


class Facts:
    """The fact tables as batches see them. Nobody else writes them, so what was looked up once is known."""

    def __init__(self) -> None:
        self.owners = Versions(owners.OWNERS)
        self.cycles = Versions(cycles.CYCLES)
        self.objectives = Versions(objectives.OBJECTIVES)
        self.key_results = Versions(key_results.KEY_RESULTS)
        self.links = Versions(links.LINKS)
        self.check_ins = Versions(check_ins.CHECK_INS)
        self.counting = Versions(counting.COUNTING)
        self.targets = Versions(targets.TARGETS)
        self.external_refs = Versions(external_refs.EXTERNAL_REFS)
        self.integrations = Versions(integrations.INTEGRATIONS)
        self.api_keys = Versions(api_keys.API_KEYS)
        self.webhooks = Versions(webhooks.WEBHOOKS)
        self.audit_events = Versions(audit_events.AUDIT_EVENTS)
        self.tables: tuple[Versions[Any], ...] = tuple(vars(self).values())
        self._kept = (self.owners, self.cycles, self.objectives, self.key_results, self.links, self.counting)
        self._known = audit_events.Known(self.cycles, self.objectives, self.key_results, self.check_ins)
        self._pages = self._in_order()

    def leans_on(self, events: Sequence[Recorded]) -> Iterator[list[Wanted]]:
        """What has to be loaded before these events are folded: what they name, then what that leads to."""
        told: Told = defaultdict(list)
        for recorded in events:
            told[type(recorded.event)].append(recorded.event)
        yield [
            (self.external_refs, _named(told, external_refs.LEANS_ON)),
            (self.owners, _named(told, owners.LEANS_ON)),
            (self.cycles, _named(told, cycles.LEANS_ON)),
            (self.objectives, _named(told, objectives.LEANS_ON)),
            (self.key_results, _named(told, key_results.LEANS_ON)),
            (self.links, _named(told, links.LEANS_ON)),
            (self.check_ins, _named(told, check_ins.LEANS_ON)),
            (self.integrations, _named(told, integrations.LEANS_ON)),
            (self.api_keys, _named(told, api_keys.LEANS_ON)),
            (self.webhooks, _named(told, webhooks.LEANS_ON)),
            (self.counting, _named(told, counting.LEANS_ON)),
        ]
        holders = set(external_refs.holders(events, self.external_refs))
        replaced_of = check_ins.replaced_of(events, self.check_ins)
        yield [(versions, holders) for versions in (self.owners, self.objectives, self.key_results)]
        yield [(versions, replaced_of) for versions in (self.check_ins, self.key_results, self.counting)]
        of = _named(told, key_results.LEANS_ON) | holders | replaced_of
        yield [(self.objectives, audit_events.homes(events, of, self.key_results))]

    def fold(self, commit: Sequence[Recorded]) -> None:
        """Page after page, so that an event may name what a later one of its commit creates."""
        kinds = {type(recorded.event) for recorded in commit}
        turns = Turns(commit)
        for page in self._pages:
            if not page.folds.isdisjoint(kinds):
                for recorded in turns.noting(page.versions, page.slot_of):
                    page.fold(recorded)
        for recorded in commit:
            audit_events.fold(recorded, self.audit_events, turns.of(recorded.position), self._known)

    def changes(self) -> list[Change]:
        """What the batch makes of the tables that it changes."""
        changes = (versions.change() for versions in self.tables)
        return [change for change in changes if change.ended or change.begun]

    def written(self) -> None:
        """The batch is in the database. What the next ones are likely to lean on stays known."""
        for versions in self.tables:
            if versions in self._kept:
                versions.written()
            else:
                versions.forget()
        if sum(len(versions) for versions in self._kept) > MOST_KEPT:
            self.forget()

    def forget(self) -> None:
        for versions in self.tables:
            versions.forget()

    def _in_order(self) -> tuple[Page, ...]:
        """The pages, each after those that it looks something up in."""
        holders: dict[str, Versions[Any]] = {
            "Owner": self.owners,
            "Objective": self.objectives,
            "KeyResult": self.key_results,
        }
        return (
            Page.of(owners, self.owners, lambda r: owners.fold(r, self.owners)),
            Page.of(cycles, self.cycles, lambda r: cycles.fold(r, self.cycles)),
            Page.of(objectives, self.objectives, lambda r: objectives.fold(r, self.objectives, self.cycles)),
            Page.of(key_results, self.key_results, lambda r: key_results.fold(r, self.key_results, self.objectives)),
            Page(links.FOLDED, self.links, links.slot_of, lambda r: links.fold(r, self.links, self.objectives)),
            Page(check_ins.FOLDED | counting.FOLDED, self.check_ins, stream_of(check_ins.FOLDED), self._check_in),
            Page(targets.FOLDED, self.targets, stream_of(frozenset()), lambda r: targets.fold(r, self.targets)),
            Page.of(external_refs, self.external_refs, lambda r: external_refs.fold(r, self.external_refs, holders)),
            Page.of(integrations, self.integrations, lambda r: integrations.fold(r, self.integrations)),
            Page(api_keys.FOLDED, self.api_keys, api_keys.slot_of, lambda r: api_keys.fold(r, self.api_keys)),
            Page.of(webhooks, self.webhooks, lambda r: webhooks.fold(r, self.webhooks)),
        )

    def _check_in(self, recorded: Recorded) -> None:
        check_ins.fold(recorded, self.check_ins, self.key_results)
        counting.fold(recorded, self.counting, self.key_results, self.check_ins)


def _named(told: Told, fields: Mapping[type[Event], str]) -> set[Any]:
    ids = {getattr(event, field) for kind, field in fields.items() for event in told.get(kind, ())}
    return ids - {None}
