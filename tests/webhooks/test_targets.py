"""Where messages are never sent: into networks that nobody allowed, whatever a name says and whenever it says it."""

import asyncio
import socket
from ipaddress import ip_network
from typing import Any

import httpcore
import pytest

from projector.webhooks.endpoint import Endpoints, Message
from projector.webhooks.targets import GuardedNetwork, RefusedAddress
from webhooks.receiver import receiving

INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::80ff:fffe",
]
OUTSIDE = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]


def leading_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """What each look-up of a name finds, one after another, the last one for ever."""
    left = list(answers)

    async def getaddrinfo(_: Any, host: str, port: int, **__: Any) -> list[Any]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)


def connecting(monkeypatch: pytest.MonkeyPatch, network: GuardedNetwork) -> list[str]:
    """The addresses that it connects to, none of which answers."""
    connected: list[str] = []

    async def connect_tcp(host: str, *_: Any) -> None:
        connected.append(host)
        raise httpcore.ConnectError("nobody there")

    monkeypatch.setattr(network._sockets, "connect_tcp", connect_tcp)
    return connected


@pytest.mark.parametrize("address", INSIDE)
async def test_addresses_inside_are_refused_without_a_connection(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    leading_to(monkeypatch, [address])
    network = GuardedNetwork([], public=True)
    connected = connecting(monkeypatch, network)
    with pytest.raises(RefusedAddress):
        await network.connect_tcp("hooks.example", 443)
    assert not connected


@pytest.mark.parametrize("address", OUTSIDE)
async def test_addresses_outside_are_connected_to(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    leading_to(monkeypatch, [address])
    network = GuardedNetwork([], public=True)
    connected = connecting(monkeypatch, network)
    with pytest.raises(httpcore.ConnectError):
        await network.connect_tcp("hooks.example", 443)
    assert connected == [address]


async def test_a_name_that_leads_outside_and_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    leading_to(monkeypatch, [OUTSIDE[0], "127.0.0.1"])
    network = GuardedNetwork([], public=True)
    connected = connecting(monkeypatch, network)
    with pytest.raises(RefusedAddress):
        await network.connect_tcp("hooks.example", 443)
    assert not connected


async def test_what_was_looked_at_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    leading_to(monkeypatch, [OUTSIDE[0]], ["127.0.0.1"])
    network = GuardedNetwork([], public=True)
    connected = connecting(monkeypatch, network)
    with pytest.raises(httpcore.ConnectError):
        await network.connect_tcp("rebinding.example", 443)
    with pytest.raises(RefusedAddress):
        await network.connect_tcp("rebinding.example", 443)
    assert connected == [OUTSIDE[0]]


async def test_a_network_that_the_operator_allows_is_sent_to_and_no_other_one() -> None:
    with receiving() as receiver:
        async with Endpoints([ip_network("127.0.0.0/8")]) as allowed, Endpoints([ip_network("10.0.0.0/8")]) as other:
            sent = [await each.send(receiver.url, ["whsec_AAAA"], Message("1", b"{}")) for each in (allowed, other)]
    assert [attempt.outcome for attempt in sent] == ["DELIVERED", "REFUSED_ADDRESS"]
    assert len(receiver.received) == 1


async def test_nothing_is_sent_in_the_open_over_public_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    leading_to(monkeypatch, [OUTSIDE[0]])
    async with Endpoints([ip_network("127.0.0.0/8")]) as endpoints:
        attempt = await endpoints.send("http://hooks.example/", ["whsec_AAAA"], Message("1", b"{}"))
    assert attempt.outcome == "REFUSED_ADDRESS"


async def test_an_endpoint_without_a_certificate_that_is_believed_is_told_nothing() -> None:
    with receiving() as receiver:
        async with Endpoints([ip_network("127.0.0.0/8")]) as endpoints:
            url = receiver.url.replace("http:", "https:")
            attempt = await endpoints.send(url, ["whsec_AAAA"], Message("1", b"{}"))
    assert attempt.outcome in ("TLS", "UNREACHABLE", "TIMEOUT")
    assert not receiver.received
