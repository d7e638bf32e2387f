"""Check-ins from a CSV, beside the same number of them sent in batches of a thousand; then the same file again."""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any

from bench.checkins import AT_ONCE, batch, head, in_batches
from bench.measuring.client import answer
from bench.measuring.dataset import Organisation, key_result_id
from bench.measuring.service import NOTE, Service, cluster, filled, served

ROWS = int(os.environ.get("OKR_BENCH_ROWS", "100000"))
LEAST = 1 / 3
PATIENCE = 3600


def main() -> None:
    organisation = Organisation(1)
    with cluster() as server, tempfile.TemporaryDirectory() as folder:
        filled(server.dsn(), organisation)
        with served(server.dsn()) as service:
            print(f"{NOTE}; here an administrator's, who may report on everything", flush=True)
            key_results = [str(key_result_id(kr)) for kr in organisation.measured]
            figures = measured(service, written(Path(folder), key_results), key_results)
    before, rate, again, after = figures
    beside = (before + after) / 2
    print(f"\n| how | check-ins/s |\n|---|---|\n| recordCheckIns of {AT_ONCE} | {beside:.0f} |")
    print(f"| `okr import check-ins` of {ROWS:,} rows | {rate:.0f} |")
    print(f"| the same file again, none recorded | {again:.0f} |")
    ratios = {"import": round(rate / beside, 2), "again": round(again / beside, 2)}
    print(json.dumps({"bench": "imports", "ratios": ratios, "least": round(LEAST, 2), "duplicates": 0}))


def measured(service: Service, file: Path, key_results: list[str]) -> tuple[float, float, float, float]:
    """Check-ins a second: in batches before, imported, told to be there, in batches after. Raises RuntimeError."""
    token, numbers = service.token("admin"), count()
    answer(service.port, batch(key_results, numbers, token))
    before = in_batches(service, token, key_results, numbers)
    started = head(service, token)
    report, rate = imported(service, file, token)
    require({**report, "there": report["accepted"] + report["duplicate"]}, there=ROWS)  # a late batch is sent again
    stands = head(service, token)
    if stands - started != ROWS:
        raise RuntimeError(f"{stands - started} events for {ROWS} rows")
    report, again = imported(service, file, token)
    require(report, accepted=0, duplicate=ROWS)
    if head(service, token) != stands:
        raise RuntimeError("importing again wrote something")
    return before, rate, again, in_batches(service, token, key_results, numbers)


def imported(service: Service, file: Path, token: str) -> tuple[Any, float]:
    """What the command reports, and rows a second of its whole life."""
    environment = {"OKR_TOKEN": token, "OKR_URL": service.url, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    begun = time.perf_counter()
    command = [sys.executable, "-m", "okr_api.cli", "import", "check-ins", str(file), "--json"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, timeout=PATIENCE)
    rate = ROWS / (time.perf_counter() - begun)
    print(f"{rate:.0f} rows a second: {done.stdout.decode()[:200].strip()}", flush=True)
    return json.loads(done.stdout), rate


def require(report: Any, **wanted: int) -> None:
    found = {name: report[name] for name in wanted}
    if found != wanted or report["errors"]:
        raise RuntimeError(f"{found} instead of {wanted}: {report['errors'][:3]}")


def written(folder: Path, key_results: list[str]) -> Path:
    chance = random.Random(7)
    file = folder / "check-ins.csv"
    with file.open("w") as into:
        into.write("keyResultId;value;confidence;note;effectiveAt\n")
        for number in range(ROWS):
            value = f"{chance.randrange(1000) / 10}".replace(".", ",")
            moment = f"2026-02-{1 + number % 28:02}T09:00:00Z"
            into.write(f"{key_results[number % len(key_results)]};{value};0,8;as planned, {number};{moment}\n")
    return file
