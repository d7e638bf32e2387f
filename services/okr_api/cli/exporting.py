"""Exporting: the tree of a cycle as a file for people and spreadsheets."""

from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from okr_api.cli.asking import asked, token_option, url_option
from okr_api.cli.options import shown_progress

if TYPE_CHECKING:
    from okr_api.exchange.service import Service


@click.command()
@click.option("--cycle", required=True, help="Its id or its name; cycles inside it come along.")
@click.option("--format", "kind", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option(
    "--output",
    type=click.File("w", encoding="utf-8", lazy=False),
    default="-",
    help="Where to. Default: standard output.",
)
@url_option
@token_option
def tree(cycle: str, kind: str, output: IO[str], url: str, token_file: Path | None) -> None:
    """Write the tree of a cycle through the API, as whoever is signed in sees it.

    `okr import objectives` reads the file again, in another cycle or service.
    In a CSV, a text that a spreadsheet would run as a formula stands behind an
    apostrophe; the import takes it off.

    \b
    Examples:
      okr export tree --cycle Q1 --output q1.csv
      okr export tree --cycle 0190c9d2-... --format jsonl
    """
    from okr_api.exchange.places import Places
    from okr_api.exchange.tree import Csv, Json, Tree

    def run(service: "Service") -> Tree:
        found = Tree(service, Places(service, cycle).default_id)
        writer = Csv(output) if kind == "csv" else Json(output)
        for row in found.rows(shown_progress()):
            writer.write(row)
        return found

    found = asked(url, token_file, run)
    hidden = f"; {found.hidden:,} that you may not read are left out" if found.hidden else ""
    click.echo(f"exported {found.written:,} rows{hidden}", err=True)
