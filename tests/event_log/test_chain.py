"""The hash chain covers every event, and a text only through its digest."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from okr_api.domain.values import Text
from okr_api.event_log.chain import BEGINNING, canonical, head, leaf, link
from projector.log import Stored

TITLE = Text("Größe", "00ff")
STATE = {"title": {"text": "Größe", "salt": "00ff"}, "weight": "1.50", "envelope": {"command": "CreateObjective"}}
STREAM = UUID("AAAAAAAA-0000-4000-8000-000000000001")
MOMENT = datetime(2026, 1, 31, 12, tzinfo=UTC)


def row(state: Any = STATE, **fields: Any) -> Stored:
    given = {"position": 7, "commit_position": 8, "stream": STREAM, "version": 1, "topic": "ObjectiveCreated"}
    return Stored(**{**given, "state": json.dumps(state).encode(), "recorded_at": MOMENT, **fields})


def test_the_canonical_form_is_as_documented() -> None:
    digest = sha256("00ffGröße".encode()).hexdigest()
    assert canonical(row()).decode() == (
        '[7,8,"2026-01-31T12:00:00.000000Z","aaaaaaaa-0000-4000-8000-000000000001",1,"ObjectiveCreated",'
        '{"envelope":{"command":"CreateObjective"},"title":{"digest":"' + digest + '"},"weight":"1.50"}]'
    )


def test_a_text_that_is_redacted_leaves_the_leaf_as_it_was() -> None:
    assert leaf(row(STATE | {"title": {"digest": TITLE.to_digest()}})) == leaf(row())


@pytest.mark.parametrize(
    "change",
    [
        {"position": 6},
        {"commit_position": 9},
        {"recorded_at": MOMENT + timedelta(microseconds=1)},
        {"stream": UUID(int=1)},
        {"version": 2},
        {"topic": "ObjectiveRetitled"},
        {"state": STATE | {"weight": "1.5"}},
        {"state": STATE | {"title": {"text": "Grösse", "salt": "00ff"}}},
    ],
)
def test_any_change_shows_in_the_head(change: dict[str, Any]) -> None:
    assert head(BEGINNING, [leaf(row(**change)), leaf(row())]) != head(BEGINNING, [leaf(row()), leaf(row())])


def test_the_order_shows_in_the_head() -> None:
    one, other = leaf(row()), leaf(row(position=6))
    assert head(BEGINNING, [one, other]) != head(BEGINNING, [other, one])
    assert head(BEGINNING, [one, other]) == link(link(BEGINNING, one), other)
