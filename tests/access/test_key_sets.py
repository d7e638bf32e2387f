"""Key sets: fetched when there is reason to, at most so often, and kept while their issuer is away."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from hostile.issuer import Issuer
from okr_api.access.key_sets import FRESH, LARGEST, PAUSE, FetchedKeys, fetched, read_keys

ISSUER = Issuer()


class Source:
    """A key set whose issuer can be away, and a clock that can be set."""

    def __init__(self) -> None:
        self.fetches = 0
        self.now = 1000.0
        self.text: bytes | None = ISSUER.jwks()
        self.keys = FetchedKeys(self.fetch, lambda: self.now)

    def fetch(self) -> bytes:
        self.fetches += 1
        if self.text is None:
            raise OSError("away")
        return self.text

    async def knows(self, kid: str) -> bool:
        return await self.keys.key(kid) is not None


async def settled() -> None:
    """Once what a known key began behind its back has ended."""
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})


async def test_any_number_of_callers_share_one_fetch() -> None:
    source = Source()
    assert all(await asyncio.gather(*(source.knows("rsa") for _ in range(50))))
    assert source.fetches == 1


async def test_unknown_keys_cause_one_fetch_in_a_while() -> None:
    source = Source()
    await source.knows("rsa")
    assert not any([await source.knows(f"unknown {number}") for number in range(20)])
    assert source.fetches == 2
    source.now += PAUSE
    assert not await source.knows("unknown")
    assert source.fetches == 3


async def test_known_keys_stay_while_the_issuer_is_away_and_it_is_not_asked_all_the_time() -> None:
    source = Source()
    await source.knows("rsa")
    source.text = None
    source.now += FRESH
    assert await source.knows("rsa")
    await settled()
    assert all([await source.knows("rsa") for _ in range(20)])
    assert source.fetches == 2


async def test_a_key_that_its_issuer_withdrew_ends_soon() -> None:
    source = Source()
    await source.knows("rsa")
    source.text = b'{"keys": []}'
    source.now += FRESH
    assert await source.knows("rsa")
    await settled()
    assert not await source.knows("rsa")


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"keys": 5}', b"[" * 100_000])
async def test_what_is_no_key_set_changes_nothing(text: bytes) -> None:
    source = Source()
    await source.knows("rsa")
    source.text = text
    assert not await source.knows("unknown")
    assert await source.knows("rsa")


def jwk(**changed: Any) -> dict[str, Any]:
    return {**json.loads(ISSUER.jwks())["keys"][0], **changed}


def test_only_keys_that_verify_signatures_are_read() -> None:
    weak = Issuer()
    weak.keys = {"weak": ("RS256", rsa.generate_private_key(65537, 1024))}
    shared = {"kty": "oct", "kid": "shared", "k": "c2VjcmV0" * 8}
    others = [jwk(kid="enc", use="enc"), shared, jwk(kid="other", kty="X"), jwk(kid="hs", alg="HS256"), 5, {"kid": 5}]
    found = read_keys(json.dumps({"keys": [*others, *json.loads(weak.jwks())["keys"], jwk(alg="RS512")]}).encode())
    assert {kid: sorted(key.algorithms) for kid, key in found.items()} == {"rsa": ["RS512"]}


def test_a_key_set_is_at_most_so_large_and_stands_where_it_is_said_to(
    free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if self.path == "/moved" else 200)
            self.send_header("Location", "/large")
            self.end_headers()
            self.wfile.write(b" " * (LARGEST + 1))

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with HTTPServer(("127.0.0.1", free_port), Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            with pytest.raises(ValueError, match="too large"):
                fetched(f"http://127.0.0.1:{free_port}/large")
            with pytest.raises(OSError, match="302"):
                fetched(f"http://127.0.0.1:{free_port}/moved")
        finally:
            server.shutdown()
            thread.join()
