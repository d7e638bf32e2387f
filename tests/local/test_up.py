"""`okr up`: everything starts, is shared, comes back and ends, and nothing is left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import pytest

from local.processes import children_of, is_running, kill, let_end, running_in, wait_until
from operations.asking import probe

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


TOKENS: dict[int, str] = {}
"""What each banner told, by the port of its service."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "okr"


@contextmanager
def up(data: Path, port: int, *options: str, **given: str) -> Iterator[subprocess.Popen[str]]:
    """`okr up`, from its banner on until the test is done with it."""
    environ = environment(data, **given)
    with subprocess.Popen(command(port, *options), env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            banner = list(takewhile(lambda line: "Ctrl-C" not in line, process.stdout))
            assert any("GraphQL" in line for line in banner), "it ended before its banner"
            TOKENS[port] = next(line.split()[1] for line in banner if "Token " in line)
            yield process
        finally:
            process.terminate()
            let_end(process)


def command(port: int, *options: str) -> list[str]:
    return [sys.executable, "-m", "okr_api.cli", "up", "--port", str(port), *options]


def environment(data: Path, **given: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OKR_", "DATABASE_URL"))}
    return inherited | {"XDG_DATA_HOME": str(data.parent)} | given


def cycles(port: int) -> list[str]:
    body = json.dumps({"query": "{ cycles { id name } }"}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKENS[port]}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, headers, method="POST")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
        return [cycle["name"] for cycle in json.load(answer)["data"]["cycles"]]


def answers(port: int) -> bool:
    try:
        cycles(port)
    except OSError:
        return False
    return True


def server_of(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().split()[0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_fresh_folder_ends_in_a_served_api_and_a_signal_ends_all_of_it(
    data: Path, free_port: int, number: signal.Signals
) -> None:
    with up(data, free_port, "--no-demo") as process:
        assert cycles(free_port) == []
        begun = children_of(process.pid)
        process.send_signal(number)
        assert process.wait(5) == 0
    assert len(begun) == 2
    assert not any(map(is_running, begun))
    assert running_in(data) == []


def test_a_child_or_a_server_that_is_killed_comes_back(data: Path, free_port: int) -> None:
    with up(data, free_port, "--no-demo") as process:
        killed = [*children_of(process.pid), server_of(data)]
        for victim in killed:
            os.kill(victim, signal.SIGKILL)
        wait_until(lambda: len(set(children_of(process.pid)) - set(killed)) == 2)
        wait_until(lambda: answers(free_port))
        assert server_of(data) not in killed
    assert running_in(data) == []


def test_what_a_killed_one_left_is_adopted_and_ended_by_the_next(data: Path, free_port: int) -> None:
    with up(data, free_port, "--no-demo") as process:
        begun, server = children_of(process.pid), server_of(data)
        kill(process)
        wait_until(lambda: not any(map(is_running, begun)))
    assert is_running(server)
    with up(data, free_port, "--no-demo"):
        assert server_of(data) == server
        assert cycles(free_port) == []
    assert running_in(data) == []


def test_two_on_one_folder_share_its_server_and_load_the_demo_data_once(data: Path, free_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        other_port = door.getsockname()[1]
    with up(data, free_port) as first:
        loaded = cycles(free_port)
        assert loaded
        with up(data, other_port):
            assert cycles(other_port) == loaded
            first.terminate()
            let_end(first)
            assert cycles(other_port) == loaded
    assert running_in(data) == []


def test_what_its_banner_says_to_ask_with_is_answered(data: Path, free_port: int) -> None:
    environ = environment(data)
    with subprocess.Popen(command(free_port, "--no-demo"), env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = list(takewhile(lambda line: "Stop " not in line, process.stdout))
        first = next(number for number, line in enumerate(lines) if "curl" in line)
        curl = "".join(lines[first : first + 2]).strip().removeprefix("Ask")
        asked = subprocess.run(["bash", "-c", curl], env=environ, capture_output=True, text=True, timeout=60)
        process.terminate()
        let_end(process)
    assert json.loads(asked.stdout)["data"] == {"cycles": []}


def test_the_link_of_its_banner_leads_to_a_page_and_carries_the_token(data: Path, free_port: int) -> None:
    with subprocess.Popen(
        command(free_port, "--no-demo"), env=environment(data), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        lines = list(takewhile(lambda line: "Stop " not in line, process.stdout))
        link = next(line.split()[1] for line in lines if "Look " in line)
        page, _, fragment = link.partition("#token=")
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(page, timeout=20) as answer:
            text = answer.read().decode()
        process.terminate()
        let_end(process)
    assert page == f"http://127.0.0.1:{free_port}/"
    assert fragment == next(line.split()[1] for line in lines if "Token " in line)
    assert "<title>OKR cascade</title>" in text


def test_other_tokens_are_had_while_it_runs(data: Path, free_port: int) -> None:
    with up(data, free_port, "--no-demo"):
        printed = subprocess.run(
            [sys.executable, "-m", "okr_api.cli", "token", "--role", "admin", "--json", "--data", str(data)],
            env=environment(data),
            capture_output=True,
            text=True,
            timeout=60,
        )
        TOKENS[free_port] = json.loads(printed.stdout)["token"]
        assert cycles(free_port) == []


def test_with_a_database_of_one_s_own_the_embedded_one_never_starts(
    data: Path, free_port: int, empty_database: str
) -> None:
    with up(data, free_port, "--no-demo", DATABASE_URL=empty_database):
        assert cycles(free_port) == []
    assert not data.exists()


def test_an_interrupt_while_it_starts_leaves_nothing_behind(data: Path, free_port: int) -> None:
    with subprocess.Popen(command(free_port), env=environment(data), stdout=subprocess.PIPE, text=True) as process:
        wait_until(lambda: running_in(data))
        process.terminate()
        assert process.communicate(timeout=10)[0] == ""
    wait_until(lambda: running_in(data) == [])


def test_with_an_operations_port_the_api_answers_there(data: Path, free_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        operations = door.getsockname()[1]
    with up(data, free_port, "--no-demo", OKR_OPERATIONS_PORT=str(operations)):
        assert probe(f"http://127.0.0.1:{operations}", "/readyz").checks["snapshot"] == "at position 0"
