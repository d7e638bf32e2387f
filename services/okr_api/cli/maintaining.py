"""Maintaining: the facts made anew, and tokens for an API in development."""

import json
import os
from datetime import timedelta
from pathlib import Path

import click

from okr_api.cli.options import data_option, json_option, shown_progress
from okr_api.settings import CannotStart, database_is_named

ROLES = ["admin", "member", "auditor", "integration"]


@click.command()
@click.option(
    "--rate",
    type=click.IntRange(0),
    default=3000,
    show_default=True,
    envvar="OKR_REBUILD_EVENTS_PER_SECOND",
    show_envvar=True,
    help="Events a second at most, so that others are served meanwhile; 0: as many as it can.",
)
@data_option
@json_option
def rebuild(rate: int, data: Path | None, as_json: bool) -> None:
    """Make the facts anew from the log, then switch to them; nobody is stopped.

    Interrupted, it goes on from there when it is run again.

    \b
    Examples:
      okr rebuild
      okr rebuild --rate 0
      DATABASE_URL=postgresql://user@host/name okr rebuild --json
    """
    from okr_api.local.database import standing
    from projector.rebuild import rebuild as rebuild_facts

    with standing(data) as database:
        rebuild_facts(database.dsn, shown_progress(), rate=rate or None)
    click.echo(json.dumps({"rebuilt": True}) if as_json else "the facts are rebuilt")


@click.command()
@click.option("--role", type=click.Choice(ROLES), required=True, help="What its bearer may do.")
@click.option("--login", help="The login of an owner, who is then asking.")
@click.option("--name", help="What its bearer is called.")
@click.option("--minutes", type=click.IntRange(1, 60 * 24 * 30), default=60, show_default=True, help="How long.")
@data_option
@json_option
def token(role: str, login: str | None, name: str | None, minutes: int, data: Path | None, as_json: bool) -> None:
    """Print a token for an API in development.

    \b
    Examples:
      okr token --role admin
      okr token --role member --login ana@example.org --minutes 480
    """
    from okr_api.access.policy import Role
    from okr_api.local.database import standing
    from okr_api.local.tokens import development_token

    refuse_production()
    with standing(data) as database:
        text = development_token(database.dsn, Role(role), timedelta(minutes=minutes), login, name)
    click.echo(json.dumps({"token": text}) if as_json else text)


def refuse_production() -> None:
    """Raises CannotStart. An embedded database is for development unless somebody says otherwise: `okr up` made it."""
    presumed = "production" if database_is_named() else "development"
    if os.environ.get("OKR_ENVIRONMENT", presumed) != "development":
        raise CannotStart("tokens are made in development alone: set OKR_ENVIRONMENT=development, for the API too")
