"""Asking: where the API of a running service is, who asks it, and work that is done through it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import click

from okr_api.settings import CannotStart

if TYPE_CHECKING:
    from okr_api.exchange.service import Service

T = TypeVar("T")

url_option = click.option(
    "--url", envvar="OKR_URL", show_envvar=True, default="http://127.0.0.1:8000", show_default=True, help="Of the API."
)
token_option = click.option(
    "--token-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Holds the token to sign in with. Default: the token in OKR_TOKEN.",
)


def asked(url: str, token_file: Path | None, run: "Callable[[Service], T]") -> T:
    """What the work finds. Raises CannotStart."""
    from okr_api.exchange.files import BadFile
    from okr_api.exchange.service import Service, ServiceFailed

    with Service(checked(url), token(token_file)) as service:
        try:
            return run(service)
        except (BadFile, ServiceFailed) as error:
            raise CannotStart(str(error)) from error


def checked(url: str) -> str:
    """Raises CannotStart: a token is sent readable to this machine alone."""
    from okr_api.exchange.service import local

    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise CannotStart(f"--url {url}: not an address such as https://okr.example.org") from None
    if parts.scheme not in ("http", "https") or not host:
        raise CannotStart(f"--url {url}: not an address such as https://okr.example.org")
    if parts.scheme == "http" and not local(host):
        raise CannotStart(f"--url {url}: the token would travel readable: use https")
    return url


def token(file: Path | None) -> str:
    """Raises CannotStart."""
    text = file.read_text(errors="replace").strip() if file else os.environ.get("OKR_TOKEN", "").strip()
    if not text:
        raise CannotStart("no token: set OKR_TOKEN, or give --token-file; `okr token` makes one in development")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise CannotStart("the token is none: it has no spaces and ASCII characters only")
    return text
