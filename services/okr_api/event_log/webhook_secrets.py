"""Secrets of webhooks: they follow from one key beside the log, so that none of them is ever written down."""

import base64
import hashlib
import hmac
import secrets
from uuid import UUID

from okr_api.event_log.secrets import secret


def webhooks_key(dsn: str) -> bytes:
    """What all secrets of this database's webhooks follow from."""
    return secret(dsn, "webhooks", lambda: secrets.token_bytes(32))


def webhook_secret(key: bytes, webhook_id: UUID, number: int) -> str:
    """The secret of that number, as Standard Webhooks spells secrets: whsec_ and base64."""
    digest = hmac.digest(key, webhook_id.bytes + number.to_bytes(8), hashlib.sha256)
    return f"whsec_{base64.b64encode(digest).decode()}"
