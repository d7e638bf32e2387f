"""Settings table: what `python -m okr_api.settings_table` prints, and the README shows."""

import json
from typing import Any

from pydantic.fields import FieldInfo

from okr_api.settings import Limits, Settings

HEAD = "| setting | default | what it is |\n|---|---|---|"


def table() -> str:
    """Every setting in Markdown, limits last."""
    fields = Settings.model_fields
    own = [name for name in fields if name not in Limits.model_fields]
    return "\n".join([HEAD, *(row(name, fields[name]) for name in [*own, *Limits.model_fields])])


def row(name: str, field: FieldInfo) -> str:
    default = "must be given" if field.is_required() else spelt(field.default)
    return f"| `{variable(name, field)}` | {default} | {' '.join((field.description or '').split())} |"


def variable(name: str, field: FieldInfo) -> str:
    return str(field.validation_alias or f"OKR_{name.upper()}")


def spelt(default: Any) -> str:
    """As it would stand in the environment."""
    if default is None:
        return "none"
    if isinstance(default, float):
        return f"`{default:g}`"
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


if __name__ == "__main__":
    print(table())
