"""The command line as people use it beside a running service."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from api.serving import Api


def okr(api: Api, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command, signed in as whoever that client is."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OKR_", "DATABASE_URL"))}
    signed_in = {"OKR_TOKEN": api.http.headers["Authorization"].split()[1], "OKR_URL": api.url}
    return subprocess.run(
        [sys.executable, "-m", "okr_api.cli", *map(str, arguments)],
        env=inherited | signed_in | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def imported(api: Api, what: str, file: Path, *options: object) -> dict[str, Any]:
    """What the report says."""
    done = okr(api, "import", what, file, "--json", *options)
    assert done.returncode in (0, 3), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (3 if report["errors"] else 0)
    return report


def counts(report: dict[str, Any]) -> tuple[int, int, int]:
    return report["accepted"], report["duplicate"], report["refused"]


def told(report: dict[str, Any]) -> list[str]:
    return [f"{error['line']} {error['column']} {error['code']}" for error in report["errors"]]
