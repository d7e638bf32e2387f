"""The audit export: the log of a cycle in lines that prove themselves, whoever reads them."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from okr_api.domain.events import (
    CheckInRecorded,
    CycleCreated,
    KRAdded,
    ObjectiveCreated,
    ObjectiveRetitled,
)
from okr_api.domain.values import Text
from projector.export import NoSuchCycle, export
from projector.verify.chain import Head
from projector.verify.export import Export
from read_models.history import GROW, SALES, YEAR, History, named, said

OTHER, ELSEWHERE, READING = named("another year"), named("elsewhere"), named("reading")
Lines = list[dict[str, Any]]


@pytest.fixture
def lines(history: History, database: str) -> Lines:
    """Of 2025: 1 the cycle, 2 another one, 3-4 an objective, 5 one of the other cycle, 6 a check-in, 7 a new title."""
    history.commit(said(CycleCreated, YEAR))
    history.commit(said(CycleCreated, OTHER))
    history.commit(said(ObjectiveCreated, GROW), said(KRAdded, SALES))
    history.commit(said(ObjectiveCreated, ELSEWHERE, cycle_id=OTHER))
    history.commit(said(CheckInRecorded, READING))
    history.commit(said(ObjectiveRetitled, GROW, title=Text.typed("Größer")))
    return exported(database)


def exported(dsn: str) -> Lines:
    written: list[str] = []
    export(dsn, YEAR, written.append, lambda done, of: None)
    return [json.loads(line) for line in written]


def checked(lines: Lines, kept: Head | None = None) -> list[str]:
    check = Export(kept)
    check.read(json.dumps(line) + "\n" for line in lines)
    return [message for _, message in check.findings]


def test_what_is_of_the_cycle_is_told_and_all_else_stands_as_its_leaf(lines: Lines) -> None:
    assert [line.get("event", "leaf") for line in lines[:-1]] == [
        "CycleCreated",
        "leaf",
        "ObjectiveCreated",
        "KRAdded",
        "leaf",
        "CheckInRecorded",
        "ObjectiveRetitled",
    ]
    assert set(lines[1]) == {"position", "leaf"}
    assert lines[6]["data"]["title"]["text"] == "Größer"
    assert lines[-1]["head"]["position"] == 7


def test_an_export_proves_itself_without_a_database(lines: Lines) -> None:
    assert checked(lines) == []


def _says(line: dict[str, Any]) -> None:
    line["data"]["title"]["text"] = "Kleiner"


def _later(line: dict[str, Any]) -> None:
    line["recordedAt"] = line["recordedAt"].replace("20", "21", 1)


def _of_nobody(line: dict[str, Any]) -> None:
    del line["stream"]


def _renumbered(line: dict[str, Any]) -> None:
    line["version"] = 9


@pytest.mark.parametrize("change", [_says, _later, _of_nobody, _renumbered])
def test_a_changed_event_is_named(lines: Lines, change: Callable[[dict[str, Any]], Any]) -> None:
    change(lines[6])
    (message,) = checked(lines)
    assert message.startswith("line 7 ")


def test_a_missing_line_two_that_are_swapped_and_a_missing_end_are_named(lines: Lines) -> None:
    assert checked(lines[:2] + lines[3:]) == ["line 3 holds position 4, where 3 belongs"]
    assert checked([lines[1], lines[0], *lines[2:]]) == ["line 1 holds position 2, where 1 belongs"]
    assert checked(lines[:-1]) == ["the end is missing after position 7: there is no head"]
    assert checked([*lines, lines[0]]) == ["line 9 stands after the head"]
    assert checked([{"position": 1}]) == ["line 1 is not one of an export"]


def test_a_leaf_that_was_replaced_shows_at_the_next_event(lines: Lines) -> None:
    lines[1]["leaf"] = "00" * 32
    assert checked(lines) == ["line 3 has a hash that is not that of position 3 and all before it"]


def test_a_kept_head_proves_an_export_or_shows_that_it_tells_of_another_past(lines: Lines) -> None:
    assert checked(lines, Head(7, bytes.fromhex(lines[-1]["head"]["hash"]))) == []
    assert checked(lines, Head(3, bytes.fromhex(lines[2]["hash"]))) == []
    assert checked(lines, Head(2, bytes(32))) == ["line 2 ends another past than the head that was kept of position 2"]
    assert checked(lines, Head(8, bytes(32))) == ["the export ends before position 8, where a head was kept"]


def test_a_text_that_was_redacted_leaves_the_export_whole(lines: Lines) -> None:
    typed = lines[6]["data"]["title"]
    lines[6]["data"]["title"] = {"digest": Text(typed["text"], typed["salt"]).to_digest()}
    assert checked(lines) == []


def test_a_cycle_that_is_not_there_is_told(database: str) -> None:
    with pytest.raises(NoSuchCycle, match="there is no cycle"):
        export(database, uuid4(), lambda line: None, lambda done, of: None)
