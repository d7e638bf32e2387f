"""What is stored for ever: names, fields, text, and every version that was ever written."""

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_type_hints
from uuid import UUID

import msgspec
import pytest

from okr_api.domain import values
from okr_api.domain.events import EVENTS, Envelope, Event
from okr_api.domain.values import Metric, MetricKind, Text
from okr_api.event_log.events_catalogue import catalogue
from okr_api.event_log.mapper import UnknownEvent, UnreadableEvent, to_event, to_stored_event
from okr_api.settings import SCHEMA_DIR

GOLDEN = Path(__file__).parent / "golden"
PUBLISHED = json.loads((SCHEMA_DIR / "events.json").read_text())


def test_the_catalogue_of_events_is_exported() -> None:
    assert catalogue() == PUBLISHED, "run python -m okr_api.event_log.events_catalogue"


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_every_event_ever_published_has_a_golden_file_of_every_version(name: str) -> None:
    for version in range(1, PUBLISHED[name]["version"] + 1):
        assert (GOLDEN / f"{name}.v{version}.json").exists()


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_every_version_ever_stored_still_loads_and_stores_the_same(path: Path) -> None:
    text = path.read_bytes().strip()
    topic, version = path.stem.split(".v")
    event = to_event(UUID(int=1), 1, topic, text)
    assert type(event) is EVENTS[topic]
    if int(version) == PUBLISHED[topic]["version"]:
        assert json.loads(to_stored_event(event).state) == json.loads(text)


def test_an_event_of_an_older_version_is_read_as_the_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EVENTS, "Praised", Event)  # so that it is gone after the test

    class Praised(Event):
        class_version = 2
        why: str

        @staticmethod
        def upcast_v1_v2(fields: dict[str, Any]) -> None:
            fields["why"] = "before anybody asked"

    event: Any = to_event(UUID(int=1), 1, "Praised", b"{}")
    assert (type(event), event.why) == (Praised, "before anybody asked")
    stored = to_stored_event(event)
    assert json.loads(stored.state) == {"why": "before anybody asked", "class_version": 2}
    assert to_event(UUID(int=1), 1, "Praised", stored.state) == event


def test_an_event_that_this_code_does_not_know_is_named() -> None:
    with pytest.raises(UnknownEvent, match="KRForgotten"):
        to_event(UUID(int=1), 1, "KRForgotten", b"{}")
    with pytest.raises(UnknownEvent):
        to_event(UUID(int=1), 1, "os:remove", b"{}")


@pytest.mark.parametrize("state", [b"{", b"[]", b'{"objective_id":1}', b'{"objective_id":"x","retain":true}'])
def test_an_event_that_does_not_have_its_shape_is_named(state: bytes) -> None:
    with pytest.raises(UnreadableEvent, match="KRDelegated"):
        to_event(UUID(int=1), 3, "KRDelegated", state)


def test_the_digest_of_a_text_is_its_salted_hash_and_outlives_the_text() -> None:
    typed = Text.typed("Grow revenue")
    assert typed.to_digest() == hashlib.sha256(f"{typed.salt}Grow revenue".encode()).hexdigest()
    assert Text(digest=typed.to_digest()).to_digest() == typed.to_digest()
    assert Text.typed("Grow revenue").to_digest() != typed.to_digest()


def test_every_text_that_people_type_is_stored_with_a_salt() -> None:
    free = {"name", "title", "description", "note", "reason", "url"}
    for kind in (*EVENTS.values(), Envelope):
        for field, hint in get_type_hints(kind).items():
            if field in free:
                assert Text in (hint, *getattr(hint, "__args__", ())), f"{kind.__name__}.{field}"


SAMPLES: dict[str, Any] = {
    "bool": True,
    "date": date(2026, 1, 31),
    "datetime": datetime(2026, 1, 31, 12, tzinfo=UTC),
    "Decimal": Decimal("1.5"),
    "Envelope": Envelope(UUID(int=2), UUID(int=3), "Command", Text("why", "11" * 16), "correlation"),
    "int": 7,
    "Metric": Metric(MetricKind.INCREASE, Decimal(0), Decimal("10.5"), None, True, "%"),
    "str": "text",
    "Text": Text("text", "00" * 16),
    "UUID": UUID(int=7),
    "[UUID]": (UUID(int=7), UUID(int=8)),
    "[str]": ("text", "texts"),
}


def golden(name: str) -> bytes:
    """A first golden file: every field with a sample of its type."""
    types = {field: kind.split(" ")[0] for field, kind in PUBLISHED[name]["fields"].items()}
    samples = {f: SAMPLES[k] if k in SAMPLES else next(iter(getattr(values, k))) for f, k in types.items()}
    event: Any = EVENTS[name]
    made = event(originator_id=UUID(int=1), originator_version=1, timestamp=datetime.now(UTC), **samples)
    return msgspec.json.format(to_stored_event(made).state, indent=1) + b"\n"


if __name__ == "__main__":
    for name in PUBLISHED:
        path = GOLDEN / f"{name}.v{PUBLISHED[name]['version']}.json"
        if not path.exists():  # what was ever stored is never written again
            path.write_bytes(golden(name))
