"""What webhooks are told: each event that they ask for, at least once, in order, whatever endpoints do."""

from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks import WebhookVerificationError

from api.serving import Api, Company
from projector.rebuild import rebuild
from projector.webhooks import courier
from webhooks.receiver import Receiver, answered, dripping, endless, first, receiving, silent

STATE = "status waiting failingSince nextAttemptAt stoppedAfter"
TRIES = "deliveries { nodes { position attempt outcome status milliseconds } }"


def hooked(api: Api, receiver: Receiver, **given: Any) -> tuple[str, str]:
    """The id and the secret of a new webhook."""
    payload = api.do("createWebhook", "webhook { id } secret", url=receiver.url, **given)
    assert payload["userErrors"] == []
    return payload["webhook"]["id"], payload["secret"]


def shown(api: Api, webhook_id: str, what: str) -> Any:
    return api.ask(f"query($id: ID!) {{ node(id: $id) {{ ... on Webhook {{ {what} }} }} }}", id=webhook_id)["node"]


def checked_in(company: Company, kr: str, value: int) -> int:
    payload = company.api.do("recordCheckIn", "checkIn { id }", keyResult={"id": kr}, value=str(value))
    assert payload["userErrors"] == []
    return int(payload["position"])


def test_every_event_is_told_once_in_order_and_signed(company: Company) -> None:
    with receiving() as receiver:
        _, secret = hooked(company.api, receiver)
        kr = company.key_result()
        last = [checked_in(company, kr, value) for value in range(20)][-1]
        received = receiver.wait_for_position(last)
    positions = [told.position for told in received]
    assert positions == list(range(positions[0], last + 1))
    assert [told.verified(secret)["type"] for told in received][-20:] == ["CheckInRecorded"] * 20
    assert len({told.id for told in received}) == len(received)
    data = received[-1].told["data"]
    event = company.api.ask(
        "query($id: ID!) { node(id: $id) { ... on AuditEvent { position entityIds } } }", id=data["eventId"]
    )["node"]
    assert event["position"] == data["position"]
    assert event["entityIds"][0] == data["entityId"] == kr


def test_only_what_was_asked_for_is_told(company: Company) -> None:
    elsewhere = Company(company.api)
    with receiving() as receiver:
        hooked(company.api, receiver, eventTypes=["CheckInRecorded"], cycleId=company.cycle)
        elsewhere_kr, kr = elsewhere.key_result(), company.key_result()
        checked_in(elsewhere, elsewhere_kr, 1)
        last = checked_in(company, kr, 2)
        received = receiver.wait_for_position(last)
    assert [(told.told["type"], told.position) for told in received] == [("CheckInRecorded", last)]


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [(answered(500), "STATUS"), (silent, "TIMEOUT"), (dripping, "TIMEOUT"), (answered(429), "STATUS")],
)
def test_what_fails_is_sent_again_and_what_comes_after_waits(company: Company, trouble: Any, outcome: str) -> None:
    kr = company.key_result()
    with receiving(first(2, trouble)) as receiver, receiving() as other:
        webhook_id, _ = hooked(company.api, receiver, eventTypes=["CheckInRecorded"])
        hooked(company.api, other, eventTypes=["CheckInRecorded"])
        last = [checked_in(company, kr, value) for value in range(3)][-1]
        told = [message.id for message in receiver.wait_for_position(last)]
        assert len(other.wait_for(3)) == 3
        tries = shown(company.api, webhook_id, TRIES)["deliveries"]["nodes"]
    assert len(told) == 5
    assert told[0] == told[1] == told[2]
    assert len(set(told)) == 3
    assert {(each["attempt"], each["outcome"]) for each in tries} >= {(1, outcome), (2, outcome)}


def test_a_redirect_is_followed_nowhere(company: Company) -> None:
    kr = company.key_result()
    with receiving() as elsewhere, receiving(first(1, answered(307, Location=elsewhere.url))) as receiver:
        webhook_id, _ = hooked(company.api, receiver, eventTypes=["CheckInRecorded"])
        checked_in(company, kr, 1)
        receiver.wait_for(2)
        assert not elsewhere.received
        assert shown(company.api, webhook_id, TRIES)["deliveries"]["nodes"][-1]["status"] == 307


def test_a_long_answer_is_not_waited_for(company: Company) -> None:
    kr = company.key_result()
    with receiving(endless) as receiver:
        webhook_id, _ = hooked(company.api, receiver, eventTypes=["CheckInRecorded"])
        checked_in(company, kr, 1)
        last = checked_in(company, kr, 2)
        assert len(receiver.wait_for_position(last)) == 2
        assert shown(company.api, webhook_id, STATE)["status"] == "DELIVERING"


def test_an_endpoint_that_is_gone_is_left_alone_until_a_replay(company: Company) -> None:
    kr = company.key_result()
    with receiving(first(1, answered(410))) as receiver:
        webhook_id, _ = hooked(company.api, receiver, eventTypes=["CheckInRecorded"])
        positions = [checked_in(company, kr, value) for value in range(3)]
        stopped = _stopped(company.api, webhook_id)
        assert stopped == positions[0] - 1
        positions.append(checked_in(company, kr, 9))
        company.api.made("replayWebhook", "webhook", id=webhook_id, after=str(stopped))
        received = receiver.wait_for_position(positions[-1])
    assert [told.position for told in received] == [positions[0], *positions]
    assert shown(company.api, webhook_id, STATE)["status"] == "DELIVERING"


def test_three_days_of_trouble_end_in_a_stop(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "LONGEST_TROUBLE", courier.FIRST_PAUSE)
    kr = company.key_result()
    with receiving(answered(503)) as receiver:
        webhook_id, _ = hooked(company.api, receiver, eventTypes=["CheckInRecorded"])
        position = checked_in(company, kr, 1)
        assert _stopped(company.api, webhook_id) == position - 1
        assert shown(company.api, webhook_id, STATE)["waiting"] == 0


def test_a_replay_tells_the_past_again_in_order(company: Company) -> None:
    kr = company.key_result()
    positions = [checked_in(company, kr, value) for value in range(5)]
    with receiving() as receiver:
        webhook_id, _ = hooked(company.api, receiver, eventTypes=["CheckInRecorded"])
        company.api.made("replayWebhook", "webhook", id=webhook_id, after=str(positions[1]))
        positions.append(checked_in(company, kr, 7))
        received = receiver.wait_for_position(positions[-1])
    assert [told.position for told in received] == positions[2:]


def test_while_a_secret_is_rotated_both_sign(company: Company) -> None:
    kr = company.key_result()
    with receiving() as receiver:
        webhook_id, old = hooked(company.api, receiver, eventTypes=["CheckInRecorded"])
        rotated = company.api.do("rotateWebhookSecret", "secret webhook { formerSecretUntil }", id=webhook_id)
        new = rotated["secret"]
        assert rotated["webhook"]["formerSecretUntil"]
        (both,) = receiver.wait_for_position(checked_in(company, kr, 1))
        assert both.verified(old) == both.verified(new)
        newest = company.api.do("rotateWebhookSecret", "secret", id=webhook_id, overlapHours=0)["secret"]
        alone = receiver.wait_for_position(checked_in(company, kr, 2))[-1]
    assert alone.verified(newest)
    for former in (old, new):
        with pytest.raises(WebhookVerificationError):
            alone.verified(former)


def test_a_deleted_webhook_is_told_nothing_more(company: Company) -> None:
    kr = company.key_result()
    with receiving() as receiver, receiving() as other:
        webhook_id, _ = hooked(company.api, receiver)
        hooked(company.api, other)
        deleted = int(company.api.do("deleteWebhook", "webhook { status }", id=webhook_id)["position"])
        last = checked_in(company, kr, 1)
        other.wait_for_position(last)
        assert all(told.position <= deleted for told in receiver.received)
    assert webhook_id not in str(company.api.ask("{ webhooks { id } }"))
    assert company.api.refused("replayWebhook", id=webhook_id, after="0") == ["NOT_FOUND id"]


def test_a_rebuild_neither_tells_again_nor_forgets(company: Company, module_database: str) -> None:
    kr = company.key_result()
    with receiving() as receiver:
        hooked(company.api, receiver, eventTypes=["CheckInRecorded"])
        positions = [checked_in(company, kr, 1)]
        rebuild(module_database, lambda done, of: None)
        positions += [checked_in(company, kr, value) for value in (2, 3)]
        received = receiver.wait_for_position(positions[-1])
    assert [told.position for told in received] == positions


def test_a_retry_shows_no_secret(company: Company) -> None:
    with receiving() as receiver:
        given = {"url": receiver.url, "idempotencyKey": uuid4().hex}
        made, again = (company.api.do("createWebhook", "webhook { id } secret duplicate", **given) for _ in range(2))
    assert made["secret"].startswith("whsec_")
    assert (again["webhook"], again["secret"], again["duplicate"]) == (made["webhook"], None, True)


def _stopped(api: Api, webhook_id: str) -> int:
    """Wait until it is stopped, by asking what the courier wrote."""
    for _ in range(600):
        state = shown(api, webhook_id, STATE)
        if state["status"] == "STOPPED":
            return int(state["stoppedAfter"])
        api.ask("{ __typename }")
    raise AssertionError(state)
