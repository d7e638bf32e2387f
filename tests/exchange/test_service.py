"""The service as the command line asks it: again while that may help, and never for ever."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from okr_api.exchange.service import Service, ServiceFailed

GOOD = {"data": {"x": 1}, "extensions": {"position": "7"}}
PENDING = {"data": {"x": None}, "extensions": {"position": "6", "pending": True}}


def error(code: str) -> dict[str, object]:
    return {"errors": [{"message": f"it is {code}", "extensions": {"code": code}}], "extensions": {"position": "3"}}


@contextmanager
def answering(*answers: object) -> Iterator[tuple[str, list[str]]]:
    """A server that gives these answers in turn; what position each request wanted at least."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.headers["OKR-Min-Position"])
            answer = answers[len(asked) - 1]
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(502 if answer == b"gateway" else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            serving.join()


def test_what_may_help_later_is_asked_again() -> None:
    answers = (GOOD, error("TRY_LATER"), error("UNAVAILABLE"), b"gateway", PENDING, GOOD)
    with answering(*answers) as (url, asked), Service(url, "t") as service:
        assert service.ask("{ x }") == {"x": 1}
        assert service.ask("{ x }", readable=True) == {"x": 1}
    assert asked == ["0", *["7"] * 5]


def test_what_is_written_need_not_be_readable() -> None:
    with answering(PENDING) as (url, asked), Service(url, "t") as service:
        assert service.ask("{ x }") == {"x": None}
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (error("FORBIDDEN"), "FORBIDDEN: it is FORBIDDEN"),
        ({"errors": [{"message": "odd"}]}, "None: odd"),
        (b"<html>", "no such service at http"),
        ([], "no such service at http"),
    ],
)
def test_what_does_not_change_is_told_at_once(answer: object, words: str) -> None:
    with answering(answer) as (url, asked), Service(url, "t") as service, pytest.raises(ServiceFailed, match=words):
        service.ask("{ x }")
    assert len(asked) == 1
