"""A disk that is slow, and one that is full: a small one in memory, which an unprivileged user may mount."""

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

from psycopg.sql import SQL

from faults.case import NotHere, case, played
from faults.outcome import Outcome
from faults.stage import Stage

INSIDE = "OKR_FAULTS_SMALL_DISK"
LONGEST_DELAY = 100_000
"""Microseconds: the most that PostgreSQL takes."""
NAMESPACE = ("unshare", "--user", "--mount", "--map-root-user", "sh", "-c")
MOUNT = 'mount -t tmpfs -o size=200m tmpfs "$0" && exec "$@"'
PLAY = "import sys; from faults.cases.disk import print_played; print_played(*map(int, sys.argv[1:]))"
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


@case("slow disk")
async def slow_disk(stage: Stage) -> None:
    async with stage.playing():
        await stage.load.goes_on()
        await asyncio.to_thread(_delay_flushes, stage, LONGEST_DELAY)
        await stage.load.goes_on(20)
        async with stage.recovery():
            await asyncio.to_thread(_delay_flushes, stage, 0)


def _delay_flushes(stage: Stage, microseconds: int) -> None:
    """What a disk that is that slow does to a commit: the server itself waits before each flush."""
    stage.sql("ALTER SYSTEM SET commit_siblings = 0")
    stage.sql(SQL("ALTER SYSTEM SET commit_delay = {}").format(microseconds))
    stage.sql("SELECT pg_reload_conf()")


def print_played(seed: int, enough: int) -> None:
    """For the process inside the namespace."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    print(json.dumps(asdict(asyncio.run(played("disk full", seed, enough)))))


def _played_inside(stage: Stage) -> Outcome:
    """This case again, in a process whose temporary folder is the small disk."""
    disk = stage.folder / "small"
    disk.mkdir()
    tried = _in_namespace(disk, "true")
    if tried.returncode != 0:
        raise NotHere(f"no disk can be mounted: {tried.stderr.strip()}")
    ended = _in_namespace(disk, sys.executable, "-c", PLAY, str(stage.seed), str(stage.enough))
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
