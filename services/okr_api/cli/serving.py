"""Serving: everything on this machine, or one service each."""

from contextlib import suppress
from pathlib import Path

import click

from okr_api.cli.options import data_option
from okr_api.settings import Settings, read_settings


@click.command()
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


@click.command()
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
    begin_service(settings, "api")
    # Only now: importing it builds the whole schema.
    from okr_api.asgi import serve

    serve(settings, host=settings.host, port=settings.port)


@click.command()
def projector() -> None:
    """Keep the facts of DATABASE_URL.

    Of several, one follows the log and the others stand by.

    \b
    Example:
      DATABASE_URL=postgresql://user@host/name okr projector
    """
    from projector.main import run

    settings = read_settings()
    begin_service(settings, "projector")
    run(settings)


@click.command()
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit with 1 unless all is applied.")
@click.option("--wait", type=click.FloatRange(0), default=0, help="With --check: seconds to wait until all is applied.")
def migrate(only_check: bool, wait: float) -> None:
    """Bring DATABASE_URL up to this version.

    \b
    Examples:
      okr migrate
      okr migrate --check
      okr migrate --check --wait 300
    """
    from okr_api.event_log.migrations import wait_until_migrated

    if wait and not only_check:
        raise click.UsageError("Give --wait with --check.")
    dsn = read_settings().database_url
    if only_check:
        wait_until_migrated(dsn, wait)
    applied = [] if only_check else prepare(dsn)
    click.echo("\n".join(f"applied {name}" for name in applied) or "up to date")


def prepare(dsn: str) -> list[str]:
    """Migrations and a facts schema for a database; the names of the migrations that were applied now."""
    from okr_api.event_log.migrations import migrate
    from projector.facts_schema import ensure

    applied = migrate(dsn)
    ensure(dsn)
    return applied


def begin_service(settings: Settings, service: str) -> None:
    from okr_api.event_log.migrations import check
    from okr_api.local.supervisor import end_with_supervisor
    from okr_api.operations import logs, tracing

    end_with_supervisor()
    logs.begin(settings, service)
    tracing.begin(settings.traces_endpoint, service)
    check(settings.database_url)
