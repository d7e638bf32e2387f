"""Who may have webhooks, and what those of an integration are told: what it may see, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from api.serving import Api, Company
from webhooks.receiver import receiving
from webhooks.test_telling import checked_in, hooked, shown

IN_A_MONTH = (datetime.now(UTC) + timedelta(days=30)).isoformat()


def integration(company: Company, **scope: object) -> tuple[str, Api]:
    """The id of a new one, and itself."""
    payload = company.api.do(
        "createIntegration", "integration { id } secret", name="CRM", expiresAt=IN_A_MONTH, **scope
    )
    return payload["integration"]["id"], company.api.with_key(payload["secret"])


def test_an_integration_is_told_what_it_may_see_and_nothing_else(company: Company) -> None:
    _, crm = integration(company, cycleIds=[company.cycle])
    elsewhere = Company(company.api)
    hidden = company.objective(visibility="LINE")
    with receiving() as receiver, receiving() as everything:
        hooked(crm, receiver, eventTypes=["CheckInRecorded", "IntegrationCreated", "WebhookCreated"])
        hooked(company.api, everything, eventTypes=["CheckInRecorded"])
        integration(company)
        checked_in(company, hidden["keyResults"][0]["id"], 1)
        checked_in(elsewhere, elsewhere.key_result(), 1)
        last = checked_in(company, company.key_result(), 1)
        told = receiver.wait_for_position(last)
        assert len(everything.wait_for_position(last)) == 3
    assert [message.position for message in told] == [last]


def test_what_is_hidden_later_is_told_no_longer(company: Company) -> None:
    _, crm = integration(company)
    open_one, other = company.objective(), company.objective()
    with receiving() as receiver:
        hooked(crm, receiver, eventTypes=["CheckInRecorded"])
        first = checked_in(company, open_one["keyResults"][0]["id"], 1)
        receiver.wait_for_position(first)
        company.api.made("editObjective", "objective", id=open_one["id"], visibility="LINE")
        checked_in(company, open_one["keyResults"][0]["id"], 2)
        last = checked_in(company, other["keyResults"][0]["id"], 3)
        told = receiver.wait_for_position(last)
    assert [message.position for message in told] == [first, last]


def test_an_integration_without_a_good_key_is_told_nothing(company: Company) -> None:
    crm_id, crm = integration(company)
    kr = company.key_result()
    with receiving() as receiver, receiving() as other:
        hooked(crm, receiver, eventTypes=["CheckInRecorded"])
        hooked(company.api, other, eventTypes=["CheckInRecorded"])
        first = checked_in(company, kr, 1)
        receiver.wait_for_position(first)
        (key,) = shown_keys(company.api, crm_id)
        company.api.made("revokeApiKey", "integration", id=crm_id, keyId=key)
        last = checked_in(company, kr, 2)
        other.wait_for_position(last)
        assert [message.position for message in receiver.received] == [first]


def shown_keys(api: Api, integration_id: str) -> list[str]:
    query = "query($id: ID!) { node(id: $id) { ... on Integration { keys { id } } } }"
    return [key["id"] for key in api.ask(query, id=integration_id)["node"]["keys"]]


def test_a_webhook_is_its_maker_s_and_the_administrators(company: Company) -> None:
    _, crm = integration(company)
    _, other = integration(company)
    member = company.api.as_("member")
    with receiving() as receiver:
        own, _ = hooked(crm, receiver)
        administrator_s, _ = hooked(company.api, receiver)
        assert own in str(company.api.as_("auditor").ask("{ webhooks { id } }"))
        assert str(crm.ask("{ webhooks { id } }")) == str({"webhooks": [{"id": own}]})
        for stranger in (other, member):
            assert stranger.ask("{ webhooks { id } }") == {"webhooks": []}
            assert shown(stranger, own, "url") is None
            assert stranger.refused("editWebhook", id=own, url="https://example.com/") == ["NOT_FOUND id"]
            assert receiver.url not in str(stranger.ask("{ history(first: 200) { nodes { type changes { after } } } }"))
        assert crm.refused("deleteWebhook", id=administrator_s) == ["NOT_FOUND id"]
        assert member.refused("createWebhook", url=receiver.url) == ["FORBIDDEN"]
        assert company.api.as_("auditor").refused("deleteWebhook", id=own) == ["FORBIDDEN"]
        crm.made("editWebhook", "webhook", id=own, eventTypes=["OwnerRegistered"])
        company.api.made("deleteWebhook", "webhook", id=own)
        assert receiver.url not in str(member.ask("{ history(first: 200) { nodes { type changes { after } } } }"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "ftp://example.com/",
        "https://",
        "https://me:secret@example.com/",
        "https://example.com/#x",
        "https://example.com/\n",
        "https://example.com:99999/",
        "https://ex ample.com/",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address_is_refused(company: Company, url: str) -> None:
    assert "INVALID_URL url" in company.api.refused("createWebhook", url=url)


def test_what_cannot_be_told_is_refused(company: Company) -> None:
    url = "https://example.com/"
    assert company.api.refused("createWebhook", url=url, eventTypes=["Praised"]) == ["UNKNOWN_EVENT_TYPE eventTypes.0"]
    assert company.api.refused("createWebhook", url=url, eventTypes=[]) == ["TOO_FEW_ITEMS eventTypes"]
    assert company.api.refused("createWebhook", url=url, cycleId=company.ceo) == ["NOT_FOUND cycleId"]
    assert company.api.refused("createWebhook", url="x" * 3000) == ["TEXT_TOO_LONG url", "INVALID_URL url"]
