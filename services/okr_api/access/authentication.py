"""Authentication: from what a request sends along to the principal that it proves."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import jwt

from okr_api.access import api_keys
from okr_api.access.api_keys import Find
from okr_api.access.policy import Principal
from okr_api.access.tokens import Issuer, claimed

BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/-]+=*)", re.ASCII | re.IGNORECASE)
LONGEST = 8192


class Unauthenticated(Exception):
    """Nobody is proven. Why is never told: it would help only those who forge."""


class Authenticator:
    """Believes the issuers that it is given, each for its own tokens, and the API keys that are found."""

    def __init__(self, issuers: Iterable[Issuer], find: Find = lambda _: None) -> None:
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._find = find

    async def principal(self, authorization: Sequence[str]) -> Principal:
        """Whose request it is, by its Authorization headers, of which there is exactly one. Raises Unauthenticated."""
        match = BEARER.fullmatch(authorization[0]) if len(authorization) == 1 else None
        if match is None or len(match[1]) > LONGEST:
            raise Unauthenticated
        principal = await self._by_token(match[1]) if "." in match[1] else self._by_key(match[1])
        if principal is None:
            raise Unauthenticated
        return principal

    def _by_key(self, presented: str) -> Principal | None:
        return api_keys.principal_of(presented, self._find, datetime.now(UTC))

    async def _by_token(self, token: str) -> Principal | None:
        try:
            name, kid = claimed(token)
            issuer = self._issuers.get(name)
            return None if issuer is None else await issuer.principal(token, kid)
        # What a stranger writes into a token breaks its reading in more ways than the library has errors for.
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
            return None
