"""The shape of the house: who may import whom, where SQL lives, and how a module opens."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "services").rglob("*.py"))
SQL = re.compile(r"\b(SELECT\b.+\bFROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE (TABLE|SCHEMA))\b", re.DOTALL)
SQL_MAY_STAND_IN = ("projector/", "okr_api/event_log/", "okr_api/snapshot/")


def name(module: Path) -> str:
    return str(module.relative_to(ROOT / "services"))


def test_everybody_imports_only_what_the_contracts_allow() -> None:
    # In a process of its own: the linter switches the loggers of its process off, ours included.
    check = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    path = os.pathsep.join([str(ROOT / "services"), *sys.path])
    environment = os.environ | {"PYTHONPATH": path}
    ran = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_module_opens_with_one_line_that_says_what_it_is(module: Path) -> None:
    docstring = ast.get_docstring(ast.parse(module.read_text()))
    assert docstring
    assert docstring.splitlines()[0].endswith(".")


@pytest.mark.parametrize("module", [m for m in MODULES if not name(m).startswith(SQL_MAY_STAND_IN)], ids=name)
def test_sql_stands_where_the_database_is_spoken_to(module: Path) -> None:
    texts = [node.value for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Constant)]
    assert not [text for text in texts if isinstance(text, str) and SQL.search(text)]


def test_the_domain_needs_nothing_but_the_event_sourcing_library() -> None:
    allowed = {"okr_api.domain", "eventsourcing"}
    for module in (ROOT / "services/okr_api/domain").glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for imported in modules:
                top = imported.split(".")[0]
                known = top in sys.stdlib_module_names or imported.startswith(tuple(allowed))
                assert known, f"{module.name} imports {imported}"
