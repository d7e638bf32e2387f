"""Development tokens for the database of this machine."""

from datetime import timedelta

from okr_api.access.development import KEY_NAME, new_key, new_token
from okr_api.access.policy import Role
from okr_api.event_log.secrets import secret


def development_key(dsn: str) -> bytes:
    """The key that they are signed with; only development may ask for it, for the first time makes it."""
    return secret(dsn, KEY_NAME, new_key)


def development_token(dsn: str, role: Role, lasts: timedelta, login: str | None = None, name: str | None = None) -> str:
    return new_token(development_key(dsn), role, lasts, login, name)
