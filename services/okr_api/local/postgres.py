"""A PostgreSQL of one's own in a data folder, shared by every process that uses the folder."""

import fcntl
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from subprocess import CompletedProcess
from typing import Self
from urllib.parse import quote

from okr_api.local.programs import Programs, complaint, is_working_folder
from okr_api.settings import CannotStart

USER = "okr"
PORT = "5432"
ATTEMPTS = 3
PATIENCE = 60
SETTINGS = {
    "listen_addresses": "''",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "log_checkpoints": "off",
}
# For data that nobody misses after a crash of the machine.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# Text in the order of its bytes on every machine, which comparing facts byte for byte needs.
BUILTIN_LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
LIBC_LOCALE = ("--locale=C.UTF-8",)


class EmbeddedPostgres:
    """The server of a data folder: started by its first user, stopped by its last.

    Inside the context a user holds a shared lock on users.lock, which the kernel drops however the user ends. Whoever
    starts or stops the server holds admin.lock. Raises CannotStart when the folder cannot be written, its data are of
    another PostgreSQL version, or the server does not start.
    """

    def __init__(self, data_dir: Path, durable: bool = True) -> None:
        self.data_dir = data_dir.resolve()
        self._cluster = self.data_dir / "postgres"
        self._sockets = _socket_folder(self.data_dir)
        self._durable = durable
        self._programs = Programs()

    @property
    def exists(self) -> bool:
        """Whether the folder holds a cluster, running or not."""
        return self._cluster.exists()

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        return int((self._cluster / "postmaster.pid").read_text().split()[0])

    def dsn(self, dbname: str = "postgres") -> str:
        """The address of a database, for this user's processes on this machine."""
        return f"postgresql://{USER}@/{quote(dbname)}?host={quote(str(self._sockets), safe='')}&port={PORT}"

    def is_ready(self) -> bool:
        """Whether the server answers; its pid file proves nothing."""
        return self._run("pg_isready", "-q", "-h", str(self._sockets), "-p", PORT, "-U", USER).returncode == 0

    def __enter__(self) -> Self:
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._users = (self.data_dir / "users.lock").open("a")
            self._join()
        except OSError as error:
            raise CannotStart(
                f"cannot write in {self.data_dir}: {error.strerror}; choose another with --data"
            ) from None
        return self

    def __exit__(self, *exception: object) -> None:
        self._leave()

    def revive(self) -> bool:
        """Start the server again if it died; whether it had."""
        if self.is_ready():
            return False
        with self._admin():
            return self._start()

    @contextmanager
    def _admin(self) -> Iterator[None]:
        with (self.data_dir / "admin.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _join(self) -> None:
        try:
            with self._admin():
                fcntl.flock(self._users, fcntl.LOCK_SH)
                self._create()
                self._claim_socket_folder()
                self._start()
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        with self._users, self._admin():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            for mode in ("fast", "immediate"):
                self._forget_dead_server()
                if (self._cluster / "postmaster.pid").exists():
                    self._run("pg_ctl", "stop", "-D", self._cluster.name, "-m", mode, "-t", "2")
            with suppress(OSError):
                self._sockets.rmdir()

    def _create(self) -> None:
        if self.exists:
            self._refuse_other_version()
            return
        for abandoned in self.data_dir.glob("initdb-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        unfinished = Path(tempfile.mkdtemp(prefix="initdb-", dir=self.data_dir))
        locale = BUILTIN_LOCALE if self._programs.major >= 17 else LIBC_LOCALE
        options = [
            *locale,
            "--encoding=UTF8",
            "--auth=trust",
            "--data-checksums",
            *([] if self._durable else ["--no-sync"]),
        ]
        made = self._run("initdb", "-D", unfinished.name, "-U", USER, *options)
        if made.returncode != 0:
            raise CannotStart(f"initdb failed in {self.data_dir}: {complaint(made.stderr)}")
        unfinished.rename(self._cluster)

    def _refuse_other_version(self) -> None:
        major = int((self._cluster / "PG_VERSION").read_text())
        if major != self._programs.major:
            raise CannotStart(
                f"{self.data_dir} was written by PostgreSQL {major}, this is {self._programs.major}: "
                f"set OKR_PG_BIN to the programs of {major}, or choose another folder with --data"
            )

    def _claim_socket_folder(self) -> None:
        self._sockets.mkdir(mode=0o700, exist_ok=True)
        # Another user may have put a folder of that name under /tmp, and a server of theirs behind it.
        if self._sockets.lstat().st_uid != os.getuid():
            raise CannotStart(f"{self._sockets} is another user's: remove it, or choose a shorter path with --data")

    def _start(self) -> bool:
        deadline = time.monotonic() + PATIENCE
        attempts = 0
        while not self.is_ready():
            if attempts == ATTEMPTS or time.monotonic() > deadline:
                log = self.data_dir / "postgres.log"
                reason = complaint(log.read_text() if log.exists() else "")
                raise CannotStart(f"PostgreSQL does not start: {reason} (see {log})")
            # A server that still recovers, or what a killed one left, which holds its memory for a moment.
            if is_working_folder(self._cluster):
                time.sleep(0.1)
            else:
                attempts += 1
                self._start_once()
        return attempts > 0

    def _start_once(self) -> None:
        self._forget_dead_server()
        settings = SETTINGS | {"unix_socket_directories": str(self._sockets)} | ({} if self._durable else NOT_DURABLE)
        given = " ".join(f"-c {name}={value}" for name, value in settings.items())
        options = ["-w", "-t", str(PATIENCE), "-D", self._cluster.name, "-l", "postgres.log", "-o", given]
        self._run("pg_ctl", "start", *options)

    def _forget_dead_server(self) -> None:
        # PostgreSQL trusts the pid in its lock files while any process has that number, even a zombie.
        if sys.platform == "linux" and not is_working_folder(self._cluster):
            for lock in (self._cluster / "postmaster.pid", self._sockets / f".s.PGSQL.{PORT}.lock"):
                lock.unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str) -> CompletedProcess[str]:
        # Paths are given relative to the data folder: pg_ctl passes them through a shell.
        return self._programs.run(program, *arguments, cwd=self.data_dir)


def _socket_folder(data_dir: Path) -> Path:
    folder = data_dir / "run"
    # A socket's path holds about 100 bytes, and some characters mean something to the setting that names its folder.
    if re.fullmatch(r"[\w/.+-]{1,85}", str(folder), re.ASCII):
        return folder
    return Path("/tmp") / f"okr-{os.getuid()}-{sha256(str(data_dir).encode()).hexdigest()[:16]}"
