"""What watches the service on a cluster, as its own programs read it: alert rules, panels, Prometheus and promtool."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "deploy/k8s/components/monitoring"
NAMESPACE = "okr"
PATIENCE = 30.0
SCRAPED_EVERY = "500ms"
RATED_OVER = "5s"
"""In place of what Grafana puts in, which goes by minutes."""


def rules() -> dict[str, Any]:
    """The file of rules that is in the custom resource."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / "rules.yaml").read_text())["spec"]
    return found


def alerts() -> list[dict[str, Any]]:
    return [rule for group in rules()["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def queries() -> dict[str, str]:
    """Of every panel, as Grafana would send them."""
    found = {}
    for panel in panels():
        for target in panel["targets"]:
            query = target["expr"].replace("$__rate_interval", RATED_OVER).replace("$namespace", ".*")
            assert "$" not in query, query
            found[f"{panel['title']} {target['refId']}"] = query
    return found


def metrics(query: str) -> set[str]:
    """Those that it names."""
    return set(re.findall(r"\b(?:okr|process|python)_\w+", re.sub(r'"[^"]*"', "", query)))


def program(name: str) -> str:
    """Where it is. Skips where it is not, and fails instead where CI is set."""
    found = shutil.which(name)
    if found is None:
        assert "CI" not in os.environ, f"{name} must be there"
        pytest.skip(f"{name} is not there: it is in Debian's package prometheus")
    return found


def promtool(folder: Path, *arguments: str) -> str:
    """What it says. Raises AssertionError where it is not content."""
    command = [program("promtool"), *arguments]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


class Prometheus:
    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE)

    def alive(self) -> bool:
        try:
            return self._http.get("/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    def values(self, query: str) -> list[float]:
        """Of the present moment; what is no number is none."""
        answer = self._http.get("/api/v1/query", params={"query": query}).json()
        assert answer["status"] == "success", answer
        found = (float(each["value"][1]) for each in answer["data"]["result"])
        return [value for value in found if value == value]

    def broken_rules(self) -> list[str]:
        groups = self._http.get("/api/v1/rules").json()["data"]["groups"]
        return [rule["name"] for group in groups for rule in group["rules"] if rule["health"] == "err"]


@contextmanager
def prometheus(folder: Path, port: int, targets: Mapping[str, list[int]]) -> Iterator[Prometheus]:
    """One that reads the pages at these ports, by the names of their jobs."""
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules()))
    scraped = [
        {
            "job_name": job,
            "static_configs": [{"targets": [f"127.0.0.1:{at}" for at in ports], "labels": {"namespace": NAMESPACE}}],
        }
        for job, ports in targets.items()
    ]
    often = {"scrape_interval": SCRAPED_EVERY, "scrape_timeout": SCRAPED_EVERY, "evaluation_interval": "1s"}
    config = {"global": often, "rule_files": ["rules.yaml"], "scrape_configs": scraped}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = [
        program("prometheus"),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "prometheus.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as running:
        try:
            found = Prometheus(f"http://127.0.0.1:{port}")
            deadline = time.monotonic() + PATIENCE
            while not found.alive():
                assert time.monotonic() < deadline, (folder / "prometheus.log").read_text()
                time.sleep(0.05)
            yield found
        finally:
            running.terminate()
            running.wait(PATIENCE)
