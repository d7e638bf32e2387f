"""Development tokens: anybody one wants to be, signed with a key of one's own database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from okr_api.access.key_sets import VerifyingKey
from okr_api.access.policy import ActorKind, Principal, Role, Scope
from okr_api.access.tokens import OWN_ROLES, Issuer

NAME = "urn:okr:dev"
AUDIENCE = "okr"
KID = "development"
KEY_NAME = "development_tokens"
"""Under which the private key is kept."""
ALGORITHM = "ES256"
ANYBODY = "Development"


def new_key() -> bytes:
    """A private key, as it is kept."""
    return generate_private_key(SECP256R1()).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def new_token(key: bytes, role: Role, lasts: timedelta, login: str | None = None, name: str | None = None) -> str:
    """A token for whoever has the login, else for nobody in particular with that role."""
    now = datetime.now(UTC)
    claims = {
        "iss": NAME,
        "aud": AUDIENCE,
        # A login may be called like a role.
        "sub": f"role:{role}" if login is None else f"login:{login}",
        "iat": now,
        "exp": now + lasts,
        "roles": [role.value],
        "name": name or login or ANYBODY,
        **({} if login is None else {"login": login}),
    }
    return jwt.encode(claims, _private(key), ALGORITHM, headers={"kid": KID})


class DevelopmentIssuer(Issuer):
    """Believes the tokens of one key, an integration's among them."""

    def __init__(self, key: bytes) -> None:
        super().__init__(NAME, AUDIENCE, _OneKey(key), OWN_ROLES, subject_claim="login")

    def principal(self, token: str, key: VerifyingKey) -> Principal:
        principal = super().principal(token, key)
        if Role.INTEGRATION in principal.roles:
            return replace(principal, kind=ActorKind.INTEGRATION, scope=Scope())
        return principal


class _OneKey:
    def __init__(self, key: bytes) -> None:
        self._key = VerifyingKey(_private(key).public_key(), frozenset({ALGORITHM}))

    async def key(self, kid: str) -> VerifyingKey | None:
        return self._key if kid == KID else None


def _private(key: bytes) -> EllipticCurvePrivateKey:
    return cast(EllipticCurvePrivateKey, load_der_private_key(key, None))
