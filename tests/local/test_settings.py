"""Settings: read from the environment once, and wrong ones named in one line."""

import os
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import ValidationError

from okr_api.event_log.connections import impatient
from okr_api.settings import CannotStart, Settings, database_is_named, read_settings

ADDRESS = "postgresql://okr:secret@db/okr"


@pytest.fixture(autouse=True)
def _address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", ADDRESS)


def test_they_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKR_PORT", "9000")
    monkeypatch.setenv("OKR_LOG_LEVEL", "WARNING")
    settings = read_settings()
    assert (settings.database_url, settings.port, settings.log_level) == (ADDRESS, 9000, "warning")


def test_what_is_given_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKR_PORT", "9000")
    assert read_settings(port=9001, database_url="dbname=okr").model_dump(include={"port", "database_url"}) == {
        "port": 9001,
        "database_url": "dbname=okr",
    }


def test_production_is_the_default() -> None:
    assert read_settings().environment == "production"


def test_every_wrong_value_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKR_PORT", "http")
    monkeypatch.setenv("OKR_READABLE_TIMEOUT", "-1")
    with pytest.raises(CannotStart) as refused:
        read_settings()
    line = str(refused.value)
    assert "OKR_PORT=http: " in line
    assert "OKR_READABLE_TIMEOUT=-1: " in line
    assert "\n" not in line


@pytest.mark.parametrize("address", ["", "mysql://okr:secret@db/okr"])
def test_a_missing_or_foreign_address_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    with pytest.raises(CannotStart, match=r"DATABASE_URL is not .*a PostgreSQL address such as") as refused:
        read_settings()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://one,two/okr?target_session_attrs=read-write",
        "postgresql://okr@one:5432,two:5433/okr",
        "postgresql:///okr?host=/run/one,/run/two&port=5432,5433",
        "host=one,two port=5432 dbname=okr",
    ],
)
def test_an_address_may_name_several_hosts(address: str) -> None:
    assert read_settings(database_url=address).database_url == address


def test_the_limits_of_connections_leave_what_the_address_says() -> None:
    limited = conninfo_to_dict(impatient("postgresql://one,two:5433/okr?connect_timeout=7"))
    assert (limited["host"], limited["port"], limited["connect_timeout"]) == ("one,two", ",5433", "7")
    assert limited["tcp_user_timeout"] == "5000"


def test_they_never_change_and_never_show_the_address() -> None:
    settings = Settings(database_url=ADDRESS)
    with pytest.raises(ValidationError):
        settings.port = 1
    assert ADDRESS not in repr(settings)


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As Kubernetes mounts a Secret: each file is a link into a folder that is exchanged as a whole."""
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "DATABASE_URL").write_text("postgresql://okr:mounted@db/okr\n")
    (tmp_path / "DATABASE_URL").symlink_to("..data/DATABASE_URL")
    monkeypatch.setenv("OKR_SECRETS_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL")
    return tmp_path


def test_a_setting_may_stand_in_a_mounted_file(secrets: Path) -> None:
    assert read_settings().database_url == "postgresql://okr:mounted@db/okr"
    assert database_is_named()


def test_the_environment_goes_before_a_file(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (secrets / "OKR_PORT").write_text("9000")
    (secrets / "OKR_LOG_LEVEL").write_text("warning")
    monkeypatch.setenv("OKR_PORT", "9001")
    monkeypatch.setenv("DATABASE_URL", ADDRESS)
    settings = read_settings()
    assert (settings.database_url, settings.port, settings.log_level) == (ADDRESS, 9001, "warning")


def test_who_starts_again_after_a_rotation_has_the_new_password(secrets: Path) -> None:
    (secrets / "..new").mkdir()
    (secrets / "..new" / "DATABASE_URL").write_text("postgresql://okr:rotated@db/okr")
    (secrets / "..link").symlink_to("..new/DATABASE_URL")
    os.replace(secrets / "..link", secrets / "DATABASE_URL")
    assert read_settings().database_url == "postgresql://okr:rotated@db/okr"


def test_a_folder_of_secrets_that_is_not_there_is_named(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKR_SECRETS_DIR", str(secrets / "none"))
    with pytest.raises(CannotStart, match=r"OKR_SECRETS_DIR=.*/none: path does not point to a directory"):
        read_settings()


def test_a_wrong_address_in_a_file_is_not_repeated(secrets: Path) -> None:
    (secrets / "DATABASE_URL").unlink()
    (secrets / "DATABASE_URL").write_text("mysql://okr:secret@db/okr")
    with pytest.raises(CannotStart, match=r"DATABASE_URL is not a PostgreSQL address such as") as refused:
        read_settings()
    assert "secret" not in str(refused.value)
