"""API keys: whoever presents one that lives is its principal, and anything else is nobody."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from okr_api.access.api_keys import ApiKey, new_api_key, principal_of
from okr_api.access.authentication import Authenticator, Unauthenticated
from okr_api.access.policy import ActorKind, Principal, Role, Scope

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CI = Principal(UUID(int=7), ActorKind.INTEGRATION, "CI", frozenset({Role.INTEGRATION}), scope=Scope())
ID, TEXT, HASH = new_api_key()


def kept(expires_at: datetime | None = None) -> Mapping[str, ApiKey]:
    return {ID: ApiKey(ID, HASH, expires_at, CI)}


def test_a_key_is_its_principal() -> None:
    assert principal_of(TEXT, kept().get, NOW) == CI
    assert principal_of(TEXT, kept(NOW + timedelta(seconds=1)).get, NOW) == CI


def test_an_expired_key_is_nobody() -> None:
    assert principal_of(TEXT, kept(NOW).get, NOW) is None


def test_a_revoked_key_which_is_not_found_any_more_is_nobody() -> None:
    assert principal_of(TEXT, {}.get, NOW) is None


WRONG = {
    "another secret": f"okr_{ID}_{new_api_key()[1][-43:]}",
    "no secret": f"okr_{ID}_",
    "the id alone": f"okr_{ID}",
    "cut short": TEXT[:-1],
    "too long": f"{TEXT}x",
    "a line": f"{TEXT}\n",
    "a blank before": f" {TEXT}",
    "another prefix": TEXT.replace("okr_", "OKR_"),
    "its hash": HASH.hex(),
    "nothing": "",
}


@pytest.mark.parametrize("presented", WRONG.values(), ids=WRONG)
def test_anything_but_the_whole_key_is_nobody(presented: str) -> None:
    assert principal_of(presented, kept().get, NOW) is None


def test_keys_are_long_differ_and_show_their_id() -> None:
    made = [new_api_key() for _ in range(100)]
    assert len({key_id for key_id, _, _ in made}) == len({text for _, text, _ in made}) == 100
    assert all(
        text.startswith(f"okr_{key_id}_") and len(text) == 56 and len(hash_) == 32 for key_id, text, hash_ in made
    )


async def test_a_key_is_presented_as_a_bearer_token() -> None:
    known, unknown = Authenticator([], kept().get), Authenticator([])
    assert await known.principal([f"Bearer {TEXT}"]) == CI
    with pytest.raises(Unauthenticated):
        await unknown.principal([f"Bearer {TEXT}"])
