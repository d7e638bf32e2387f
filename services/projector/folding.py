"""Folding: whole commits into versions of rows, in memory and without a database."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from okr_api.domain.events import Event, check_in, cycle, external_ref, integration, key_result, objective, owner
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
)
from projector.log import Recorded
from projector.turns import Turns, stream_of
from projector.versions import Versions

PAGES = (owner, cycle, objective, key_result, check_in, external_ref, integration)
_owner, _cycle, _objective, _key_result, _check_in, _external_ref, _integration = map(stream_of, PAGES)


class Facts:
    """The fact tables as one batch sees them."""

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
        self.audit_events = Versions(audit_events.AUDIT_EVENTS)
        self.tables: tuple[Versions[Any], ...] = tuple(vars(self).values())

    @property
    def _holders(self) -> dict[str, Versions[Any]]:
        return {"Owner": self.owners, "Objective": self.objectives, "KeyResult": self.key_results}

    @property
    def _known(self) -> audit_events.Known:
        return audit_events.Known(self.cycles, self.objectives, self.key_results, self.check_ins)

    def leans_on(self, events: Sequence[Recorded]) -> Iterator[tuple[Versions[Any], set[Any]]]:
        """Per table, the ids whose standing rows have to be loaded before these events are folded."""
        yield self.external_refs, _named(events, external_refs.LEANS_ON)
        holders = set(external_refs.holders(events, self.external_refs))
        yield self.owners, _named(events, owners.LEANS_ON) | holders
        yield self.cycles, _named(events, cycles.LEANS_ON)
        yield self.objectives, _named(events, objectives.LEANS_ON) | holders
        yield self.key_results, _named(events, key_results.LEANS_ON) | holders
        yield self.links, _named(events, links.LEANS_ON)
        yield self.check_ins, _named(events, check_ins.LEANS_ON)
        replaced_of = check_ins.replaced_of(events, self.check_ins)
        yield self.check_ins, replaced_of
        yield self.key_results, replaced_of
        yield self.objectives, audit_events.homes(events, self._known)
        yield self.integrations, _named(events, integrations.LEANS_ON)
        yield self.api_keys, _named(events, api_keys.LEANS_ON)
        yield self.counting, _named(events, counting.LEANS_ON) | replaced_of

    def fold(self, commit: Sequence[Recorded]) -> None:
        """Page after page, so that an event may name what a later one of its commit creates."""
        turns = Turns(commit)
        for recorded in turns.noting(self.owners, _owner):
            owners.fold(recorded, self.owners)
        for recorded in turns.noting(self.cycles, _cycle):
            cycles.fold(recorded, self.cycles)
        for recorded in turns.noting(self.objectives, _objective):
            objectives.fold(recorded, self.objectives, self.cycles)
        for recorded in turns.noting(self.key_results, _key_result):
            key_results.fold(recorded, self.key_results, self.objectives)
        for recorded in turns.noting(self.links, links.slot_of):
            links.fold(recorded, self.links, self.objectives)
        for recorded in turns.noting(self.check_ins, _check_in):
            check_ins.fold(recorded, self.check_ins, self.key_results)
            counting.fold(recorded, self.counting, self.key_results, self.check_ins)
        for recorded in commit:
            targets.fold(recorded, self.targets)
        for recorded in turns.noting(self.external_refs, _external_ref):
            external_refs.fold(recorded, self.external_refs, self._holders)
        for recorded in turns.noting(self.integrations, _integration):
            integrations.fold(recorded, self.integrations)
        for recorded in turns.noting(self.api_keys, api_keys.slot_of):
            api_keys.fold(recorded, self.api_keys)
        for recorded in commit:
            audit_events.fold(recorded, self.audit_events, turns.of(recorded.position), self._known)


def _named(events: Sequence[Recorded], fields: Mapping[type[Event], str]) -> set[Any]:
    kinds = fields.keys()
    told = (recorded.event for recorded in events if type(recorded.event) in kinds)
    ids = {getattr(event, fields[type(event)]) for event in told}
    return ids - {None}
