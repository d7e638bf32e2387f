"""The clients of the README, as they stand there: they show the tree, and what changes, through a restart."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import pytest

from api.serving import PATIENCE, Api, Company, token
from api.test_subscription_faults import Processes, processes
from api.test_subscriptions import check_in
from node import installed

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SECTION = (ROOT / "README.md").read_text().split("\n## Clients\n")[1].split("\n## ")[0]
CONFIGURATION = ("package.json", "codegen.json", "tsconfig.json")

__all__ = ["processes"]


def program(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.+?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.fixture(scope="module")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that runs the program in TypeScript, generated for and compiled."""
    folder = tmp_path_factory.mktemp("typescript")
    for name in CONFIGURATION:
        shutil.copy(HERE / name, folder)
    shutil.copy(ROOT / "schema" / "okr.graphql", folder)
    (folder / "board.ts").write_text(program("typescript"))
    installed(folder)
    for command in (["graphql-codegen", "--config", "codegen.json"], ["tsc"]):
        ran = subprocess.run(
            [f"node_modules/.bin/{command[0]}", *command[1:]], cwd=folder, capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    return ["node", str(folder / "built" / "board.js")]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    script = tmp_path_factory.mktemp("python") / "board.py"
    script.write_text(program("python"))
    return [sys.executable, str(script)]


@contextmanager
def printing(command: list[str], url: str, cycle: str) -> Iterator["Queue[str]"]:
    """The lines that a client prints."""
    environment = os.environ | {"OKR_URL": f"{url}/graphql", "OKR_TOKEN": token(url, "auditor")}
    with subprocess.Popen([*command, cycle], env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        lines: Queue[str] = Queue()
        reading = threading.Thread(target=lambda out: [lines.put(line.strip()) for line in out], args=[running.stdout])
        reading.start()
        try:
            yield lines
        finally:
            running.kill()
            reading.join()


@pytest.mark.parametrize("client", ["typescript", "python"])
def test_a_client_shows_the_tree_and_what_changes(
    client: str, processes: Processes, request: pytest.FixtureRequest
) -> None:
    command = request.getfixturevalue(client)
    url = processes.begin()
    company = Company(Api(url))
    kr = company.objective("Grow")["keyResults"][0]["id"]
    check_in(company.api, kr, 5)
    with printing(command, url, company.cycle) as lines:
        assert [lines.get(timeout=PATIENCE) for _ in range(2)] == ["Grow 0.5", "Revenue 0.5"]
        first = [check_in(company.api, kr, value) for value in range(6, 9)]
        told = until(lines, first[-1])
        processes.end(signal.SIGKILL)
        processes.begin(company.api.http.base_url.port)
        second = [check_in(Api(url), kr, value) for value in range(3)]
        told += until(lines, second[-1])
    assert sum(line.count("CheckInRecorded") for line in told) == len(first + second)


def until(lines: "Queue[str]", position: int) -> list[str]:
    """What is printed up to there."""
    found = [lines.get(timeout=PATIENCE)]
    while int(found[-1].split()[0]) < position:
        found.append(lines.get(timeout=PATIENCE))
    return found
