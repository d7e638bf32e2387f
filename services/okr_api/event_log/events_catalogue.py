"""The catalogue of events: name, version and fields of each, exported to schema/events.json, which only grows."""

import json
from types import NoneType
from typing import Any, get_origin, get_type_hints

from okr_api.domain.events import EVENTS
from okr_api.event_log.mapper import COLUMNS
from okr_api.settings import SCHEMA_DIR


def catalogue() -> dict[str, dict[str, Any]]:
    """{event: {"version": 1, "fields": {name: type}}}, in order of name."""
    return {name: _described(EVENTS[name]) for name in sorted(EVENTS)}


def _described(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    fields = {name: _type_name(hints[name]) for name in kind.__dataclass_fields__ if name not in COLUMNS}
    return {"version": getattr(kind, "class_version", 1), "fields": fields}


def _type_name(hint: Any) -> str:
    if hint is NoneType:
        return "null"
    if get_origin(hint) is tuple:
        return f"[{_type_name(hint.__args__[0])}]"
    return hint.__name__ if isinstance(hint, type) else " | ".join(_type_name(part) for part in hint.__args__)


if __name__ == "__main__":
    (SCHEMA_DIR / "events.json").write_text(json.dumps(catalogue(), indent=2) + "\n")
