"""What the commands share: options, one-line errors and progress."""

import sys
from pathlib import Path
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


def show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done:,} of {total:,}", err=True, nl=done >= total)
