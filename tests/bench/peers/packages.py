"""Packages of Node that contenders need, installed once into a cache outside the repository."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PEERS = Path(__file__).parent
CACHE = Path(os.environ.get("OKR_BENCH_CACHE", Path.home() / ".cache" / "okr-bench"))
FLAGS = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock")
MINUTES = 5
OLDEST_NODE = 22


class Missing(Exception):
    """A contender that cannot be had here, and why."""


def installed(peer: str) -> Path:
    """The folder in which the peer's pinned packages stand, beside its own scripts. Raises Missing."""
    pins = (PEERS / peer / "package.json").read_bytes()
    folder = CACHE / f"{peer}-{hashlib.sha256(pins).hexdigest()[:12]}"
    if not (folder / "node_modules").is_dir():
        _install(peer, folder)
    for script in (PEERS / peer).iterdir():
        shutil.copy(script, folder)
    return folder


def _install(peer: str, folder: Path) -> None:
    if not shutil.which("npm"):
        raise Missing("npm is not there")
    print(f"installing the packages of {peer}", flush=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as unfinished:
        shutil.copy(PEERS / peer / "package.json", unfinished)
        command = ["npm", "install", *FLAGS]
        try:
            run = subprocess.run(command, cwd=unfinished, capture_output=True, text=True, timeout=MINUTES * 60)
        except subprocess.TimeoutExpired:
            raise Missing(f"npm install took more than {MINUTES} minutes") from None
        if run.returncode:
            raise Missing(f"npm cannot install its packages: {run.stderr.strip()[-300:]}")
        if not folder.exists():
            Path(unfinished).rename(folder)
            Path(unfinished).mkdir()


def node() -> str:
    """A Node that is new enough for all of them: this machine's, else the pinned one. Raises Missing."""
    there = shutil.which("node")
    if there and _major(there) >= OLDEST_NODE:
        return there
    found = sorted(installed("node").glob("node_modules/node-*/bin/node"))
    if not found:
        raise Missing(f"there is no Node {OLDEST_NODE} for this machine")
    return str(found[0])


def _major(program: str) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=MINUTES).stdout
    return int(told.strip().lstrip("v").split(".")[0] or 0)
