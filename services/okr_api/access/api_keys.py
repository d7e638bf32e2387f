"""API keys: what an integration signs in with. Only a hash of each is kept."""

import re
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from okr_api.access.policy import Principal

ALPHABET = string.ascii_letters + string.digits
SECRET_BYTES = 32
KEY = re.compile(r"okr_([0-9A-Za-z]{8})_[\w-]{43}", re.ASCII)


@dataclass(frozen=True)
class ApiKey:
    """`expires_at`: None for one that lives until it is revoked, after which it is not found any more."""

    id: str
    hash: bytes
    expires_at: datetime | None
    principal: Principal


Find = Callable[[str], ApiKey | None]


def new_api_key() -> tuple[str, str, bytes]:
    """Its id, its text, which is shown once, and the hash that is kept."""
    key_id = "".join(secrets.choice(ALPHABET) for _ in range(8))
    text = f"okr_{key_id}_{secrets.token_urlsafe(SECRET_BYTES)}"
    return key_id, text, hash_of(text)


def hash_of(text: str) -> bytes:
    """Plain SHA-256: nobody guesses 256 random bits, so a slow hash would protect nothing."""
    return sha256(text.encode()).digest()


NOBODY = hash_of(secrets.token_urlsafe(SECRET_BYTES))
"""What is compared where no key is found, so that an id takes as long whether it exists or not."""


def principal_of(presented: str, find: Find, now: datetime) -> Principal | None:
    """Whose key it is; None for anything but a live key."""
    match = KEY.fullmatch(presented)
    key = find(match[1]) if match else None
    same = secrets.compare_digest(hash_of(presented), key.hash if key else NOBODY)
    if key is None or not same or (key.expires_at is not None and key.expires_at <= now):
        return None
    return key.principal
