"""Folding: whole commits into versions of rows, in memory and without a database."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from okr_api.domain.events import Event
from projector.facts import (
    api_keys,
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
from projector.versions import Versions


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
        self.tables: tuple[Versions[Any], ...] = tuple(vars(self).values())

    @property
    def _holders(self) -> dict[str, Versions[Any]]:
        return {"Owner": self.owners, "Objective": self.objectives, "KeyResult": self.key_results}

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
        yield self.integrations, _named(events, integrations.LEANS_ON)
        yield self.api_keys, _named(events, api_keys.LEANS_ON)
        yield self.counting, _named(events, counting.LEANS_ON) | replaced_of

    def fold(self, commit: Sequence[Recorded]) -> None:
        """Page after page, so that an event may name what a later one of its commit creates."""
        for recorded in commit:
            owners.fold(recorded, self.owners)
        for recorded in commit:
            cycles.fold(recorded, self.cycles)
        for recorded in commit:
            objectives.fold(recorded, self.objectives, self.cycles)
        for recorded in commit:
            key_results.fold(recorded, self.key_results, self.objectives)
        for recorded in commit:
            links.fold(recorded, self.links, self.objectives)
        for recorded in commit:
            check_ins.fold(recorded, self.check_ins, self.key_results)
            counting.fold(recorded, self.counting, self.key_results, self.check_ins)
        for recorded in commit:
            targets.fold(recorded, self.targets)
            external_refs.fold(recorded, self.external_refs, self._holders)
            integrations.fold(recorded, self.integrations)
            api_keys.fold(recorded, self.api_keys)


def _named(events: Sequence[Recorded], fields: Mapping[type[Event], str]) -> set[Any]:
    kinds = fields.keys()
    ids = {getattr(event, fields[type(event)]) for _, _, event in events if type(event) in kinds}
    return ids - {None}
