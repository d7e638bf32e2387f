"""The command line as people use it beside a running service."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from api.serving import Api
from okr_api.cli import main


def okr(api: Api, *arguments: object, **environment: str) -> Result:
    """One command, signed in as whoever that client is; in this process, which has loaded all of it."""
    signed_in = {"OKR_TOKEN": api.http.headers["Authorization"].split()[1], "OKR_URL": api.url}
    return CliRunner().invoke(main, [*map(str, arguments)], env=signed_in | environment)


def imported(api: Api, what: str, file: Path, *options: object) -> dict[str, Any]:
    """What the report says."""
    done = okr(api, "import", what, file, "--json", *options)
    assert done.exit_code in (0, 3), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == (3 if report["errors"] else 0)
    return report


def counts(report: dict[str, Any]) -> tuple[int, int, int]:
    return report["accepted"], report["duplicate"], report["refused"]


def told(report: dict[str, Any]) -> list[str]:
    return [f"{error['line']} {error['column']} {error['code']}" for error in report["errors"]]
