"""Integrations and their keys in a snapshot: what somebody who signs in with a key may do."""

from datetime import timedelta
from uuid import UUID

from examples import IN_A_YEAR, NOW, api_key
from okr_api.access.api_keys import new_api_key, principal_of
from okr_api.access.policy import ActorKind, Principal, Role, Scope
from okr_api.commands.integrations import CreateIntegration, EditIntegration, IssueApiKey, RevokeApiKey
from okr_api.snapshot.api_keys import find_api_key
from okr_api.snapshot.loading import load_as_of
from okr_api.snapshot.snapshot import Snapshot
from snapshot.conftest import Organisation


def signed_in(snapshot: Snapshot, presented: str, seconds: int = 0) -> Principal | None:
    return principal_of(presented, lambda key_id: find_api_key(snapshot, key_id), NOW + timedelta(seconds=seconds))


async def created(o: Organisation, **scope: tuple[UUID, ...]) -> tuple[UUID, str]:
    """An integration and its key."""
    key_id, text, digest = new_api_key()
    key = api_key(key_id, digest.hex())
    return await o.given(CreateIntegration(name="CRM", key=key, expires_at=IN_A_YEAR, **scope)), text


async def test_a_key_stands_for_its_integration_and_nothing_else_does(organisation: Organisation) -> None:
    o = organisation
    crm, key = await created(o, cycle_ids=(o.q1,), owner_ids=(o.vp, o.ana))
    snapshot = await o.read()
    scope = Scope(frozenset({o.q1}), frozenset({o.vp, o.ana}))
    roles = frozenset({Role.INTEGRATION})
    expected = Principal(crm, ActorKind.INTEGRATION, "CRM", roles, scope=scope, expires_at=IN_A_YEAR)
    assert signed_in(snapshot, key) == expected
    assert signed_in(snapshot, key[:-1] + ("a" if key[-1] != "a" else "b")) is None
    assert signed_in(snapshot, new_api_key()[1]) is None
    assert signed_in(snapshot, key, seconds=365 * 24 * 3600) is None


async def test_a_key_is_for_what_its_integration_is_for_now(organisation: Organisation) -> None:
    o = organisation
    crm, key = await created(o, cycle_ids=(o.q1,))
    await o.read()
    await o.given(EditIntegration(id=crm, name="Sales", cycle_ids=None))
    principal = signed_in(await o.read(), key)
    assert principal
    assert (principal.id, principal.name, principal.scope) == (crm, "Sales", Scope())


async def test_keys_take_each_others_place_and_the_principal_stays(organisation: Organisation) -> None:
    o = organisation
    crm, first = await created(o)
    before = await o.read()
    key_id, second, digest = new_api_key()
    await o.given(IssueApiKey(id=crm, key=api_key(key_id, digest.hex()), expires_at=IN_A_YEAR))
    both = await o.read()
    assert [principal and principal.id for principal in (signed_in(both, first), signed_in(both, second))] == [crm, crm]
    assert both.api_keys_of[crm] == (first.split("_")[1], key_id)
    await o.given(RevokeApiKey(id=crm, key_id=first.split("_")[1]))
    for snapshot in (await o.read(), await o.read_afresh()):
        assert signed_in(snapshot, first) is None
        assert signed_in(snapshot, second)
        assert [snapshot.api_keys[i].live(NOW) for i in snapshot.api_keys_of[crm]] == [False, True]
        assert snapshot.integrations[crm].version == 4
    then = await load_as_of(o.reading, before.position)
    assert dict(then.api_keys) == dict(before.api_keys)
    assert dict(then.integrations) == dict(before.integrations)
