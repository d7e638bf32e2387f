"""Folding: whole commits into versions of rows, in memory and without a database."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from okr_api.domain.events import Event
from projector.facts import check_ins, counting, cycles, key_results, links, objectives, owners
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
        self.tables: tuple[Versions[Any], ...] = tuple(vars(self).values())

    def settle(self) -> None:
        """What was folded is stored."""
        for versions in self.tables:
            versions.settle()

    def leans_on(self, events: Sequence[Recorded]) -> Iterator[tuple[Versions[Any], set[UUID]]]:
        """Per table, the ids whose standing rows have to be loaded before these events are folded."""
        yield self.cycles, _missing(self.cycles, events, cycles.LEANS_ON)
        yield self.objectives, _missing(self.objectives, events, objectives.LEANS_ON)
        yield self.key_results, _missing(self.key_results, events, key_results.LEANS_ON)
        yield self.links, _missing(self.links, events, links.LEANS_ON)
        yield self.counting, _missing(self.counting, events, counting.LEANS_ON)

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
            counting.fold(recorded, self.counting, self.key_results)


def _missing(versions: Versions[Any], events: Sequence[Recorded], fields: Mapping[type[Event], str]) -> set[UUID]:
    kinds = fields.keys()
    ids = {getattr(event, fields[type(event)]) for _, _, event in events if type(event) in kinds}
    return {id for id in ids if id is not None and id not in versions}
