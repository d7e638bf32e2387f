"""Targets: where messages may be sent. What a name leads to is looked at when it is connected to."""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64 = IPv6Network("64:ff9b::/96")


class RefusedAddress(Exception):
    """The name leads into a network that messages are not sent to."""


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, where `public` allows them, and to those of `networks`.

    What is looked up is what is connected to: a name that leads elsewhere a moment later changes nothing.
    """

    def __init__(self, networks: Sequence[Network], *, public: bool) -> None:
        self._networks = networks
        self._public = public
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"no address: {error}") from error
        # All of them: a name with one address outside and one inside is somebody's trick.
        addresses = [ip_address(place[0]) for _, _, _, _, place in found]
        if not addresses or not all(map(self._allows, addresses)):
            raise RefusedAddress(host)
        for place, address in enumerate(addresses, start=1):
            try:
                return await self._sockets.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except httpcore.ConnectError:
                if place == len(addresses):
                    raise
        raise AssertionError

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def _allows(self, address: Address) -> bool:
        for meant in _meant(address):
            if any(meant in network for network in self._networks):
                continue
            if not self._public or not meant.is_global or meant.is_multicast:
                return False
        return True


def _meant(address: Address) -> list[Address]:
    """The address, and those of IPv4 that it stands for."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    within: list[Address | None] = [address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        within.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *(inner for inner in within if inner is not None)]
