"""Tokens: what an issuer signed about somebody, verified and read as a principal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import jwt

from okr_api.access.key_sets import KeySet, VerifyingKey
from okr_api.access.policy import ActorKind, Principal, Role

REQUIRED = ["exp", "iat", "sub", "iss", "aud"]
LEEWAY = 30
"""Seconds that the clocks of the issuer and of this machine may differ."""
LONGEST = 200
OWN_ROLES: Mapping[str, Role] = {role.value: role for role in Role}


@dataclass(frozen=True)
class Issuer:
    """Whose tokens are believed, and which of their claims say what.

    `roles`: what each value of the roles claim means here; other values mean nothing.
    """

    name: str
    audience: str
    keys: KeySet
    roles: Mapping[str, Role]
    roles_claim: str = "roles"
    subject_claim: str = "sub"

    def principal(self, token: str, key: VerifyingKey) -> Principal:
        """Of a token that this key signed. Raises jwt.PyJWTError or ValueError."""
        claims = jwt.decode(
            token,
            key.key,
            algorithms=sorted(key.algorithms),
            audience=self.audience,
            issuer=self.name,
            leeway=LEEWAY,
            options={"require": REQUIRED},
        )
        return self._principal(claims)

    def _principal(self, claims: Mapping[str, Any]) -> Principal:
        sub, said = _text(claims["sub"]), _texts(_claim(claims, self.roles_claim))
        if sub is None:
            raise jwt.InvalidTokenError("sub is no name")
        return Principal(
            id=principal_id(self.name, sub),
            kind=ActorKind.PERSON,
            name=_text(claims.get("name")),
            roles=frozenset(self.roles[value] for value in said if value in self.roles),
            subject=_text(_claim(claims, self.subject_claim)),
            expires_at=_moment(claims["exp"]),
        )


def principal_id(issuer: str, sub: str) -> UUID:
    """The same for ever: it stands in every event that the principal causes."""
    return uuid5(uuid5(NAMESPACE_URL, issuer), sub)


def claimed(token: str) -> tuple[str, str]:
    """Which issuer and which key of theirs a token says it is from; nothing proves it yet. Raises jwt.PyJWTError."""
    parts = jwt.decode_complete(token, options={"verify_signature": False})
    issuer, kid = parts["payload"].get("iss"), parts["header"].get("kid")
    if not isinstance(issuer, str) or not isinstance(kid, str):
        raise jwt.InvalidTokenError("issuer and key are not named")
    return issuer, kid


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """By its name, which may hold dots, else by a path such as realm_access.roles."""
    if name in claims:
        return claims[name]
    first, _, rest = name.partition(".")
    inner = claims.get(first)
    return _claim(inner, rest) if rest and isinstance(inner, dict) else None


def _texts(said: Any) -> list[str]:
    """A list, or words in one text."""
    if isinstance(said, str):
        return said.split()
    return [value for value in said if isinstance(value, str)] if isinstance(said, list) else []


def _text(said: Any) -> str | None:
    fits = isinstance(said, str) and 0 < len(said) <= LONGEST and said.isprintable()
    return said if fits else None


def _moment(seconds: Any) -> datetime:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, OSError):
        # A year that no calendar has.
        return datetime.max.replace(tzinfo=UTC)
