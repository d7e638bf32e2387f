"""The README tells of every error that a client can meet, in the words of the code."""

import ast
import re
from pathlib import Path

from okr_api.domain.errors import CODES
from okr_api.settings import Settings
from okr_api.settings_table import table

ROOT = Path(__file__).parents[2]
GIVE_CODES = ("fault", "told", "Refusal")
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+) \|$", re.MULTILINE)
README = (ROOT / "README.md").read_text()
ERRORS = README.split("## Errors")[1].split("\n## ")[0]
RULES, _, BROKEN = ERRORS.partition("What is broken is a top-level error")


def test_every_rule_that_can_be_broken_is_explained() -> None:
    told = "\n".join(f"| `{code}` | {meaning} |" for code, meaning in sorted(CODES.items()))
    assert dict(ROW.findall(RULES)) == CODES, f"The table of README.md must be:\n{told}"


def test_what_can_be_broken_is_explained() -> None:
    used = set()
    for module in (ROOT / "services/okr_api/graphql").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GIVE_CODES:
                texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                used |= {text for text in texts if isinstance(text, str) and re.fullmatch("[A-Z_]{4,}", text)}
    assert {code for code, _ in ROW.findall(BROKEN.partition("## Limits")[0])} == used


def test_every_setting_is_in_the_table_that_the_settings_make() -> None:
    assert table() in README, f"The table of README.md must be:\n{table()}"
    assert all(field.description for field in Settings.model_fields.values())


def test_every_code_of_a_limit_names_limits_that_are_settings() -> None:
    told = re.findall(r"`(OKR_[A-Z_]+)`", README.split("## Limits")[1].split("\n## ")[0])
    assert told
    assert {name.removeprefix("OKR_").lower() for name in told} <= Settings.model_fields.keys()
