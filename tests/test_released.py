"""What was released is a promise: the API breaks nothing of it, and the catalogue of events only grows.

`tests/released/` holds both contracts as of the last release; making a release copies them there.
"""

import json
from pathlib import Path
from typing import Any

from graphql import build_schema
from graphql.utilities import find_breaking_changes

from okr_api.settings import SCHEMA_DIR

RELEASED = Path(__file__).parent / "released"


def test_the_api_breaks_nothing_that_was_released() -> None:
    released, current = (build_schema((folder / "okr.graphql").read_text()) for folder in (RELEASED, SCHEMA_DIR))
    assert [change.description for change in find_breaking_changes(released, current)] == []


def test_every_event_that_was_released_is_still_written_the_same_way() -> None:
    released, current = (json.loads((folder / "events.json").read_text()) for folder in (RELEASED, SCHEMA_DIR))
    assert lost(released, current) == []


def lost(released: dict[str, Any], current: dict[str, Any]) -> list[str]:
    """Events and fields that are gone, or of another type in the same version of their event."""
    gone = [name for name in released if name not in current]
    for name in released.keys() & current.keys():
        then, now = released[name], current[name]
        if now["version"] == then["version"]:
            gone += [f"{name}.{f}" for f, kind in then["fields"].items() if now["fields"].get(f) != kind]
            added = now["fields"].keys() - then["fields"].keys()
            gone += [f"{name}.{f} is new and required" for f in added if "null" not in now["fields"][f]]
    return gone


def test_a_field_that_changes_or_a_new_one_that_is_required_is_found() -> None:
    then = {"KRMoved": {"version": 1, "fields": {"objective_id": "UUID"}}, "KRGone": {"version": 1, "fields": {}}}
    now = {"KRMoved": {"version": 1, "fields": {"objective_id": "str", "why": "Text", "note": "Text | null"}}}
    assert lost(then, now) == ["KRGone", "KRMoved.objective_id", "KRMoved.why is new and required"]
