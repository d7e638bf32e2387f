"""The runbook: each of its commands runs, or says that it needs a cluster and names only what the manifests have."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from api.serving import Api, Company, served, token
from deploy.manifests import K8S, kubectl_is_missing, rendered

ROOT = K8S.parents[1]
RUNBOOK = (K8S / "README.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ELSEWHERE = "# needs a cluster"
PROGRAMS = {"kubectl", "docker", "export", "openssl"}
"""What runs in blocks that need a cluster, beside functions and variables."""
ALERTED = {"lag", "poison-event", "disk-full", "database-away", "webhooks", "slow-requests"}
"""What alerts lead to."""
MISSING = [program for program in ("bash", "curl", "kubectl") if not shutil.which(program)]


class Block(NamedTuple):
    language: str
    text: str

    @property
    def needs_a_cluster(self) -> bool:
        return self.text.startswith(ELSEWHERE)


BLOCKS = [Block(*found) for found in BLOCK.findall(RUNBOOK)]
HERE = [block for block in BLOCKS if block.language == "sh" and not block.needs_a_cluster]
IN_A_CLUSTER = [block for block in BLOCKS if block.needs_a_cluster]
QUERIES = [block.text for block in BLOCKS if block.language == "sql"]


def lines() -> list[str]:
    """What is run here; a command of `okr` that comes again would only say the same."""
    every = [line for block in HERE for line in block.text.splitlines()]
    return [line for place, line in enumerate(every) if not (line.startswith("okr ") and line in every[:place])]


@pytest.fixture(scope="module")
def url(module_database: str) -> Iterator[str]:
    # A rebuild waits for as long as requests may still read the former facts.
    with served(module_database, OKR_REQUEST_TIMEOUT="3") as address:
        yield address


@pytest.fixture
def given(url: str, module_database: str, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who follows the runbook: `okr` on the path, and something to do it with."""
    okr = tmp_path / "okr"
    okr.write_text(f'#!/bin/sh\nexec {sys.executable} -m okr_api.cli "$@"\n')
    okr.chmod(0o755)
    api = Api(url)
    company = Company(api)
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    key = {"name": "warehouse", "expiresAt": until, "cycleIds": [company.cycle]}
    integration = api.made("createIntegration", "integration", "id keys { id }", **key)
    webhook = api.made("createWebhook", "webhook", url="https://hooks.invalid/okr")["id"]
    return os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "DATABASE_URL": module_database,
        "OKR_URL": f"{url}/graphql",
        "TOKEN": token(url),
        "INTEGRATION": integration["id"],
        "FORMER_KEY": integration["keys"][0]["id"],
        "WEBHOOK": webhook,
    }


def test_a_command_is_run_here_or_says_that_it_needs_a_cluster() -> None:
    assert {block.language for block in BLOCKS} == {"sh", "sql"}
    assert not re.findall(r"`(?:kubectl|docker) [^`]*`", BLOCK.sub("", RUNBOOK))
    for block in HERE:
        assert not re.search(r"kubectl (?!kustomize)|docker", block.text), block.text


@pytest.mark.skipif(bool(MISSING) and "CI" not in os.environ, reason=f"not on this machine: {', '.join(MISSING)}")
def test_what_can_be_run_here_runs(given: dict[str, str]) -> None:
    """In the order of the page, in one shell."""
    script = "set -eu -o pipefail\n" + "\n".join(lines())
    ran = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=given, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "clean: every invariant holds" in ran.stdout
    answers = [line for line in ran.stdout.splitlines() if line.startswith('{"data"')]
    assert len(answers) == sum(line.startswith("ask '") for line in lines()), ran.stdout
    assert not [answer for answer in answers if '"errors"' in answer or '"code"' in answer]


def test_every_query_is_answered(url: str, module_database: str) -> None:
    """While the service runs; what ends a session of the projector is survived."""
    Company(Api(url))
    with psycopg.connect(module_database, autocommit=True) as connection:
        for query in QUERIES:
            cursor = connection.execute(query.encode())
            assert cursor.description is not None, query
    Company(Api(url))


@pytest.mark.parametrize("block", IN_A_CLUSTER, ids=lambda block: block.text.splitlines()[1][:50])
def test_what_needs_a_cluster_is_a_script_of_known_programs(block: Block) -> None:
    checked = subprocess.run(["bash", "-n", "-c", block.text], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    commands = [line.split()[0] for line in block.text.splitlines()[1:]]
    assert {name for name in commands if re.fullmatch(r"[a-z]+", name)} <= PROGRAMS


@pytest.mark.skipif(kubectl_is_missing() and "CI" not in os.environ, reason="kubectl is not on this machine")
def test_what_needs_a_cluster_names_what_the_manifests_have() -> None:
    text = "\n".join(block.text for block in IN_A_CLUSTER)
    for folder in re.findall(r"--kustomize (\S+)", text):
        assert (ROOT / folder / "kustomization.yaml").exists()
    known = [rendered(K8S / folder) for folder in ("overlays/prod", "restore")]
    names = {(each["kind"].lower(), each["metadata"]["name"]) for one in known for each in one.objects}
    said = re.findall(r"(deployment|service|cluster|job|horizontalpodautoscaler)[/ ](okr-[a-z-]+)", text)
    assert said
    assert set(said) <= names
    assert set(re.findall(r"app\.kubernetes\.io/name=([a-z-]+)", text)) <= {
        each["metadata"]["labels"].get("app.kubernetes.io/name") for each in known[0].of("Deployment", "Job")
    }


def test_every_alert_leads_to_a_section() -> None:
    sections = {title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE)}
    assert sections >= ALERTED
    linked = re.findall(r"runbook_url: deploy/k8s/README\.md#(\S+)", _rules())
    assert set(linked) <= sections


def _rules() -> str:
    return "\n".join(file.read_text() for file in (K8S / "components/monitoring").glob("*.yaml"))
