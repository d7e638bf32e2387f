"""Heads: what of an HTTP request is not its body, refused before it fills the memory."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BYTES = 64 * 1024
"""Of the request line with all headers: the largest token fits, and a long query that is sent with GET."""
TOLD = (
    b'{"errors":[{"message":"The request line and headers are too long: send a query with POST.",'
    b'"extensions":{"code":"HEADERS_TOO_LARGE"}}]}'
)
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(TOLD), TOLD)
)


class TooLarge(Exception):
    """A head that is read no further."""


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol, whose parser gathers lines of a head, and those after a body, without limit."""

    _size = 0
    """Of the lines of this request that are complete."""
    _untold = 0
    """What came since the parser told of anything: a line without an end."""
    _parts = 0
    """How often the parser told of something."""

    def data_received(self, data: bytes) -> None:
        parts = self._parts
        super().data_received(data)
        self._untold = self._untold + len(data) if self._parts == parts else 0
        if self._untold > MOST_BYTES and not self.transport.is_closing():
            self.send_400_response("")

    def on_message_begin(self) -> None:
        self._size = 0
        self._parts += 1
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._grow(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._grow(len(name) + len(value))
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._parts += 1
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """What uvicorn says of what it cannot read."""
        if max(self._size, self._untold) <= MOST_BYTES:
            super().send_400_response(msg)
            return
        self.transport.write(TOO_LARGE)
        self.transport.close()

    def _grow(self, size: int) -> None:
        """Raises TooLarge, which ends the parser."""
        self._parts += 1
        self._size += size
        if self._size > MOST_BYTES:
            raise TooLarge
