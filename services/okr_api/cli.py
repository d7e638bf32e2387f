"""The command line, where the parts of the service are put together."""

import asyncio
import json
import logging
import os
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from okr_api.settings import CannotStart, Settings, read_settings

ROLES = ["admin", "member", "auditor", "integration"]


class OneLine(click.Group):
    """Commands that say in one line, without a traceback, why they cannot start."""

    def invoke(self, ctx: click.Context) -> Any:
        from psycopg import OperationalError
        from psycopg.errors import InsufficientPrivilege

        try:
            return super().invoke(ctx)
        except (CannotStart, OperationalError, InsufficientPrivilege) as error:
            raise click.ClickException(" ".join(str(error).split())) from error


data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of the embedded database. Default: $XDG_DATA_HOME/okr, else ~/.local/share/okr.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object on standard output.")


@click.group(cls=OneLine)
def main() -> None:
    """OKRs as a cascade, over GraphQL.

    \b
    Everything on this machine, with demo data:
      okr up
    One service each, on a PostgreSQL of your own:
      export DATABASE_URL=postgresql://user@host/name OKR_ENVIRONMENT=development
      okr migrate
      okr projector & okr api
    """
    if sys.platform == "win32":
        raise CannotStart("Windows is not supported: use its Subsystem for Linux")


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port of the API.")
@click.option("--no-demo", is_flag=True, help="Leave a fresh database empty.")
@data_option
def up(port: int, no_demo: bool, data: Path | None) -> None:
    """Run everything here until Ctrl-C.

    PostgreSQL (its own, or the one of DATABASE_URL), migrations, projector and API; demo data on a fresh database.

    \b
    Examples:
      okr up
      okr up --port 8080 --data ./okr-data --no-demo
    """
    from okr_api.local import everything
    from okr_api.local.address import Address
    from okr_api.local.database import new_or_standing

    address = Address(port)
    address.refuse_taken()
    with suppress(KeyboardInterrupt), new_or_standing(data) as database:
        prepare(database.dsn)
        everything.run(database, address, demo=not no_demo)


@main.command()
def api() -> None:
    """Serve GraphQL from DATABASE_URL.

    It listens on OKR_HOST and OKR_PORT.

    \b
    Example:
      DATABASE_URL=postgresql://user@host/name OKR_ENVIRONMENT=development okr api
    """
    from okr_api.doors import refuse_open

    settings = read_settings()
    refuse_open(settings)
    begin_service(settings)
    # Only now: importing it builds the whole schema.
    from okr_api.asgi import serve

    serve(settings, host=settings.host, port=settings.port)


@main.command()
def projector() -> None:
    """Keep the facts of DATABASE_URL.

    Of several, one follows the log and the others stand by.

    \b
    Example:
      DATABASE_URL=postgresql://user@host/name okr projector
    """
    from projector.main import run

    settings = read_settings()
    begin_service(settings)
    run(settings)


@main.command()
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit with 1 unless all is applied.")
def migrate(only_check: bool) -> None:
    """Bring DATABASE_URL up to this version.

    \b
    Examples:
      okr migrate
      okr migrate --check
    """
    from okr_api.event_log.migrations import check

    dsn = read_settings().database_url
    if only_check:
        check(dsn)
    applied = [] if only_check else prepare(dsn)
    click.echo("\n".join(f"applied {name}" for name in applied) or "up to date")


@main.command()
@data_option
@json_option
def rebuild(data: Path | None, as_json: bool) -> None:
    """Make the facts anew from the log, then switch to them.

    \b
    Examples:
      okr rebuild
      DATABASE_URL=postgresql://user@host/name okr rebuild --json
    """
    from okr_api.local.database import standing
    from projector.rebuild import rebuild as rebuild_facts

    with standing(data) as database:
        rebuild_facts(database.dsn, show_progress)
    click.echo(json.dumps({"rebuilt": True}) if as_json else "the facts are rebuilt")


@main.command()
@click.option("--head", "kept", metavar="POSITION:HASH", help="A head of the log that was kept elsewhere.")
@data_option
@json_option
def verify(kept: str | None, data: Path | None, as_json: bool) -> None:
    """Check everything that must always hold.

    Every finding is told, and the exit code is 1 when there is one. With a head this proves that the log until there is
    the one that was written; without one, that the database agrees with itself.

    \b
    Examples:
      okr verify
      okr verify --head 1042:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      okr verify --data ./okr-data --json
    """
    from okr_api.local.database import standing
    from okr_api.snapshot.roll_ups import differing_roll_ups
    from projector.verify import Finding, Head
    from projector.verify import verify as find_broken

    def roll_ups(dsn: str) -> list[Finding]:
        return [Finding(4, message) for message in asyncio.run(differing_roll_ups(dsn))]

    try:
        head = None if kept is None else Head.read(kept)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--head") from error
    with standing(data) as database:
        findings = find_broken(database.dsn, show_progress, [roll_ups], head)
    found = [{"invariant": finding.invariant, "message": finding.message} for finding in findings]
    lines = [f"invariant {finding.invariant}: {finding.message}" for finding in findings]
    proved = "consistency" if head is None else f"authenticity up to position {head.position}"
    text = "\n".join(lines) or f"clean: every invariant holds, which proves {proved}"
    answer = {"clean": not found, "findings": found, "proves": proved if not found else None}
    click.echo(json.dumps(answer) if as_json else text)
    sys.exit(1 if found else 0)


@main.command()
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


def prepare(dsn: str) -> list[str]:
    """Migrations and a facts schema for a database; the names of the migrations that were applied now."""
    from okr_api.event_log.migrations import migrate
    from projector.facts_schema import ensure

    applied = migrate(dsn)
    ensure(dsn)
    return applied


def begin_service(settings: Settings) -> None:
    from okr_api.event_log.migrations import check
    from okr_api.local.supervisor import end_with_supervisor

    end_with_supervisor()
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    check(settings.database_url)


def refuse_production() -> None:
    """Raises CannotStart. An embedded database is for development unless somebody says otherwise: `okr up` made it."""
    presumed = "production" if os.environ.get("DATABASE_URL") else "development"
    if os.environ.get("OKR_ENVIRONMENT", presumed) != "development":
        raise CannotStart("tokens are made in development alone: set OKR_ENVIRONMENT=development, for the API too")


def show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done:,} of {total:,}", err=True, nl=done >= total)


if __name__ == "__main__":
    main()
