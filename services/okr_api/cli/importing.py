"""Importing: objectives and check-ins from files, through the API of a running service."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from okr_api.cli.asking import asked, token_option, url_option
from okr_api.cli.options import json_option, shown_progress

if TYPE_CHECKING:
    from okr_api.exchange.report import Report
    from okr_api.exchange.service import Service

ROWS_REFUSED = 3
MARKS = {"auto": None, "point": ".", "comma": ","}

file_argument = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


def import_options(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        url_option,
        token_option,
        click.option("--dry-run", is_flag=True, help="Check everything that can be checked, and write nothing."),
        click.option("--all-or-nothing", is_flag=True, help="Write nothing unless every row is taken: one commit."),
        click.option(
            "--decimal", type=click.Choice(list(MARKS)), default="auto", help="How numbers of a CSV are spelt."
        ),
        json_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group("import")
def import_() -> None:
    """Take objectives or check-ins from a CSV or JSON Lines file.

    \b
    A CSV is UTF-8, or UTF-16 that says so, with columns between commas,
    semicolons or tabs, and names the columns in line 1. What cannot be read
    without guessing is refused: each error names its line and column.
    Exit codes:
      0  every row is there
      1  the file cannot be read, or the service does not answer as it should
      2  the options are wrong
      3  rows were refused; all others are there, with --all-or-nothing none
    Importing a file again adds nothing: rows are known by their id, else by
    what they say, under the same token's owner.

    \b
    Examples:
      export OKR_TOKEN=$(okr token --role admin)
      okr import objectives q1.csv --cycle Q1 --dry-run
      okr import check-ins january.csv
    """


@import_.command("check-ins")
@file_argument
@import_options
def check_ins(
    file: Path, url: str, token_file: Path | None, dry_run: bool, all_or_nothing: bool, decimal: str, as_json: bool
) -> None:
    """Record the check-ins of a file, in its order.

    \b
    Columns: value, and keyResultId or keyResultRef (its external reference);
    where known, confidence, effectiveAt (2026-02-28T17:00:00Z), note, source,
    and id, which tells a row from others that say the same.

    \b
    Examples:
      okr import check-ins january.csv --dry-run
      okr import check-ins january.csv
      okr import check-ins january.jsonl --all-or-nothing --json
    """
    from okr_api.exchange import check_ins
    from okr_api.exchange.check_in_checks import check
    from okr_api.exchange.columns import lines
    from okr_api.exchange.numbers import Mark
    from okr_api.exchange.report import Report

    def run(service: "Service") -> "Report":
        mark = MARKS[decimal]
        found = lines(file, check_ins.COLUMNS, check_ins.NEEDED, Mark(mark) if mark else None)
        items, report = check_ins.items(found), Report(len(found), dry_run)
        report.note_bad(found)
        if all_or_nothing:
            check_ins.require_one_commit(items)
        if dry_run:
            check(service, items, report, shown_progress())
        elif report.clean or not all_or_nothing:
            with told_how_far(report):
                check_ins.record(service, items, report, shown_progress(), atomic=all_or_nothing)
        return report

    finish(asked(url, token_file, run), as_json)


@import_.command()
@file_argument
@click.option("--cycle", help="The id or the name of the cycle for rows that name none.")
@click.option("--without-refs", is_flag=True, help="Leave external references out: each can stand once in a service.")
@import_options
def objectives(
    file: Path,
    cycle: str | None,
    without_refs: bool,
    url: str,
    token_file: Path | None,
    dry_run: bool,
    all_or_nothing: bool,
    decimal: str,
    as_json: bool,
) -> None:
    """Create the objectives of a file with their key results and links.

    \b
    Columns: title, and owner (a name), ownerRef or ownerId; where known
      type         objective (the default), keyResult, or link for a further
                   link of the objective whose id it gives
      id           tells a row from others; parentId of a row below names it
      parentId, parentRef, parentPath
                   what it hangs from: the id of a row above or of something in
                   the service, an external reference, or titles of rows above
                   with " > " between them. A key result without belongs to the
                   objective above it.
      link         ALIGNS, SUPPORTS or DELEGATES; contributes, weight, retain
      cycle, cycleId, description, externalRef, commitment, visibility, draft
      kind, start, target, limit, inclusive, unit, weight, dueOn,
      checkInEveryDays
                   of key results
    An objective and its key results are one commit; links to rows of the file
    follow in others.

    \b
    Examples:
      okr import objectives q1.csv --cycle Q1 --dry-run
      okr import objectives q1.csv --cycle Q1
      okr export tree --cycle Q1 --format jsonl --output q1.jsonl
      okr import objectives q1.jsonl --cycle Q2 --without-refs
    """
    from okr_api.exchange.columns import lines
    from okr_api.exchange.numbers import Mark
    from okr_api.exchange.objective_checks import Checks
    from okr_api.exchange.objectives import Import, note_bad, require_one_commit
    from okr_api.exchange.places import Places
    from okr_api.exchange.plan import COLUMNS, Plan
    from okr_api.exchange.report import Report

    def run(service: "Service") -> "Report":
        mark = MARKS[decimal]
        found = lines(file, COLUMNS, (), Mark(mark) if mark else None)
        plan, report, places = Plan(found), Report(len(found), dry_run), Places(service, cycle)
        places.settle(plan)
        if without_refs:
            plan.forget_references()
        if all_or_nothing:
            require_one_commit(plan)
        if dry_run:
            Checks(service, places, plan).run(report)
            return report
        note_bad(plan, report)
        work = Import(service, plan, report, shown_progress())
        with told_how_far(report):
            if not all_or_nothing:
                work.run()
            elif report.clean:
                work.run_in_one_commit()
        return report

    finish(asked(url, token_file, run), as_json)


@contextmanager
def told_how_far(report: "Report") -> Iterator[None]:
    from okr_api.exchange.service import ServiceFailed

    try:
        yield
    except ServiceFailed as error:
        done = report.accepted + report.duplicate
        raise ServiceFailed(f"{error}; {done:,} rows are there, and the same command goes on from here") from error


def finish(report: "Report", as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.as_json()))
    else:
        for line in report.told():
            click.echo(line, err=True)
        click.echo(report.summary())
    sys.exit(0 if report.clean else ROWS_REFUSED)
