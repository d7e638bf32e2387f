"""Sizes: what is told of the memory that a snapshot takes is near the truth."""

import gc
import tracemalloc
from collections import defaultdict
from typing import Any
from uuid import UUID

import msgspec
import pytest

from okr_api.snapshot.apply import apply
from okr_api.snapshot.loading import Rows, changes
from okr_api.snapshot.sizes import size_of
from okr_api.snapshot.snapshot import BEGINNING, Snapshot

YEAR, TEAM = UUID(int=1), UUID(int=2)
SAID = {"version": 2, "created_at": BEGINNING, "updated_at": BEGINNING}
METRIC = {"kind": "INCREASE", "start": "0", "target": "100", "inclusive": True}
METRIC |= {"limit": None, "unit": None}


class Facts:
    """Rows as the database tells them: nothing in them is shared."""

    def __init__(self) -> None:
        self.rows: Rows = defaultdict(list)
        self.position = 2
        self._put("owners", id=TEAM, name="Team", level="TEAM", parent_id=None, lead_id=None, external_ref=None)
        dates = {"starts_on": "2026-01-01", "ends_on": "2026-12-31", "time_zone": "UTC", "check_in_every_days": 7}
        said = {"state": "OPEN", "approach": "MIXED", "rules": 1, "parent_id": None, "root_id": YEAR}
        self._put("cycles", id=YEAR, name="2026", **dates, **said)

    def objective(self, delegated_from: UUID | None = None) -> UUID:
        said = {"visibility": "ORGANISATION", "state": "ACTIVE", "commitment": "COMMITTED", "description": None}
        found = self._put("objectives", cycle_id=YEAR, title="Grow customer revenue", **said)
        if delegated_from is not None:
            said = {"kind": "DELEGATES", "contributes": True, "retain": False, "since": BEGINNING, "weight": "1"}
            self._put("links", objective_id=found, target_id=delegated_from, **said)
        return found

    def key_result(self, objective: UUID, value: int | None = None) -> UUID:
        said = {"weight": "1", "due_on": None, "check_in_every_days": None, "retired": False, "score": None}
        titled = {"title": "Launch quality", "metric": METRIC, "retargeted_at": None}
        found = self._put("key_results", objective_id=objective, **titled, **said)
        if value is not None:
            at = {"effective_at": BEGINNING, "value_since": BEGINNING}
            self._put("counting", key_result_id=found, check_in_id=found, value=str(value), confidence="0.7", **at)
        return found

    def _put(self, table: str, /, **said: Any) -> UUID:
        self.position += 1
        node_id = UUID(int=self.position << 64)
        ours = {"id": node_id, "root_id": YEAR, "owner_id": TEAM, "external_ref": None, "continues_from": None}
        told = {**ours, **SAID, "retitled_at": None, "active": True, "created_position": self.position, **said}
        self.rows[table].append((self.position, None, msgspec.json.encode(told).decode()))
        return node_id


def bare(facts: Facts) -> None:
    for _ in range(3000):
        facts.objective()


def planned(facts: Facts) -> None:
    for _ in range(500):
        objective = facts.objective()
        for _ in range(4):
            facts.key_result(objective)


def reported(facts: Facts) -> None:
    for number in range(500):
        objective = facts.objective()
        for place in range(4):
            facts.key_result(objective, (number * place) % 101)


def cascaded(facts: Facts) -> None:
    above = [facts.key_result(facts.objective(), 50)]
    for number in range(500):
        objective = facts.objective(above.pop(0))
        above += [facts.key_result(objective, (number * place) % 101) for place in range(3)]


@pytest.mark.parametrize("organisation", [bare, planned, reported, cascaded])
def test_the_estimate_of_a_size_is_near_the_truth(organisation: Any) -> None:
    facts = Facts()
    organisation(facts)
    gc.collect()
    tracemalloc.start()
    snapshot = apply(Snapshot(), changes(facts.rows, reported={}), facts.position, BEGINNING)
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 3 / 4 < size_of(snapshot) / taken < 4 / 3
