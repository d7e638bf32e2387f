"""API keys: events in, rows of the facts out."""

from okr_api.domain.events import ApiKeyIssued, ApiKeyRevoked, IntegrationCreated
from read_models.facts import project, ranges, rows
from read_models.history import CRM, START, History, said


async def test_a_key_is_live_until_it_is_revoked(database: str, history: History) -> None:
    issued = {"key_id": "AAAAAAAA", "digest": "00" * 32, "expires_at": START}
    first = history.commit(said(IntegrationCreated, CRM), said(ApiKeyIssued, CRM, **issued))
    second = history.commit(said(ApiKeyIssued, CRM, **issued | {"key_id": "BBBBBBBB"}))
    third = history.commit(said(ApiKeyRevoked, CRM, key_id="AAAAAAAA"))
    await project(database, batch_events=1)
    before, after = await rows(database, "api_keys", key_id="AAAAAAAA")
    assert ranges([before, after]) == [(first, third), (third, None)]
    assert {name: before[name] for name in ("integration_id", "digest", "expires_at", "revoked_at")} == {
        "integration_id": CRM,
        "digest": "00" * 32,
        "expires_at": START,
        "revoked_at": None,
    }
    assert after["revoked_at"] > before["created_at"]
    assert ranges(await rows(database, "api_keys", key_id="BBBBBBBB")) == [(second, None)]
    versions = [row["version"] for row in await rows(database, "integrations")]
    assert versions == [2, 3, 4]
