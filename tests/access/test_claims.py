"""Claims: what an issuer says of somebody, in the words that the settings tell."""

from datetime import timedelta
from typing import Any

import pytest

from hostile.issuer import AUDIENCE, NAME, claims
from hostile.issuer import Issuer as Signing
from okr_api.access.key_sets import VerifyingKey, read_keys
from okr_api.access.policy import Principal, Role
from okr_api.access.tokens import OWN_ROLES, Issuer, principal_id

SIGNING = Signing()
KEYS = read_keys(SIGNING.jwks())


class Known:
    async def key(self, kid: str) -> VerifyingKey | None:
        return KEYS.get(kid)


async def read(roles_claim: str = "roles", subject_claim: str = "sub", **given: Any) -> Principal:
    issuer = Issuer(NAME, AUDIENCE, Known(), OWN_ROLES, roles_claim, subject_claim)
    key = await issuer.keys.key("rsa")
    assert key
    return issuer.principal(SIGNING.token(**given), key)


@pytest.mark.parametrize(
    ("claim", "given"),
    [
        ("roles", {"roles": ["admin", "member", "x"]}),
        ("roles", {"roles": "member x admin"}),
        ("realm_access.roles", {"realm_access": {"roles": ["member", "admin"]}}),
        ("https://okr.example/roles", {"https://okr.example/roles": ["member", "admin"]}),
    ],
)
async def test_roles_are_a_list_or_words_by_name_or_by_path(claim: str, given: dict[str, Any]) -> None:
    assert (await read(claim, **given)).roles == {Role.ADMIN, Role.MEMBER}


async def test_the_login_is_in_the_claim_that_is_said_and_the_id_follows_sub_alone() -> None:
    ana = await read(subject_claim="email", email="ana@example.org", sub="00u1")
    assert (ana.subject, ana.id) == ("ana@example.org", principal_id(NAME, "00u1"))
    assert (await read(subject_claim="email", sub="00u1")).subject is None
    assert principal_id(NAME, "a") != principal_id(f"{NAME}a", "")


async def test_it_ends_when_the_token_does() -> None:
    given = claims()
    ana = await read(**given)
    assert ana.expires_at is not None
    assert ana.expires_at.timestamp() == given["exp"]
    assert (await read(exp=10**30)).expires_at > ana.expires_at + timedelta(days=365)


@pytest.mark.parametrize("name", [5, "", "a\0b", "a\nb", "\ud800", "x" * 201, ["Ana"]])
async def test_a_name_that_no_text_can_hold_is_none(name: Any) -> None:
    assert (await read(name=name)).name is None
