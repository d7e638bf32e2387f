"""Packages of Node that tests run against the service, at exact versions, in a folder that goes with the run."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

FLAGS = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
SECONDS = 300


def installed(folder: Path, *packages: str) -> Path:
    """Skips where they cannot be had, and fails instead where CI is set."""
    if not (shutil.which("node") and shutil.which("npm")):
        assert "CI" not in os.environ, "node and npm must be there"
        pytest.skip("node and npm are not there")
    command = ["npm", "install", *FLAGS, *packages]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    if ran.returncode:
        assert "CI" not in os.environ, ran.stderr
        pytest.skip(f"npm cannot install what {folder.name} needs: {ran.stderr.strip()[-200:]}")
    return folder
