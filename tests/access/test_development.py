"""Development tokens: anybody one wants to be, for the database whose key signed them."""

from datetime import timedelta

import pytest

from okr_api.access.authentication import Authenticator, Unauthenticated
from okr_api.access.development import DevelopmentIssuer, new_key, new_token
from okr_api.access.policy import ActorKind, Principal, Role, Scope

HOUR = timedelta(hours=1)
KEY = new_key()


async def principal(token: str, key: bytes = KEY) -> Principal:
    return await Authenticator([DevelopmentIssuer(key)]).principal([f"Bearer {token}"])


async def test_a_token_says_role_login_and_name() -> None:
    ana = await principal(new_token(KEY, Role.MEMBER, HOUR, "ana@example.org", "Ana"))
    assert (ana.kind, ana.name, ana.roles, ana.subject) == (ActorKind.PERSON, "Ana", {Role.MEMBER}, "ana@example.org")
    assert ana.scope is None
    assert ana.expires_at is not None


async def test_who_has_a_login_is_the_same_in_every_role_and_never_whoever_has_none() -> None:
    one, again = new_token(KEY, Role.MEMBER, HOUR, "admin"), new_token(KEY, Role.AUDITOR, HOUR, "admin")
    assert (await principal(one)).id == (await principal(again)).id
    assert (await principal(one)).id != (await principal(new_token(KEY, Role.ADMIN, HOUR))).id


async def test_an_integration_may_be_for_anything() -> None:
    found = await principal(new_token(KEY, Role.INTEGRATION, HOUR))
    assert (found.kind, found.scope) == (ActorKind.INTEGRATION, Scope())


async def test_tokens_of_another_database_and_of_yesterday_are_nobody_s() -> None:
    for token in (new_token(new_key(), Role.ADMIN, HOUR), new_token(KEY, Role.ADMIN, -HOUR)):
        with pytest.raises(Unauthenticated):
            await principal(token)
