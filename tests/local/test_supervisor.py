"""The supervisor: children kept running, ended together, and never left behind."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from local.processes import is_running, kill, let_end, next_line, start_python, wait_until
from okr_api.local.supervisor import STOPPING, Child, Supervisor

BEGIN = """
import os, signal, sys, time
from okr_api.local.supervisor import Child, Supervisor, end_in_good_order, end_with_supervisor
"""
# Every child notes its process id, a line each, in the file that it is given.
OBEDIENT = BEGIN + "end_with_supervisor(); print(os.getpid(), file=open(sys.argv[1], 'a')); time.sleep(600)"
DEAF = BEGIN + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + OBEDIENT
FAILING = BEGIN + "print(os.getpid(), file=open(sys.argv[1], 'a')); sys.exit(7)"
SUPERVISING = (
    BEGIN
    + """
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup may have started the tests
end_in_good_order()
notes, *scripts = sys.argv[1:]
with Supervisor([Child("one of many", [sys.executable, "-c", script, notes], os.environ) for script in scripts], print):
    time.sleep(600)
"""
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    (tmp_path / "notes").touch()
    return tmp_path / "notes"


def child(script: str, notes: Path) -> Child:
    return Child("counter", [sys.executable, "-c", script, str(notes)], os.environ)


def pids(notes: Path, count: int) -> list[int]:
    """The process ids that children noted, once there are so many."""
    wait_until(lambda: notes.read_text().count("\n") >= count)
    return [int(line) for line in notes.read_text().split()]


def test_a_child_that_is_killed_is_started_again_with_a_message(notes: Path) -> None:
    said: list[str] = []
    with Supervisor([child(OBEDIENT, notes)], said.append):
        (first,) = pids(notes, 1)
        os.kill(first, signal.SIGKILL)
        second = pids(notes, 2)[1]
        assert is_running(second)
    assert said == ["counter ended (SIGKILL): starting it again"]
    assert not is_running(second)


def test_a_child_that_fails_is_started_again_and_again(notes: Path) -> None:
    said: list[str] = []
    with Supervisor([child(FAILING, notes)], said.append):
        pids(notes, 3)
    assert said[:2] == ["counter ended (exit code 7): starting it again"] * 2


def test_leaving_ends_all_children_in_time_even_one_that_ignores_it(notes: Path) -> None:
    with Supervisor([child(OBEDIENT, notes), child(DEAF, notes)], print):
        both = pids(notes, 2)
        left = time.monotonic()
    assert time.monotonic() - left < STOPPING
    assert not any(map(is_running, both))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_supervisor_ends_its_children(notes: Path, number: signal.Signals) -> None:
    supervisor = start_python(SUPERVISING, notes, OBEDIENT, OBEDIENT)
    both = pids(notes, 2)
    supervisor.send_signal(number)
    let_end(supervisor)
    assert not any(map(is_running, both))


def test_children_end_when_their_supervisor_is_killed(notes: Path) -> None:
    supervisor = start_python(SUPERVISING, notes, OBEDIENT, DEAF)
    both = pids(notes, 2)
    kill(supervisor)
    wait_until(lambda: not any(map(is_running, both)))


def test_a_second_interrupt_does_not_disturb_the_end_that_the_first_began() -> None:
    process = start_python(
        BEGIN
        + """
end_in_good_order()
try:
    print("begun", flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    print("ending", flush=True)
    sys.stdin.readline()
    print("ended", flush=True)
"""
    )
    assert next_line(process) == "begun"
    process.send_signal(signal.SIGTERM)
    assert next_line(process) == "ending"
    process.send_signal(signal.SIGINT)
    assert process.communicate("\n")[0] == "ended\n"


def test_without_a_supervisor_a_service_just_runs() -> None:
    assert let_end(start_python(BEGIN + "end_with_supervisor()")) == 0
