"""The image, built without a daemon on a base from Debian, and its programs as a cluster runs them."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = ("buildah", "mmdebstrap", "unshare")
NEEDED = "python3,python3-venv,ca-certificates"
TRUSTED = "/etc/ssl/certs/ca-certificates.crt"
BASE, IMAGE = "localhost/base:test", "localhost/okr:test"
# The root file system can only be read, as the pod's security context says; the rest are the mounts of the pod.
AS_IN_A_POD = """
mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && mount -t tmpfs tmpfs "$0/tmp" && mount -t proc proc "$0/proc"
mount -t tmpfs tmpfs "$0/run" && mkdir -p "$0/run/secrets" && mount --bind "$1" "$0/run/secrets"
root="$0"; shift; exec chroot --userspec=10001:10001 "$root" "$@"
"""


@dataclass(frozen=True)
class Builder:
    """Keeps all layers in a folder of its own."""

    folder: Path

    def build(self) -> None:
        base = self.folder / "base.tar"
        self._run("mmdebstrap", "--variant=essential", f"--include={NEEDED}", "bookworm", str(base))
        container = self.buildah("from", "scratch")
        self.buildah("add", container, str(base))
        # Whom this machine trusts, the build does.
        self.buildah("copy", container, TRUSTED, TRUSTED)
        self.buildah("config", "--env", f"SSL_CERT_FILE={TRUSTED}", "--env", f"PIP_CERT={TRUSTED}", container)
        self.buildah("commit", "--rm", container, BASE)
        given = ("--isolation=chroot", "--pull-never", f"--build-arg=BASE={BASE}")
        self.buildah("bud", *given, "-f", str(ROOT / "deploy/Dockerfile"), "-t", IMAGE, str(ROOT))

    def inspect(self, what: str) -> str:
        return self.buildah("inspect", "--type=image", f"--format={{{{{what}}}}}", IMAGE)

    @contextmanager
    def mounted(self) -> Iterator[Path]:
        container = self.buildah("from", "--pull-never", IMAGE)
        try:
            yield Path(self.buildah("mount", container))
        finally:
            self.buildah("rm", container)

    def run(self, root: Path, secrets: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """One program of a mounted image, as uid 10001."""
        given = {"PATH": "/okr/bin:/usr/sbin:/usr/bin:/sbin:/bin"} | environment
        confined = ["unshare", "--mount", "sh", "-ec", AS_IN_A_POD, str(root), str(secrets), *command]
        return subprocess.run(confined, env=given, capture_output=True, text=True, timeout=60, check=False)

    def buildah(self, *arguments: str) -> str:
        store = ("--storage-driver=vfs", f"--root={self.folder / 'layers'}", f"--runroot={self.folder / 'run'}")
        return self._run("buildah", *store, *arguments)

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout.strip()


def size(root: Path) -> int:
    return sum(path.lstat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink())


def missing() -> list[str]:
    return [program for program in PROGRAMS if not shutil.which(program)]
