"""The doors of the API: what the settings say about who may sign in."""

import asyncio
from contextlib import suppress
from functools import partial
from ipaddress import ip_address

from okr_api.access.api_keys import Find
from okr_api.access.authentication import Authenticator
from okr_api.access.development import NAME, DevelopmentIssuer
from okr_api.access.key_sets import FetchedKeys, fetched
from okr_api.access.policy import Role
from okr_api.access.tokens import OWN_ROLES, Issuer
from okr_api.local.tokens import development_key
from okr_api.settings import CannotStart, Settings


def refuse_open(settings: Settings) -> None:
    """Raises CannotStart where somebody could come in whom nobody vouches for."""
    oidc = (settings.oidc_issuer, settings.oidc_audience, settings.oidc_jwks_url)
    if not all(oidc) and (any(oidc) or settings.environment == "production"):
        raise CannotStart(
            "nobody could sign in: set OKR_OIDC_ISSUER, OKR_OIDC_AUDIENCE and OKR_OIDC_JWKS_URL, all three, "
            "or OKR_ENVIRONMENT=development for this machine alone"
        )
    if settings.oidc_issuer == NAME:
        raise CannotStart(f"OKR_OIDC_ISSUER={NAME}: that is the name on development tokens")
    schemes = ("https://",) if settings.environment == "production" else ("https://", "http://")
    if settings.oidc_jwks_url and not settings.oidc_jwks_url.startswith(schemes):
        raise CannotStart("OKR_OIDC_JWKS_URL must begin with https://: whoever changes keys on their way is anybody")
    if settings.environment == "development" and not _is_loopback(settings.host):
        raise CannotStart(f"OKR_HOST={settings.host}: development is for this machine alone, so it must be 127.0.0.1")


async def authenticator(settings: Settings, find: Find) -> Authenticator:
    """For settings that open no door."""
    issuers: list[Issuer] = []
    if settings.environment == "development":
        issuers.append(DevelopmentIssuer(await asyncio.to_thread(development_key, settings.database_url)))
    if settings.oidc_issuer and settings.oidc_audience and settings.oidc_jwks_url:
        given = {said: Role(role) for said, role in settings.oidc_roles.items()} if settings.oidc_roles else OWN_ROLES
        issuers.append(
            Issuer(
                settings.oidc_issuer,
                settings.oidc_audience,
                FetchedKeys(partial(fetched, settings.oidc_jwks_url)),
                given,
                settings.oidc_roles_claim,
                settings.oidc_subject_claim,
            )
        )
    return Authenticator(issuers, find)


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return host == "localhost" or ip_address(host).is_loopback
    return False
