"""A lean HTTP client, the same for every contender: prepared bytes out, whole answers in, nothing parsed on the way."""

import json
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

ROOM = 1 << 16
END_OF_HEAD = b"\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
PATIENCE = 300.0


def request(query: str, variables: dict[str, Any] | None = None, token: str | None = None) -> bytes:
    """A GraphQL request as it goes over the wire."""
    body = json.dumps({"query": query, "variables": variables or {}}).encode()
    head = [
        "POST /graphql HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        "Accept: application/json",
        f"Content-Length: {len(body)}",
        *([f"Authorization: Bearer {token}"] if token else []),
    ]
    return "\r\n".join(head).encode() + END_OF_HEAD + body


class Connection:
    """One connection that stays open."""

    def __init__(self, port: int) -> None:
        self._buffer = bytearray(ROOM)
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held, self._head = 0, 0
        self._whole: int | None = None

    def ask(self, wanted: bytes) -> None:
        self.send(wanted)
        while not self.receive():
            pass

    def send(self, wanted: bytes) -> None:
        self._held, self._head, self._whole = 0, 0, None
        self.socket.sendall(wanted)

    def receive(self) -> bool:
        """Take what is there; whether the answer is whole."""
        if self._held == len(self._buffer):
            self._buffer += bytes(len(self._buffer))
        taken = self.socket.recv_into(memoryview(self._buffer)[self._held :])
        if not taken:
            raise EOFError("the connection was closed")
        self._held += taken
        if not self._head:
            self._read_head()
        if self._whole is not None:
            return self._held >= self._whole
        return bool(self._head) and self._buffer.endswith(LAST_CHUNK, 0, self._held)

    def _read_head(self) -> None:
        end = self._buffer.find(END_OF_HEAD, 0, self._held)
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(bytes(self._buffer[: self._held]).decode(errors="replace")[:2000])
        self._head = end + len(END_OF_HEAD)
        _, known, length = head.partition(b"content-length:")
        if known:
            self._whole = self._head + int(length.split(b"\r\n", 1)[0])
            if self._whole > len(self._buffer):
                self._buffer += bytes(self._whole - len(self._buffer))

    @property
    def body(self) -> bytes:
        """Of the answer that is whole."""
        taken = bytes(self._buffer[self._head : self._held])
        return taken if self._whole is not None else b"".join(_unchunked(taken))


def _unchunked(body: bytes) -> Iterator[bytes]:
    at = 0
    while True:
        end = body.index(b"\r\n", at)
        size = int(body[at:end].split(b";")[0], 16)
        if not size:
            return
        yield body[end + 2 : end + 2 + size]
        at = end + 4 + size


def answer(port: int, wanted: bytes) -> Any:
    """The data of one answer, parsed."""
    connection = Connection(port)
    connection.ask(wanted)
    connection.socket.close()
    found = json.loads(connection.body)
    if "errors" in found:
        raise RuntimeError(json.dumps(found["errors"])[:2000])
    return found["data"]


def one_after_another(port: int, wanted: Sequence[bytes], seconds: float, least: int = 2) -> list[float]:
    """Seconds that each answer took on one connection."""
    connection, asked = Connection(port), cycle(wanted)
    connection.ask(next(asked))
    times: list[float] = []
    until = time.perf_counter() + seconds
    while len(times) < least or time.perf_counter() < until:
        question, begun = next(asked), time.perf_counter()
        connection.ask(question)
        times.append(time.perf_counter() - begun)
    connection.socket.close()
    return times


def side_by_side(port: int, wanted: Sequence[bytes], connections: int, seconds: float) -> float:
    """Answers per second on many connections, each of which asks again as soon as it is answered."""
    asked, answered = cycle(wanted), 0
    with selectors.DefaultSelector() as ready:
        opened = [Connection(port) for _ in range(connections)]
        begun = time.perf_counter()
        for connection in opened:
            ready.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(next(asked))
        waiting = connections
        while waiting:
            for key, _ in ready.select(PATIENCE):
                if key.data.receive():
                    answered += 1
                    if time.perf_counter() - begun < seconds:
                        key.data.send(next(asked))
                    else:
                        waiting -= 1
        taken = time.perf_counter() - begun
    for connection in opened:
        connection.socket.close()
    return answered / taken
