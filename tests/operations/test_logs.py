"""Logs: lines that machines and people read, with the ids of their request, and with nothing that clients sent."""

import json
import logging
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.serving import Api, served
from api.subscribing import socket
from okr_api.operations.correlation import NAME, Ids, current, ids_of
from okr_api.operations.logs import TEXT, Json, Text
from projector.batches import Poison
from projector.log import Stored

REGISTER = "mutation($input: RegisterOwnerInput!) { registerOwner(input: $input) { position userErrors { code } } }"
WHERE = "query($id: ID!) { history(where: {entityIds: [$id]}) { nodes { correlationId } } }"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def record(message: str = "told", error: BaseException | None = None, **extra: Any) -> logging.LogRecord:
    failure = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("okr_api.test", logging.WARNING, "here.py", 1, message, (), failure)
    made.__dict__.update(extra)
    return made


@pytest.fixture
def ids() -> Any:
    token = current.set(Ids("my-request", "my-flow"))
    yield current.get()
    current.reset(token)


def test_a_line_of_json_says_what_when_and_where(ids: Ids) -> None:
    line = json.loads(Json("api").format(record('two\nlines and "quotes"')))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
    assert line == {
        "level": "warning",
        "service": "api",
        "logger": "okr_api.test",
        "message": 'two\nlines and "quotes"',
        "request_id": "my-request",
        "correlation_id": "my-flow",
    }


def test_outside_of_requests_there_are_no_ids() -> None:
    assert "request_id" not in json.loads(Json("api").format(record()))
    assert Text("%(message)s").format(record()) == "told"


def test_a_line_of_text_names_its_request(ids: Ids) -> None:
    assert re.fullmatch(r"[^\n]+ WARNING okr_api\.test: told \[my-request\]", Text(TEXT).format(record()))


@pytest.mark.parametrize("formatter", [Json("api"), Text(TEXT)])
def test_of_a_failure_kinds_and_places_are_told_and_not_what_it_says(formatter: logging.Formatter) -> None:
    try:
        {}["open-" + "sesame"]
    except KeyError as error:
        line = formatter.format(record(error=error))
    assert "builtins.KeyError" in line
    assert "test_logs.py" in line
    assert "open-sesame" not in line


def test_a_commit_that_is_parked_is_told_with_the_request_that_wrote_it() -> None:
    state = json.dumps({"envelope": {"command_id": str(uuid4()), "command": "Grow", "correlation_id": "my-flow"}})
    commit = [Stored(7, 7, uuid4(), 1, "NeverHeardOf", state.encode(), None)]  # type: ignore[arg-type]
    assert Poison(commit, ValueError()).correlation_id == "my-flow"
    assert Poison([commit[0]._replace(state=b"no JSON")], ValueError()).correlation_id is None
    assert json.loads(Json("projector").format(record(correlation_id="my-flow")))["correlation_id"] == "my-flow"


@given(st.lists(st.tuples(st.sampled_from([b"x-request-id", b"traceparent", b"x"]), st.binary(max_size=150))))
def test_whatever_is_sent_the_ids_are_fit_for_headers_and_logs(headers: list[tuple[bytes, bytes]]) -> None:
    ids = ids_of(headers)
    assert NAME.fullmatch(ids.request_id.encode())
    assert NAME.fullmatch(ids.correlation_id.encode())


@pytest.mark.parametrize(
    "sent",
    [
        TRACEPARENT.replace("00-", "ff-", 1),
        TRACEPARENT.replace(TRACE, "0" * 32),
        TRACEPARENT.upper(),
        TRACEPARENT[:-1],
        f"{TRACEPARENT}-",
    ],
)
def test_what_is_no_trace_starts_none(sent: str) -> None:
    ids = ids_of([(b"traceparent", sent.encode())])
    assert (ids.traceparent, ids.correlation_id) == (None, ids.request_id)


def owner(api: Api, **headers: str) -> tuple[str, str]:
    """The request id that is answered, and the correlation id that an event carries."""
    created = "mutation($input: RegisterOwnerInput!) { registerOwner(input: $input) { owner { id } } }"
    response = api.http.post(
        "/graphql", json={"query": created, "variables": {"input": {"name": "O", "level": "TEAM"}}}, headers=headers
    )
    owner_id = response.json()["data"]["registerOwner"]["owner"]["id"]
    (event,) = api.ask(WHERE, id=owner_id)["history"]["nodes"]
    return response.headers["x-request-id"], event["correlationId"]


def test_a_request_goes_by_the_id_that_it_came_with_into_its_answer_and_its_events(api: Api) -> None:
    assert owner(api, **{"X-Request-Id": "board-7/2"}) == ("board-7/2", "board-7/2")
    request_id, correlation_id = owner(api)
    assert re.fullmatch("[0-9a-f]{32}", request_id)
    assert correlation_id == request_id
    assert owner(api, **{"X-Request-Id": "board-8", "traceparent": TRACEPARENT}) == ("board-8", TRACE)


@pytest.mark.parametrize("path", ["/livez", "/nothing", "/graphql", "/v1/check-ins"])
@pytest.mark.parametrize("sent", ["mine", "two words", "x" * 101, '"; DROP', ""])
def test_every_answer_names_its_request_and_repeats_no_nonsense(api: Api, path: str, sent: str) -> None:
    signed_out = {"Authorization": "", "X-Request-Id": sent}
    answered = api.http.get(path, headers=signed_out).headers.get_list("x-request-id")
    assert len(answered) == 1
    assert (answered[0] == sent) == (sent == "mine")


@pytest.mark.parametrize("kind", ["json", "text"])
async def test_a_failure_is_logged_with_its_request_and_no_log_holds_a_token(
    database: str, tmp_path: Path, kind: str
) -> None:
    logged = tmp_path / "log"
    with logged.open("ab") as log, served(database, log=log, OKR_LOG_LEVEL="debug", OKR_LOG_FORMAT=kind) as url:
        api = Api(url)
        async with socket(url) as signed_in_by_a_message:
            await signed_in_by_a_message.subscribe("{ cycles { id } }")
            await signed_in_by_a_message.payload()
        registered = api.post(REGISTER, {"input": {"name": "open-sesame", "level": "TEAM"}}, X_Request_Id="my-request")
        assert registered.json()["data"]["registerOwner"]["userErrors"] == []
    lines = logged.read_text().splitlines()
    assert api.http.headers["Authorization"].split()[1].split(".")[2] not in logged.read_text()
    assert "open-sesame" not in logged.read_text()
    if kind == "json":
        line = [each for each in map(json.loads, lines) if each.get("request_id") == "my-request"][-1]
        assert line["message"].startswith("answered with 200 after ")
        assert line["correlation_id"] == "my-request"
    else:
        assert any("answered with 200 after " in line and line.endswith("[my-request]") for line in lines)
