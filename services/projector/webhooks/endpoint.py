"""Endpoint: one attempt to send one message, signed as Standard Webhooks has it, and how it ended."""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from ssl import SSLError
from types import TracebackType
from typing import Any, NamedTuple, Self
from uuid import UUID

import httpcore
import msgspec
from standardwebhooks import Webhook as Signer

from okr_api.event_log.event_ids import event_id
from projector.webhooks.targets import GuardedNetwork, Network, RefusedAddress

logger = logging.getLogger(__name__)

ATTEMPT_SECONDS = 15.0
"""For everything: the name, the connection, the answer."""
MOST_READ = 65_536
"""Bytes of an answer; the rest is not waited for. Nothing is read out of it but that it came."""
MOST_CONNECTIONS = 200
DELIVERED = "DELIVERED"
GONE = "GONE"


class Message(NamedTuple):
    """`id` is the same in every attempt: the receiver knows by it what it has already."""

    id: str
    body: bytes


class Attempt(NamedTuple):
    """`outcome`: DELIVERED, GONE for good, or why not this time."""

    outcome: str
    status: int | None
    began: datetime
    milliseconds: int


def message(webhook_id: UUID, event: dict[str, Any]) -> Message:
    """What is told of an event: enough to ask for the rest of it."""
    told = {
        "type": event["type"],
        "timestamp": event["recorded_at"],
        "data": {
            "position": str(event["position"]),
            "commitPosition": str(event["commit_position"]),
            "eventId": event_id(event["position"]),
            "entityId": event["subject_id"],
        },
    }
    return Message(f"{webhook_id}_{event['position']}", msgspec.json.encode(told))


class Endpoints:
    """Sends to any of them; each connection is kept for the next message."""

    def __init__(self, networks: Sequence[Network]) -> None:
        def pool(public: bool) -> httpcore.AsyncConnectionPool:
            guarded = GuardedNetwork(networks, public=public)
            return httpcore.AsyncConnectionPool(
                max_connections=MOST_CONNECTIONS, keepalive_expiry=30, network_backend=guarded
            )

        # In the open, what is sent over a public network would be anybody's.
        self._pools = {"https": pool(public=True), "http": pool(public=False)}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for pool in self._pools.values():
            await pool.aclose()

    async def send(self, url: str, secrets: Sequence[str], message: Message) -> Attempt:
        """Try once."""
        began, clock = datetime.now(UTC), time.monotonic()
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                status = await self._post(url, _headers(secrets, message, began), message.body)
            outcome = DELIVERED if 200 <= status < 300 else GONE if status == 410 else "STATUS"
        except RefusedAddress:
            outcome, status = "REFUSED_ADDRESS", None
        except (TimeoutError, httpcore.TimeoutException):
            outcome, status = "TIMEOUT", None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            outcome, status = "TLS" if isinstance(error.__cause__, SSLError) else "UNREACHABLE", None
        except Exception:
            # Whatever somebody's address or answer provokes is that webhook's trouble and nobody else's.
            logger.exception("message %s could not be sent", message.id)
            outcome, status = "UNREACHABLE", None
        return Attempt(outcome, status, began, round(1000 * (time.monotonic() - clock)))

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        pool = self._pools[url.partition(":")[0].lower()]
        async with pool.stream("POST", url, headers=list(headers.items()), content=body) as response:
            read = 0
            async for part in response.aiter_stream():
                read += len(part)
                if read > MOST_READ:
                    break
            return int(response.status)


def _headers(secrets: Sequence[str], message: Message, now: datetime) -> dict[str, str]:
    text = message.body.decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "okr-webhooks/1",
        "webhook-id": message.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Signer(secret).sign(message.id, now, text) for secret in secrets),
    }
