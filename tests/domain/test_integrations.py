"""Integrations: other systems with a name, a scope and keys that take each other's place."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from examples import IN_A_YEAR, NOW, Company, api_key
from okr_api.access.policy import ActorKind, Principal, Role
from okr_api.application import Caller
from okr_api.commands.decision import Command
from okr_api.commands.integrations import CreateIntegration, EditIntegration, IssueApiKey, RevokeApiKey
from okr_api.domain.errors import Refused
from okr_api.domain.events import (
    ApiKeyIssued,
    ApiKeyRevoked,
    IntegrationCreated,
    IntegrationRenamed,
    IntegrationRescoped,
)

SECOND = timedelta(seconds=1)


def create(**given: object) -> CreateIntegration:
    return CreateIntegration(**{"name": "CRM", "key": api_key(), "expires_at": IN_A_YEAR} | given)  # type: ignore[arg-type]


def issue(integration: UUID, key_id: str, **given: object) -> IssueApiKey:
    return IssueApiKey(**{"id": integration, "key": api_key(key_id), "expires_at": IN_A_YEAR} | given)  # type: ignore[arg-type]


async def test_an_integration_begins_with_a_key(company: Company) -> None:
    await company.when(create(cycle_ids=(company.q1,), owner_ids=(company.vp,)))
    company.then(
        (IntegrationCreated, {"name": "CRM", "cycle_ids": (company.q1,), "owner_ids": (company.vp,)}),
        (ApiKeyIssued, {"key_id": "AAAAAAAA", "digest": "00" * 32, "expires_at": IN_A_YEAR}),
    )


async def test_an_integration_without_a_scope_is_for_everything(company: Company) -> None:
    await company.when(create())
    company.then((IntegrationCreated, {"cycle_ids": None, "owner_ids": None}), (ApiKeyIssued, {}))


async def test_everything_wrong_with_an_integration_is_told_at_once(company: Company) -> None:
    await company.when(create(name=" ", cycle_ids=(company.q1, uuid4()), owner_ids=(company.q1,)))
    company.refused("NOT_FOUND cycleIds.1", "NOT_FOUND ownerIds.0", "TEXT_EMPTY name")
    await company.when(create(name="n" * 501, cycle_ids=(), owner_ids=tuple(uuid4() for _ in range(101))))
    company.refused("TOO_FEW_ITEMS cycleIds", "TOO_MANY_ITEMS ownerIds", "TEXT_TOO_LONG name")


@pytest.mark.parametrize("expires_at", [NOW - SECOND, NOW, NOW + timedelta(days=400) + SECOND])
async def test_a_key_ends_and_not_in_more_than_400_days(company: Company, expires_at: object) -> None:
    await company.when(create(expires_at=expires_at))
    company.refused("OUT_OF_RANGE expiresAt")
    integration = await company.integration()
    await company.when(issue(integration, "BBBBBBBB", expires_at=expires_at))
    company.refused("OUT_OF_RANGE expiresAt")


async def test_each_field_of_an_integration_is_edited_kept_or_opened(company: Company) -> None:
    crm = await company.integration(cycle_ids=(company.q1,))
    await company.when(EditIntegration(id=crm, name="CRM", cycle_ids=(company.q1, company.q1)))
    company.unchanged()
    await company.when(EditIntegration(id=crm, name="Sales", owner_ids=(company.vp,)))
    rescoped = {"cycle_ids": (company.q1,), "owner_ids": (company.vp,)}
    company.then((IntegrationRenamed, {"name": "Sales"}), (IntegrationRescoped, rescoped))
    await company.when(EditIntegration(id=crm, cycle_ids=None))
    company.then((IntegrationRescoped, {"cycle_ids": None, "owner_ids": (company.vp,)}))
    await company.when(EditIntegration(id=crm, name="", cycle_ids=(), owner_ids=(uuid4(),)))
    company.refused("TOO_FEW_ITEMS cycleIds", "NOT_FOUND ownerIds.0", "TEXT_EMPTY name")


async def test_a_second_key_takes_the_place_of_the_first_and_there_is_no_third(company: Company) -> None:
    crm = await company.integration()
    await company.when(issue(crm, "BBBBBBBB"))
    company.then((ApiKeyIssued, {"key_id": "BBBBBBBB"}))
    await company.when(issue(crm, "CCCCCCCC"))
    company.refused("TOO_MANY_API_KEYS id")
    assert company.problems[0].params == {"most": 2}
    await company.when(RevokeApiKey(id=crm, key_id="AAAAAAAA"))
    company.then((ApiKeyRevoked, {"key_id": "AAAAAAAA"}))
    await company.when(issue(crm, "CCCCCCCC"))
    company.then((ApiKeyIssued, {"key_id": "CCCCCCCC"}))


async def test_a_key_that_expired_makes_room(company: Company) -> None:
    crm = await company.integration()
    await company.given(issue(crm, "BBBBBBBB", expires_at=NOW + SECOND))
    await company.when(issue(crm, "CCCCCCCC", key=api_key("CCCCCCCC", made_at=NOW + SECOND)))
    company.then((ApiKeyIssued, {"key_id": "CCCCCCCC"}))


async def test_a_key_is_revoked_for_ever(company: Company) -> None:
    crm, other = await company.integration(), await company.integration(key_id="BBBBBBBB")
    await company.given(RevokeApiKey(id=crm, key_id="AAAAAAAA"))
    await company.when(RevokeApiKey(id=crm, key_id="AAAAAAAA"))
    company.unchanged()
    await company.when(RevokeApiKey(id=crm, key_id="BBBBBBBB"))
    company.refused("NOT_FOUND keyId")
    await company.when(RevokeApiKey(id=uuid4(), key_id="BBBBBBBB"))
    company.refused("NOT_FOUND id")
    assert company.state(other).keys == {"BBBBBBBB": IN_A_YEAR}


async def test_who_read_another_version_is_told(company: Company) -> None:
    crm = await company.integration()
    for command in (
        EditIntegration(id=crm, name="Sales", expected_version=1),
        issue(crm, "BBBBBBBB", expected_version=1),
        RevokeApiKey(id=crm, key_id="AAAAAAAA", expected_version=1),
    ):
        await company.when(command)
        company.refused("VERSION_CONFLICT expectedVersion")


async def test_a_retry_with_another_key_is_the_same_command(company: Company) -> None:
    await company.when(create(), key="once")
    done = await company.when(create(key=api_key("BBBBBBBB", "11" * 32, NOW + SECOND)), key="once")
    assert done
    assert done.duplicate
    company.unchanged()
    assert set(done.result) == {"integration"}
    await company.when(create(name="HR"), key="once")
    company.refused("IDEMPOTENCY_MISMATCH idempotencyKey")


@pytest.mark.parametrize("role", [Role.MEMBER, Role.AUDITOR, Role.INTEGRATION])
async def test_only_administrators_see_to_integrations(company: Company, role: Role) -> None:
    crm = await company.integration()
    principal = Principal(uuid4(), ActorKind.PERSON, "Bob", frozenset({role}))
    commands: list[Command] = [
        create(),
        EditIntegration(id=crm),
        EditIntegration(id=crm, name="Sales"),
        issue(crm, "BBBBBBBB"),
        RevokeApiKey(id=crm, key_id="AAAAAAAA"),
    ]
    for command in commands:
        with pytest.raises(Refused, match="FORBIDDEN"):
            await company.application.execute(command, Caller(principal))
