"""Partitions: a root cycle with all inside it, which snapshots hold or do without.

What hangs together, by containment or by links, lies in one root cycle, a year with its quarters: a graph that is
closed, so that all of it can be away while owners, cycles, integrations and API keys are always held.

1. A snapshot knows which root cycles are `away`. Whoever walks inside a partition needs to think of nothing. Whoever
   looks up what may lie elsewhere uses the methods of Snapshot that raise Away: a miss is never taken for a no.
2. Who asked is told by Away what must be held, or what the facts must be asked first, at the very cut of the snapshot
   (whereabouts.py). It has that brought, and asks again: graphql/execution.py runs the operation anew, and
   graphql/updates.py makes an update of a subscription anew.
3. A partition is loaded aside, as a snapshot that holds nothing else (loading.py), brought forward to the position of
   the live one, and joined with it: nodes are shared and nothing is made again (holding.py). While a partition is away,
   what changes in it is not looked at (`only_held`): it is loaded as it is when somebody asks.
4. Over the budget, what was asked about longest ago is let go of (`without`). Requests keep the snapshot that they got.

Partitions are tied where a key result was moved from one to another and an objective that supported it, retired by
then, still names it: such ones are loaded and let go of together. Where a tie comes to be between what is held and what
is away, apply raises Crossed.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

import immutables

from okr_api.domain.values import Visibility
from okr_api.snapshot.away import Crossed
from okr_api.snapshot.changes import Changes
from okr_api.snapshot.growth import grown
from okr_api.snapshot.rows import KeyResultRow, LinkRow
from okr_api.snapshot.snapshot import MOST_STEPS, Mark, Snapshot


class Partition(NamedTuple):
    """A snapshot that holds these root cycles and no others, but for what was created since."""

    roots: frozenset[UUID]
    snapshot: Snapshot


def roots_of(snapshot: Snapshot) -> frozenset[UUID]:
    """Every root cycle, held or away."""
    return frozenset(cycle.root_id for cycle in snapshot.cycles.values())


def only_held(snapshot: Snapshot, changes: Changes) -> Changes:
    """The changes of what is held; of a partition that is away, none. Raises Crossed."""
    objectives = [row for row in changes.objectives if row.root_id not in snapshot.away]
    key_results = [row for row in changes.key_results if row.root_id not in snapshot.away]
    new_objectives, new_key_results = {row.id for row in objectives}, {row.id for row in key_results}

    def is_held(node_id: UUID) -> bool:
        is_new = node_id in new_objectives or node_id in new_key_results
        return is_new or snapshot.held(node_id) is not None

    crossed = {*_moved_across(snapshot, changes.key_results)}
    for link in (*changes.links, *changes.ended_links):
        if is_held(link.objective_id) is not is_held(link.target_id):
            crossed |= _held_end(snapshot, link)
    if crossed:
        raise Crossed(snapshot, crossed)
    return replace(
        changes,
        objectives=objectives,
        key_results=key_results,
        links=[link for link in changes.links if is_held(link.objective_id)],
        ended_links=[link for link in changes.ended_links if is_held(link.objective_id)],
        counting=[row for row in changes.counting if is_held(row.key_result_id)],
        ended_counting=[i for i in changes.ended_counting if is_held(i)],
    )


def _moved_across(snapshot: Snapshot, rows: list[KeyResultRow]) -> Iterator[UUID]:
    """Where key results left what is held, or came to it from elsewhere: what supported them there is not known."""
    for row in rows:
        held = snapshot.key_results.get(row.id)
        if row.root_id in snapshot.away and held is not None:
            yield held.row.root_id
        elif row.root_id not in snapshot.away and held is None and row.created_position <= snapshot.position:
            yield row.root_id


def _held_end(snapshot: Snapshot, link: LinkRow) -> set[UUID]:
    """The root cycles on this side of a link that leads away."""
    ends = (snapshot.held(node_id) for node_id in (link.objective_id, link.target_id))
    return {link.root_id, *(node.row.root_id for node in ends if node is not None)} - snapshot.away


def joined(snapshot: Snapshot, partitions: Collection[Partition]) -> Snapshot:
    """With these partitions as well; all are of one position."""
    for partition in partitions:
        snapshot = _joined(snapshot, partition)
    if partitions and not snapshot.away:
        snapshot = replace(snapshot, references=_references(snapshot))
    return snapshot


OF_NODES = ("objectives", "key_results", "by_cycle", "by_owner", "key_results_of", "links_up", "links_down", "counting")


def _joined(snapshot: Snapshot, partition: Partition) -> Snapshot:
    assert partition.snapshot.position == snapshot.position
    part = without(partition.snapshot, roots_of(partition.snapshot) - partition.roots)
    snapshot = without(snapshot, partition.roots)
    maps: dict[str, Any] = {name: getattr(snapshot, name).update(getattr(part, name)) for name in OF_NODES}
    return replace(
        snapshot,
        **maps,
        not_open=snapshot.not_open + part.not_open,
        away=snapshot.away - partition.roots,
        steps=_like_no_other(snapshot),
    )


def without(snapshot: Snapshot, roots: Collection[UUID]) -> Snapshot:
    """Without these partitions, those that are tied to them, and all that was kept for their sake."""
    gone = _with_ties(snapshot, frozenset(roots) - snapshot.away)
    if not gone:
        return snapshot
    maps: dict[str, Any] = {name: getattr(snapshot, name).mutate() for name in OF_NODES}
    not_open = snapshot.not_open
    for cycle in snapshot.cycles.values():
        if cycle.root_id in gone:
            for objective_id in maps["by_cycle"].pop(cycle.id, ()):
                node = snapshot.objectives[objective_id]
                not_open -= node.row.visibility is not Visibility.ORGANISATION
                maps["by_owner"].pop((cycle.id, node.row.owner_id), None)
                key_results = maps["key_results_of"].pop(objective_id, ())
                _forget(maps, (objective_id, *key_results))
    return replace(
        snapshot,
        **{name: changed.finish() for name, changed in maps.items()},
        not_open=not_open,
        away=snapshot.away | gone,
        steps=_like_no_other(snapshot),
        kept=_kept_without(snapshot, gone),
    )


def _forget(maps: dict[str, Any], node_ids: Collection[UUID]) -> None:
    for name in ("objectives", "key_results", "links_up", "links_down", "counting"):
        for node_id in node_ids:
            maps[name].pop(node_id, None)


def _with_ties(snapshot: Snapshot, roots: frozenset[UUID]) -> frozenset[UUID]:
    found, todo = set(roots), list(roots)
    while todo:
        for other in _tied_to(snapshot, todo.pop()):
            if other not in found:
                found.add(other)
                todo.append(other)
    return frozenset(found)


def _tied_to(snapshot: Snapshot, root_id: UUID) -> Iterator[UUID]:
    """The other root cycles that links lead to from this one, or come from."""
    for node_id in nodes_of(snapshot, root_id):
        for link in snapshot.links_up.get(node_id, ()):
            yield snapshot.target_of(link).row.root_id
        for link in snapshot.links_down.get(node_id, ()):
            yield link.root_id


def nodes_of(snapshot: Snapshot, root_id: UUID) -> Iterator[UUID]:
    """The objectives of a root cycle that is held, each with its key results."""
    for cycle in snapshot.cycles.values():
        if cycle.root_id == root_id:
            for objective_id in snapshot.by_cycle.get(cycle.id, ()):
                yield objective_id
                yield from snapshot.key_results_of.get(objective_id, ())


def _like_no_other(snapshot: Snapshot) -> tuple[tuple[Mark, frozenset[UUID]], ...]:
    """Steps to a snapshot that has other nodes than the one before, though none of those was made again."""
    return (*snapshot.steps, (Mark(), frozenset[UUID]()))[-MOST_STEPS:]


def _kept_without(snapshot: Snapshot, gone: frozenset[UUID]) -> dict[Any, Any]:
    """For this line alone: whoever still holds the snapshot before goes on to keep things with the others."""
    cycles = {cycle.id for cycle in snapshot.cycles.values() if cycle.root_id in gone}
    trees = {asked: tree for asked, tree in snapshot.kept.get(grown, {}).items() if asked[0] not in cycles}
    return {**snapshot.kept, grown: trees}


def _references(snapshot: Snapshot) -> "immutables.Map[tuple[str, str], UUID]":
    """Of several that bear one, as what is retired may, the youngest holds it."""
    found = {named: holder for named, holder in snapshot.references.items() if named[0] == "Owner"}
    for kind, nodes in (("Objective", snapshot.objectives), ("KeyResult", snapshot.key_results)):
        rows = sorted((node.row for node in nodes.values()), key=lambda row: row.created_position)
        found.update(((kind, row.external_ref), row.id) for row in rows if row.external_ref is not None)
    return immutables.Map(found)
