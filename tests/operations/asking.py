"""Asking a process how it is, as a cluster does."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import httpx

PATIENCE = 30.0


class Answer(NamedTuple):
    status: int
    failing: list[str]
    checks: dict[str, str]


def probe(url: str, path: str) -> Answer:
    response = httpx.get(f"{url}{path}", trust_env=False)
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    return Answer(response.status_code, body["failing"], body.get("checks", {}))


def until(found: Callable[[], Any]) -> Any:
    """What it finds in the end."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with suppress(httpx.TransportError):
            if answer := found():
                return answer
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def until_status(url: str, path: str, status: int) -> Answer:
    def found() -> Answer | None:
        answer = probe(url, path)
        return answer if answer.status == status else None

    answer: Answer = until(found)
    return answer


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
    return port
