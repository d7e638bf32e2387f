"""What the commands share: options, one-line errors and progress."""

import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import click

from okr_api.settings import CannotStart


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


def shown_progress() -> Callable[[int, int], None]:
    """Shows in a terminal how far something is, how fast it goes and how long it still takes."""
    begun: list[tuple[float, int]] = []

    def show(done: int, total: int) -> None:
        if not begun:
            begun.append((monotonic(), done))
        if sys.stderr.isatty():
            seconds, since = monotonic() - begun[0][0], done - begun[0][1]
            pace = f"  {since / seconds:,.0f}/s  {(total - done) * seconds / since:,.0f} s left" if since else ""
            click.echo(f"\r\033[K{done:,} of {total:,}{pace}", err=True, nl=done >= total)

    return show
