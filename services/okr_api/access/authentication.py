"""Authentication: from what a request sends along to the principal that it proves."""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import jwt

from okr_api.access import api_keys
from okr_api.access.api_keys import Find
from okr_api.access.key_sets import KeySet, VerifyingKey
from okr_api.access.policy import Principal
from okr_api.access.tokens import Issuer, claimed

BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/-]+=*)", re.ASCII | re.IGNORECASE)
LONGEST = 8192


MOST_REMEMBERED = 10_000
"""Tokens whose signature was looked at already."""


class Unauthenticated(Exception):
    """Nobody is proven. Why is never told: it would help only those who forge."""


@dataclass(frozen=True)
class Proven:
    """Whose token it is, and the key that says so: a signature is looked at once."""

    principal: Principal
    keys: KeySet
    kid: str
    key: VerifyingKey

    async def holds(self) -> bool:
        """Whether the token has not expired and its issuer still has the key."""
        expires = self.principal.expires_at
        return expires is not None and datetime.now(UTC) < expires and await self.keys.key(self.kid) == self.key


class Authenticator:
    """Believes the issuers that it is given, each for its own tokens, and the API keys that are found."""

    def __init__(self, issuers: Iterable[Issuer], find: Find = lambda _: None) -> None:
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._find = find
        self._remembered: OrderedDict[bytes, Proven] = OrderedDict()

    async def principal(self, authorization: Sequence[str]) -> Principal:
        """Whose request it is, by its Authorization headers, of which there is exactly one. Raises Unauthenticated."""
        if len(authorization) != 1:
            raise Unauthenticated
        digest = hashlib.sha256(authorization[0].encode()).digest()
        proven = self._remembered.get(digest)
        if proven is not None and await proven.holds():
            return proven.principal
        self._remembered.pop(digest, None)
        match = BEARER.fullmatch(authorization[0])
        if match is None or len(match[1]) > LONGEST:
            raise Unauthenticated
        principal = await self._by_token(match[1], digest) if "." in match[1] else self._by_key(match[1])
        if principal is None:
            raise Unauthenticated
        return principal

    def _by_key(self, presented: str) -> Principal | None:
        return api_keys.principal_of(presented, self._find, datetime.now(UTC))

    async def _by_token(self, token: str, digest: bytes) -> Principal | None:
        proven = await self._verified(token)
        if proven is None:
            return None
        self._remembered[digest] = proven
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return proven.principal

    async def _verified(self, token: str) -> Proven | None:
        try:
            name, kid = claimed(token)
            issuer = self._issuers.get(name)
            key = None if issuer is None else await issuer.keys.key(kid)
            if issuer is None or key is None:
                return None
            return Proven(issuer.principal(token, key), issuer.keys, kid, key)
        # What a stranger writes into a token breaks its reading in more ways than the library has errors for.
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
            return None
