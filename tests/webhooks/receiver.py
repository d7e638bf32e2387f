"""A receiver of webhooks: an endpoint that writes down what it is sent, and answers as a test tells it to."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from standardwebhooks import Webhook as Signer

PATIENCE = 30.0


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = orjson.loads(self.body)
        return told

    @property
    def position(self) -> int:
        return int(self.told["data"]["position"])

    def verified(self, secret: str) -> dict[str, Any]:
        """Raises WebhookVerificationError."""
        told: dict[str, Any] = Signer(secret).verify(self.body, self.headers)
        return told


@dataclass
class Receiver:
    """`answer` is called with the number of each request, from 0, and the handler that has to answer it."""

    url: str
    answer: Callable[[int, BaseHTTPRequestHandler], None]
    received: list[Received] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, until: Callable[[list[Received]], bool]) -> list[Received]:
        """Raises AssertionError after 30 s."""
        with self.changed:
            assert self.changed.wait_for(lambda: until(self.received), PATIENCE), self.received
            return list(self.received)

    def wait_for(self, number: int) -> list[Received]:
        return self.wait(lambda received: len(received) >= number)

    def wait_for_position(self, position: int) -> list[Received]:
        return self.wait(lambda received: any(r.position >= position for r in received))


def answered(status: int, **headers: str) -> Callable[[int, BaseHTTPRequestHandler], None]:
    def answer(_: int, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()

    return answer


def first(number: int, then: Callable[..., None]) -> Callable[[int, BaseHTTPRequestHandler], None]:
    """So many requests are answered in one way, all others well."""

    def answer(count: int, handler: BaseHTTPRequestHandler) -> None:
        (then if count < number else WELL)(count, handler)

    return answer


def silent(_: int, handler: BaseHTTPRequestHandler) -> None:
    """Until the other side gives up."""
    handler.connection.settimeout(PATIENCE)
    handler.rfile.read(1)


def dripping(_: int, handler: BaseHTTPRequestHandler) -> None:
    """A byte of an endless header now and then."""
    for _ in range(int(PATIENCE * 20)):
        handler.wfile.write(b"H")
        time.sleep(0.05)


def endless(_: int, handler: BaseHTTPRequestHandler) -> None:
    """10 MB."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(10_000_000))
    handler.end_headers()
    handler.wfile.write(b"x" * 10_000_000)


WELL = answered(204)


@contextmanager
def receiving(answer: Callable[[int, BaseHTTPRequestHandler], None] = WELL) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # whoever sent it was killed on the way
                self.close_connection = True
                return
            with receiver.changed:
                number = len(receiver.received)
                receiver.received.append(Received({k.lower(): v for k, v in self.headers.items()}, body))
                receiver.changed.notify_all()
            try:
                receiver.answer(number, self)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook", answer)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
