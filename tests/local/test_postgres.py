"""The embedded PostgreSQL: shared, found again after every kind of kill, and refused in one line."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from local.processes import is_running, kill, let_end, next_line, running_in, start_python, wait_until
from okr_api.local.postgres import EmbeddedPostgres
from okr_api.settings import CannotStart

USER = """
import sys
from pathlib import Path
from okr_api.local.postgres import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as postgres:
    print(postgres.pid, flush=True)
    sys.stdin.readline()
"""
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose server has run and was stopped: only to be copied."""
    folder = tmp_path_factory.mktemp("cluster")
    with EmbeddedPostgres(folder, durable=False):
        pass
    return folder


@pytest.fixture
def used(data: Path, cluster: Path) -> Path:
    """A folder of one's own whose server was stopped."""
    shutil.copytree(cluster, data, ignore=shutil.ignore_patterns("run"))
    return data


def answer(postgres: EmbeddedPostgres, query: str) -> object:
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        return connection.execute(query.encode()).fetchone()


def test_two_users_share_one_server_and_the_last_one_stops_it(data: Path) -> None:
    first, second = start_python(USER, data), start_python(USER, data)
    server = int(next_line(first))
    assert int(next_line(second)) == server
    assert let_end(first) == 0
    assert is_running(server)
    assert let_end(second) == 0
    assert not is_running(server)
    assert running_in(data) == []


def test_a_user_that_is_killed_does_not_keep_the_server_running(used: Path) -> None:
    first, second = start_python(USER, used), start_python(USER, used)
    server = int(next_line(first))
    next_line(second)
    kill(first)
    assert is_running(server)
    assert let_end(second) == 0
    assert not is_running(server)


def test_a_server_whose_only_user_was_killed_is_adopted_and_then_stopped(used: Path) -> None:
    user = start_python(USER, used)
    server = int(next_line(user))
    kill(user)
    with EmbeddedPostgres(used) as postgres:
        assert postgres.pid == server
    assert not is_running(server)


def test_a_killed_server_comes_back_with_everything_that_was_committed(used: Path) -> None:
    with EmbeddedPostgres(used) as postgres:
        with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
        os.kill(postgres.pid, signal.SIGKILL)
        wait_until(lambda: not postgres.is_ready())
        assert postgres.revive()
        assert not postgres.revive()
        assert answer(postgres, "SELECT number FROM kept") == (42,)


def test_a_server_that_was_killed_with_its_user_starts_again(used: Path) -> None:
    user = start_python(USER, used)
    os.kill(int(next_line(user)), signal.SIGKILL)
    kill(user)
    with EmbeddedPostgres(used) as postgres:
        assert answer(postgres, "SELECT 1") == (1,)


def test_a_pid_file_that_names_another_process_does_not_keep_the_server_from_starting(used: Path) -> None:
    (used / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{used}\n0\n5432\n{used}\n\n  1  1\n")
    with EmbeddedPostgres(used) as postgres:
        assert answer(postgres, "SELECT 1") == (1,)


def test_a_killed_initdb_leaves_no_half_cluster(data: Path) -> None:
    user = start_python(USER, data)
    wait_until(lambda: list(data.glob("initdb-*/base")))
    kill(user)
    for process in running_in(data):
        with suppress(ProcessLookupError):  # it may end by itself
            os.kill(process, signal.SIGKILL)
    wait_until(lambda: not running_in(data))
    assert not EmbeddedPostgres(data).exists
    with EmbeddedPostgres(data) as postgres:
        assert answer(postgres, "SELECT 1") == (1,)
    assert list(data.glob("initdb-*")) == []


def test_any_path_will_do(tmp_path: Path, cluster: Path) -> None:
    odd = tmp_path / ("long" * 30) / 'it\'s $HOME, "quoted" `and` ünïcode'
    shutil.copytree(cluster, odd, ignore=shutil.ignore_patterns("run"))
    with EmbeddedPostgres(odd) as postgres:
        assert answer(postgres, "SELECT length(current_setting('unix_socket_directories')) < 86") == (True,)
    assert running_in(odd) == []


def test_text_sorts_by_bytes_and_what_is_committed_is_flushed(used: Path) -> None:
    with EmbeddedPostgres(used) as postgres:
        assert answer(postgres, "SELECT current_setting('fsync'), 'Z' < 'a', upper('é')") == ("on", True, "É")


def test_it_listens_on_no_network(used: Path) -> None:
    with EmbeddedPostgres(used) as postgres:
        assert answer(postgres, "SHOW listen_addresses") == ("",)


@pytest.fixture
def folder_of_nobody() -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("the other tests run as a normal user already")
    if not shutil.which(AS_NOBODY[0]):
        pytest.skip("setpriv is not installed")
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    os.chown(folder, 65534, 65534)
    yield folder
    shutil.rmtree(folder)


def test_it_works_for_a_normal_user_too(folder_of_nobody: Path) -> None:
    if let_end(start_python("import okr_api.local.postgres", prefix=AS_NOBODY)) != 0:
        pytest.skip("a normal user cannot read this installation")
    user = start_python(USER, folder_of_nobody / "data", prefix=AS_NOBODY)
    server = int(next_line(user))
    assert Path(f"/proc/{server}").stat().st_uid == 65534
    assert let_end(user) == 0
    assert not is_running(server)


def test_data_of_another_version_are_refused(used: Path) -> None:
    (used / "postgres" / "PG_VERSION").write_text("14\n")
    with pytest.raises(CannotStart, match=r"was written by PostgreSQL 14, this is \d+"), EmbeddedPostgres(used):
        pass


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match=r"cannot write in .*file/data"), EmbeddedPostgres(tmp_path / "file" / "data"):
        pass


def test_a_server_that_does_not_start_tells_why_and_is_used_by_nobody(used: Path) -> None:
    (used / "postgres" / "postgresql.conf").write_text("shared_buffers = nonsense")
    with pytest.raises(CannotStart, match=r"does not start: .*FATAL.*postgresql.conf"), EmbeddedPostgres(used):
        pass
    (used / "postgres" / "postgresql.conf").write_text("")
    with EmbeddedPostgres(used) as postgres:
        assert postgres.is_ready()
    assert running_in(used) == []


def test_missing_programs_are_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKR_PG_BIN", "/nowhere")
    with pytest.raises(CannotStart, match="no PostgreSQL programs in /nowhere"):
        EmbeddedPostgres(data)


def test_programs_that_are_too_old_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("postgres", "initdb"):
        (tmp_path / program).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("OKR_PG_BIN", str(tmp_path))
    with pytest.raises(CannotStart, match=r"PostgreSQL 14 in .* is too old"):
        EmbeddedPostgres(tmp_path / "data")
