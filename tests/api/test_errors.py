"""Errors of an answer: what clients can act on has a code, what is ours is masked and logged."""

import logging

import pytest
from graphql import GraphQLError
from psycopg import OperationalError

from okr_api.event_log.requests import LogUnavailable, QueueFull
from okr_api.graphql.errors import served
from okr_api.snapshot.live import NotYetReadable
from okr_api.snapshot.pages import BadPage


def told(cause: Exception) -> GraphQLError:
    return GraphQLError(str(cause), path=["objective", 0], original_error=cause)


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (QueueFull(), "TRY_LATER"),
        (LogUnavailable("lost"), "UNAVAILABLE"),
        (OperationalError("the database is gone"), "UNAVAILABLE"),
        (NotYetReadable("position 7"), "NOT_YET_READABLE"),
        (BadPage("first must be"), "BAD_USER_INPUT"),
    ],
)
def test_what_a_client_can_act_on_has_a_code(cause: Exception, code: str) -> None:
    error = served(told(cause), "request")
    assert error["extensions"] == {"code": code}
    assert error["path"] == ["objective", 0]


@pytest.mark.parametrize("cause", [QueueFull(), LogUnavailable("lost")])
def test_a_write_that_failed_tells_how_to_try_again(cause: Exception) -> None:
    assert "same idempotencyKey" in served(told(cause), "request")["message"]


def test_what_is_ours_is_masked_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        error = served(told(KeyError("a secret")), "r1")
    assert error["message"] == "internal error"
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "r1"}
    assert "r1" in caplog.text
    assert "builtins.KeyError" in caplog.text
    assert "a secret" not in caplog.text


def test_what_no_json_can_hold_is_replaced() -> None:
    assert served(GraphQLError("half a \ud83d pair", extensions={"code": "X"}), "r")["message"] == "half a ? pair"
