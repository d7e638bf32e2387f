"""Settings: read from the environment once, and wrong ones named in one line."""

import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import ValidationError

from okr_api.event_log.connections import impatient
from okr_api.settings import CannotStart, Settings, read_settings

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
    assert "secret" not in repr(settings)
