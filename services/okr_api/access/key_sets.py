"""Key sets: the public keys of a token issuer, fetched when needed and kept while the issuer is away."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

log = logging.getLogger(__name__)

PATIENCE = 3.0
PAUSE = 10.0
"""Seconds between fetches that strangers can cause with key ids of their own making."""
FRESH = 300.0
"""Seconds after which a key set is fetched again, so that a key that its issuer withdrew ends here too."""
LARGEST = 256 * 1024
WEAKEST_RSA = 2048
RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


@dataclass(frozen=True)
class VerifyingKey:
    """A public key and the algorithms that it verifies, whatever a token claims to be signed with."""

    key: Any
    algorithms: frozenset[str]


Keys = Mapping[str, VerifyingKey]


class KeySet(Protocol):
    async def key(self, kid: str) -> VerifyingKey | None: ...


class FetchedKeys:
    """The keys at a URL. A key id that is not known is looked for there, at most every PAUSE seconds."""

    def __init__(self, fetch: Callable[[], bytes], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: Keys = {}
        self._fresh_until: float | None = None
        self._not_before = clock()
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> VerifyingKey | None:
        if kid in self._keys:
            # Whoever has a known key does not wait for an issuer that may be away.
            if self._fresh_until is not None and self._clock() >= self._fresh_until:
                self._refresh()
        elif fetching := self._refresh():
            # Shielded: others wait for the same one.
            await asyncio.shield(fetching)
        return self._keys.get(kid)

    def _refresh(self) -> asyncio.Task[None] | None:
        """The fetch that runs or can begin now; None where it is too early for another."""
        if self._fetching is None and self._clock() >= self._not_before:
            self._fetching = asyncio.create_task(self._load())
        return self._fetching

    async def _load(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                keys = read_keys(await asyncio.to_thread(self._fetch))
            # The first set is nobody's doing: it leaves the next fetch free.
            self._not_before = self._clock() + (0 if self._fresh_until is None else PAUSE)
            self._keys, self._fresh_until = keys, self._clock() + FRESH
        except Exception as error:
            self._not_before = self._clock() + PAUSE
            log.warning("the token issuer's keys were not read, those known stay: %s %s", type(error).__name__, error)
        finally:
            self._fetching = None


def read_keys(text: bytes) -> Keys:
    """Those of a JSON Web Key Set that verify signatures; others are left out. Raises ValueError."""
    found = json.loads(text)
    if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
        raise ValueError("not a key set")
    keys = {jwk["kid"]: _verifying(jwk) for jwk in found["keys"] if isinstance(jwk, dict) and "kid" in jwk}
    return {str(kid): key for kid, key in keys.items() if key is not None}


def _verifying(jwk: dict[str, Any]) -> VerifyingKey | None:
    if jwk.get("use", "sig") != "sig":
        return None
    try:
        key = PyJWK(jwk).key
    except PyJWTError:
        return None
    algorithms = _algorithms(key)
    named = algorithms & {jwk["alg"]} if "alg" in jwk else algorithms
    return VerifyingKey(key, named) if named else None


def _algorithms(key: Any) -> frozenset[str]:
    match key:
        case RSAPublicKey() if key.key_size >= WEAKEST_RSA:
            return RSA
        case EllipticCurvePublicKey() if key.curve.name in CURVES:
            return frozenset({CURVES[key.curve.name]})
        case Ed25519PublicKey():
            return frozenset({"EdDSA"})
    # Symmetric and private keys have no place in a public set.
    return frozenset()


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> Request | None:
        """None: a key set stands where it is said to stand, and a redirect could leave https."""
        return None


def fetched(url: str) -> bytes:
    """What stands at the URL, which is asked with the proxy and the certificates of the environment."""
    request = Request(url, headers={"Accept": "application/json"})
    with build_opener(_Stay).open(request, timeout=PATIENCE) as answer:
        text: bytes = answer.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise ValueError("too large")
    return text
