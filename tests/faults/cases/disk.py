"""A disk that is full: a small one in memory, which an unprivileged user may mount in a namespace of their own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from random import Random

from faults.case import NotHere, case, played
from faults.outcome import Outcome
from faults.stage import Stage

INSIDE = "OKR_FAULTS_SMALL_DISK"
NAMESPACE = ("unshare", "--user", "--mount", "--map-root-user", "sh", "-c")
MOUNT = 'mount -t tmpfs -o size=200m tmpfs "$0" && exec "$@"'
PLAY = "import sys; from faults.cases.disk import print_played; print_played(int(sys.argv[1]))"
LIMIT = 150.0


@case("disk full")
async def disk_full(stage: Stage) -> None:
    if INSIDE not in os.environ:
        stage.outcome = await asyncio.to_thread(_played_inside, stage)
        return
    async with stage.playing():
        await stage.load.goes_on()
        ballast = Path(os.environ[INSIDE]) / "ballast"
        _fill(ballast, Random(stage.seed).randbytes(4096))
        # Whichever finds no room first, the log or the facts.
        await stage.load.is_told("UNAVAILABLE", "NOT_YET_READABLE")
        async with stage.recovery():
            ballast.unlink()
            # Where there was no room for the log of the server either, it ended.
            await asyncio.to_thread(stage.postgres.revive)


def print_played(seed: int) -> None:
    """For the process inside the namespace."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    print(json.dumps(asdict(asyncio.run(played("disk full", seed)))))


def _played_inside(stage: Stage) -> Outcome:
    """This case again, in a process whose temporary folder is the small disk."""
    disk = stage.folder / "small"
    disk.mkdir()
    tried = _in_namespace(disk, "true")
    if tried.returncode != 0:
        raise NotHere(f"no disk can be mounted: {tried.stderr.strip()}")
    ended = _in_namespace(disk, sys.executable, "-c", PLAY, str(stage.seed))
    assert ended.returncode == 0, ended.stderr
    return Outcome(**json.loads(ended.stdout.splitlines()[-1]))


def _in_namespace(disk: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(path for path in sys.path if path)
    environment = os.environ | {"TMPDIR": str(disk), INSIDE: str(disk), "PYTHONPATH": path}
    command = (*NAMESPACE, MOUNT, str(disk), *command)
    try:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError as missing:
        raise NotHere(f"{missing.filename} is not installed") from None
    with process:
        try:
            stdout, stderr = process.communicate(timeout=LIMIT)
        finally:
            # It ends what it started before it ends itself.
            process.terminate()
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def _fill(ballast: Path, chunk: bytes) -> None:
    """Write until nothing more fits."""
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(chunk)
