"""GraphQL over HTTP: the audits of graphql-http, run against the service itself."""

import json
import subprocess
from pathlib import Path

import pytest

from hostile.conftest import Target
from node import installed

PACKAGES = ("graphql-http@1.23.1", "graphql@16.15.0")
AUDITS = 61
SCRIPT = """
import { auditServer } from "graphql-http";
const headers = JSON.parse(process.argv[3]);
const fetchFn = (url, options = {}) => fetch(url, { ...options, headers: { ...headers, ...options.headers } });
const results = await auditServer({ url: process.argv[2], fetchFn });
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
"""
OF_THE_CLIENT = {"accept", "accept-encoding", "connection", "user-agent", "host", "content-type", "content-length"}


@pytest.fixture(scope="module")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = installed(tmp_path_factory.mktemp("audits"), *PACKAGES)
    (folder / "audit.mjs").write_text(SCRIPT)
    return folder


def test_every_audit_is_passed(target: Target, audits: Path) -> None:
    sent = {name: value for name, value in target.api.http.headers.items() if name not in OF_THE_CLIENT}
    command = ["node", "audit.mjs", f"{target.api.url}/graphql", json.dumps(sent)]
    run = subprocess.run(command, cwd=audits, capture_output=True, text=True, timeout=60)
    results = json.loads(run.stdout) if run.returncode == 0 else run.stderr
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == AUDITS
