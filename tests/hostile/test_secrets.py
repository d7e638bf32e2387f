"""What clients send stays between them and the service: no log and no error repeats it."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.serving import Api, served

SECRET = "open-sesame-7291"
SPILL = f"""
CREATE FUNCTION spill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'row: {SECRET}'; END $$;
CREATE TRIGGER spill BEFORE INSERT ON okr.events FOR EACH ROW EXECUTE FUNCTION spill();
"""
REGISTER = "mutation($input: RegisterOwnerInput!) { registerOwner(input: $input) { position } }"


@pytest.fixture
def logged(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def spilling(database: str, logged: Path) -> Iterator[Api]:
    """A service that logs all it can, on a database whose errors repeat what was to be stored."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(SPILL)
    with logged.open("ab") as log, served(database, log=log, OKR_LOG_LEVEL="debug") as url:
        yield Api(url)


def test_what_a_client_sends_is_in_no_log_and_no_error(spilling: Api, logged: Path) -> None:
    good = {"name": SECRET, "level": "TEAM"}
    failed = spilling.post(REGISTER, {"input": good})
    (error,) = failed.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    bad = (SECRET, {"name": [SECRET]}, good | {"level": SECRET}, {SECRET: 1}, good | {"parentId": [SECRET]})
    answers = [
        failed,
        *(spilling.post(REGISTER, {"input": each}) for each in bad),
        spilling.post("query($at: Date) { cycles(at: $at) { id } }", {"at": SECRET}),
        spilling.post("query($n: Int) { owners(first: $n) { totalCount } }", {"n": SECRET}),
        spilling.http.post("/graphql", content=SECRET, headers={"Content-Type": "application/json"}),
        spilling.http.post("/graphql", content=SECRET, headers={"Content-Type": SECRET}),
        spilling.http.get("/graphql", params={"query": "{ __typename }", "variables": SECRET}),
    ]
    assert [each.status_code for each in answers[1:6]] == [400] * 5
    assert [each.text for each in answers if SECRET in each.text] == []
    lines = logged.read_text()
    assert f"request {error['extensions']['requestId']} failed: psycopg.errors.RaiseException P0001" in lines
    assert SECRET not in lines
    assert spilling.http.headers["Authorization"].split()[1] not in lines
