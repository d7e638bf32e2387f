"""The command line: what it refuses, in one line and with what to do next."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from okr_api.cli import main

NOWHERE = "postgresql://okr@127.0.0.1:1/okr"


def okr(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command in an environment that says nothing about the service but what is given."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OKR_", "DATABASE_URL"))}
    return subprocess.run(
        [sys.executable, "-m", "okr_api.cli", *map(str, arguments)],
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def refusal(result: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error of a command that failed."""
    assert result.returncode != 0
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def test_a_port_that_is_taken_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refusal(okr("up", "--port", port, "--data", tmp_path / "data"))
    assert f"port {port}: Address already in use" in line
    assert "--port" in line
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, free_port: int) -> None:
    (tmp_path / "file").touch()
    line = refusal(okr("up", "--port", free_port, "--data", tmp_path / "file" / "data"))
    assert f"cannot write in {tmp_path / 'file' / 'data'}" in line
    assert "--data" in line


def test_missing_postgres_programs_are_named(tmp_path: Path, free_port: int) -> None:
    line = refusal(okr("up", "--port", free_port, "--data", tmp_path, OKR_PG_BIN="/nowhere"))
    assert "no PostgreSQL programs in /nowhere" in line


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    assert "OKR_PORT=http: " in refusal(okr("projector", DATABASE_URL=NOWHERE, OKR_PORT="http"))


@pytest.mark.parametrize("command", ["api", "projector", "migrate"])
def test_a_service_without_database_says_which_variable_to_set(command: str) -> None:
    assert "DATABASE_URL is not set: give it" in refusal(okr(command))


@pytest.mark.parametrize("command", ["projector", "migrate", "verify", "rebuild"])
def test_a_database_that_does_not_answer_is_told_in_one_line(command: str) -> None:
    assert "connection failed" in refusal(okr(command, DATABASE_URL=NOWHERE))


@pytest.mark.parametrize("command", ["verify", "rebuild"])
def test_a_folder_without_database_is_not_filled_with_one(command: str, tmp_path: Path) -> None:
    line = refusal(okr(command, "--data", tmp_path / "data"))
    assert f"no database in {tmp_path / 'data'}: `okr up` makes one" in line
    assert not (tmp_path / "data").exists()


def test_the_default_folder_is_the_user_s(tmp_path: Path) -> None:
    assert f"no database in {tmp_path}/okr:" in refusal(okr("verify", XDG_DATA_HOME=str(tmp_path)))


def test_a_folder_and_an_address_exclude_each_other(tmp_path: Path) -> None:
    line = refusal(okr("verify", "--data", tmp_path, DATABASE_URL=NOWHERE))
    assert "both --data and DATABASE_URL are given" in line


OIDC = {"OKR_OIDC_ISSUER": "https://id.example", "OKR_OIDC_AUDIENCE": "okr"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "nobody could sign in: set OKR_OIDC_ISSUER, OKR_OIDC_AUDIENCE and OKR_OIDC_JWKS_URL"),
        (OIDC, "nobody could sign in"),
        (OIDC | {"OKR_ENVIRONMENT": "development"}, "nobody could sign in"),
        (OIDC | {"OKR_OIDC_JWKS_URL": "http://id.example/keys"}, "OKR_OIDC_JWKS_URL must begin with https://"),
        (OIDC | {"OKR_OIDC_JWKS_URL": "file:///keys", "OKR_ENVIRONMENT": "development"}, "must begin with https://"),
        (OIDC | {"OKR_OIDC_JWKS_URL": "https://id.example/keys", "OKR_OIDC_ISSUER": "urn:okr:dev"}, "urn:okr:dev: "),
        ({"OKR_OIDC_ROLES": '{"bosses": "king"}'}, "OKR_OIDC_ROLES=king: "),
        ({"OKR_OIDC_ROLES": "bosses"}, "OKR_OIDC_ROLES=bosses: "),
    ],
)
def test_the_api_does_not_begin_while_it_is_unclear_who_may_sign_in(given: dict[str, str], told: str) -> None:
    assert told in refusal(okr("api", DATABASE_URL=NOWHERE, **given))


def test_a_token_is_printed_in_development_alone(database: str) -> None:
    printed = okr("token", "--role", "member", "--login", "ana", DATABASE_URL=database, OKR_ENVIRONMENT="development")
    assert printed.stdout.count(".") == 2
    for environment in ({}, {"OKR_ENVIRONMENT": "production"}):
        line = refusal(okr("token", "--role", "admin", DATABASE_URL=database, **environment))
        assert "set OKR_ENVIRONMENT=development" in line


def test_where_tokens_are_refused_no_key_of_theirs_is_made(database: str) -> None:
    refusal(okr("token", "--role", "admin", DATABASE_URL=database))
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT name FROM okr.secrets").fetchall() == [("input_hash",)]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_development_listens_to_this_machine_alone(host: str) -> None:
    line = refusal(okr("api", DATABASE_URL=NOWHERE, OKR_ENVIRONMENT="development", OKR_HOST=host))
    assert f"OKR_HOST={host}" in line


def test_a_database_that_lacks_migrations_is_named(empty_database: str) -> None:
    for command in (["projector"], ["migrate", "--check"], ["verify"], ["rebuild"]):
        assert "run `okr migrate`" in refusal(okr(*command, DATABASE_URL=empty_database))


def test_migrating_tells_what_was_applied_and_is_then_up_to_date(empty_database: str) -> None:
    assert okr("migrate", DATABASE_URL=empty_database).stdout.startswith("applied 001_")
    assert okr("migrate", DATABASE_URL=empty_database).stdout == "up to date\n"
    assert okr("migrate", "--check", DATABASE_URL=empty_database).stdout == "up to date\n"


def test_who_waits_for_the_migrations_names_those_that_did_not_come(empty_database: str) -> None:
    line = refusal(okr("migrate", "--check", "--wait", "0.1", DATABASE_URL=empty_database))
    assert "the database lacks 001_" in line
    assert "Give --wait with --check." in okr("migrate", "--wait", "1", DATABASE_URL=empty_database).stderr


def test_a_command_finds_its_database_in_a_secret_file(database: str, tmp_path: Path) -> None:
    (tmp_path / "DATABASE_URL").write_text(database)
    for command in (["migrate", "--check"], ["verify"]):
        assert okr(*command, OKR_SECRETS_DIR=str(tmp_path)).returncode == 0
    assert "set OKR_ENVIRONMENT=development" in refusal(okr("token", "--role", "admin", OKR_SECRETS_DIR=str(tmp_path)))


def test_a_fresh_database_is_clean_and_can_be_rebuilt(database: str) -> None:
    assert json.loads(okr("rebuild", "--json", DATABASE_URL=database).stdout) == {"rebuilt": True}
    verified = okr("verify", "--json", DATABASE_URL=database)
    assert json.loads(verified.stdout) == {"clean": True, "findings": [], "proves": "consistency"}
    assert verified.returncode == 0
    assert okr("verify", DATABASE_URL=database).stdout == "clean: every invariant holds, which proves consistency\n"


def test_every_command_shows_an_example() -> None:
    for command in main.commands:
        assert "Example" in CliRunner().invoke(main, [command, "--help"]).stdout
