"""Child processes: kept running, ended together, and never outliving the process that keeps them."""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from subprocess import DEVNULL, Popen, TimeoutExpired
from types import FrameType
from typing import Self

LIFELINE = "OKR_LIFELINE"
GRACE = 2.5
STOPPING = 5.0
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
# A child that lived this many seconds failed for a new reason: its pauses begin anew.
SETTLED = 10.0


@dataclass(frozen=True)
class Child:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


class Supervisor:
    """Keeps children running inside the context; leaving it ends them all within GRACE seconds.

    A child that dies is started again after a pause, and `say` is told, in one line. Every child holds the reading end
    of a pipe whose only writing end is here: when this process is gone, even by kill -9, `end_with_supervisor` in the
    child sees the end of the pipe.
    """

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self._say = say
        self._stopping = threading.Event()
        self._keepers = [
            threading.Thread(target=self._keep, args=(child,), name=child.name, daemon=True) for child in children
        ]

    def __enter__(self) -> Self:
        self._lifeline, self._only_end = os.pipe()
        for keeper in self._keepers:
            keeper.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopping.set()
        for keeper in self._keepers:
            keeper.join()
        os.close(self._only_end)
        os.close(self._lifeline)

    def _keep(self, child: Child) -> None:
        failures = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            process = self._start(child)
            while process.poll() is None and not self._stopping.wait(0.1):
                pass
            if process.returncode is None:
                _stop(process)
                return
            failures = 1 if time.monotonic() - started > SETTLED else failures + 1
            self._say(f"{child.name} ended ({_ending(process.returncode)}): starting it again")
            self._stopping.wait(PAUSES[min(failures, len(PAUSES)) - 1])

    def _start(self, child: Child) -> Popen[bytes]:
        # In a session of its own: the terminal's Ctrl-C reaches the supervisor alone, which then ends its children.
        return Popen(
            child.command,
            env={**child.environment, LIFELINE: str(self._lifeline)},
            pass_fds=[self._lifeline],
            stdin=DEVNULL,
            start_new_session=True,
        )


def end_with_supervisor() -> None:
    """Make this process end when the supervisor that started it is gone; nothing when none did."""
    lifeline = os.environ.pop(LIFELINE, None)
    if lifeline is not None:
        threading.Thread(target=_end_after, args=(int(lifeline),), daemon=True).start()


def _end_after(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os.kill(os.getpid(), signal.SIGKILL)


def _stop(process: Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE)
    except TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _ending(returncode: int) -> str:
    return f"exit code {returncode}" if returncode >= 0 else signal.Signals(-returncode).name


def end_in_good_order() -> None:
    """Let Ctrl-C, SIGTERM and SIGHUP raise KeyboardInterrupt, but not again while what it ended is being stopped."""
    interrupted = float("-inf")

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        if time.monotonic() > interrupted + STOPPING:
            interrupted = time.monotonic()
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    # nohup ignores SIGHUP, and means it.
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, interrupt)
