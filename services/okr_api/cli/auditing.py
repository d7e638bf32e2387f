"""Auditing: the log of a cycle as a file, a text taken out of it, and the proof of what it says."""

import asyncio
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast
from uuid import UUID

import click

from okr_api.cli.exporting import tree
from okr_api.cli.options import data_option, json_option, shown_progress
from okr_api.settings import CannotStart

if TYPE_CHECKING:
    from projector.verify import Finding, Head


@click.group(invoke_without_command=True)
@click.option("--cycle", "cycle_id", type=click.UUID, help="Its id; cycles inside it come along.")
@click.option("--output", type=click.File("w", lazy=False), default="-", help="Where to. Default: standard output.")
@data_option
@click.pass_context
def export(ctx: click.Context, cycle_id: UUID | None, output: IO[str], data: Path | None) -> None:
    """Write the log of a cycle for an auditor: JSON Lines that carry the hash chain.

    Events of other cycles stand as their position and leaf. `okr verify --export` checks the file anywhere.

    \b
    Examples:
      okr export --cycle 0190c9d2-... --output q1.jsonl
      okr export --cycle 0190c9d2-... | gzip > q1.jsonl.gz
      okr export tree --cycle Q1 --output q1.csv
    """
    if ctx.invoked_subcommand:
        if cycle_id:
            raise click.UsageError(f"Give --cycle after {ctx.invoked_subcommand}.")
        return
    if cycle_id is None:
        raise click.UsageError("Missing option '--cycle'.")
    from okr_api.local.database import standing
    from projector.export import NoSuchCycle
    from projector.export import export as write_export

    with standing(data) as database:
        try:
            events = write_export(database.dsn, cycle_id, output.write, shown_progress())
        except NoSuchCycle as error:
            raise CannotStart(f"{error}: `query {{ cycles {{ id name }} }}` lists those that there are") from error
    click.echo(f"exported {events:,} events", err=True)


export.add_command(tree)


@click.command()
@click.option("--position", type=click.IntRange(min=1), required=True, help="Of the event that holds the text.")
@click.option("--field", required=True, help="Which text: a field of the event, such as title or note, or reason.")
@click.option("--reason", required=True, help="Why it has to go; this is kept.")
@data_option
def redact(position: int, field: str, reason: str, data: Path | None) -> None:
    """Take a text out of the log and of all facts, for good. Its digest stays, so every hash stays true.

    For the role that owns the log. The facts are made anew afterwards.

    \b
    Example:
      okr redact --position 4711 --field note --reason "A customer's name"
    """
    from okr_api.event_log.redaction import redact as take_out
    from okr_api.local.database import standing
    from projector.rebuild import rebuild as rebuild_facts

    with standing(data) as database:
        entity_id = take_out(database.dsn, position, field)
        if entity_id is None:
            raise CannotStart(f"the event at position {position} has no text {field!r}: see okr.readable_events")
        asyncio.run(record_redaction(database.dsn, entity_id, position, field, reason))
        rebuild_facts(database.dsn, shown_progress())
    click.echo("redacted")


async def record_redaction(dsn: str, entity_id: UUID, position: int, field: str, reason: str) -> None:
    from okr_api.access.policy import SYSTEM
    from okr_api.application import Application, Caller
    from okr_api.commands.decision import Facts
    from okr_api.commands.redactions import RedactText
    from okr_api.event_log.log import PostgresLog

    async with PostgresLog(dsn) as log:
        command = RedactText(entity_id=entity_id, position=position, field=field, reason=reason)
        # It asks nothing of the facts.
        await Application(log, lambda _: cast(Facts, None)).execute(command, Caller(SYSTEM))


@click.command()
@click.option("--head", "kept", metavar="POSITION:HASH", help="A head of the log that was kept elsewhere.")
@click.option("--export", "exported", type=click.File("r"), help="Check this file, without a database.")
@data_option
@json_option
def verify(kept: str | None, exported: IO[str] | None, data: Path | None, as_json: bool) -> None:
    """Check everything that must always hold.

    Every finding is told, and the exit code is 1 when there is one. With a head this proves that the log until there is
    the one that was written; without one, that the database agrees with itself.

    \b
    Examples:
      okr verify
      okr verify --head 1042:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      okr verify --data ./okr-data --json
      okr verify --export q1.jsonl
    """
    from projector.verify import Head

    try:
        head = None if kept is None else Head.read(kept)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--head") from error
    findings = find_in_export(exported, head) if exported else find_in_database(data, head)
    found = [{"invariant": finding.invariant, "message": finding.message} for finding in findings]
    lines = [f"invariant {finding.invariant}: {finding.message}" for finding in findings]
    proved = "consistency" if head is None else f"authenticity up to position {head.position}"
    text = "\n".join(lines) or f"clean: every invariant holds, which proves {proved}"
    answer = {"clean": not found, "findings": found, "proves": proved if not found else None}
    click.echo(json.dumps(answer) if as_json else text)
    sys.exit(1 if found else 0)


def find_in_export(lines: Iterable[str], head: "Head | None") -> "list[Finding]":
    from projector.verify.export import Export

    export = Export(head)
    export.read(lines)
    if not export.findings:
        click.echo(f"its head is {export.position}:{export.chained.hex()}", err=True)
    return export.findings


def find_in_database(data: Path | None, head: "Head | None") -> "list[Finding]":
    from okr_api.local.database import standing
    from okr_api.snapshot.roll_ups import differing_roll_ups
    from projector.verify import Finding
    from projector.verify import verify as find_broken

    def roll_ups(dsn: str) -> list[Finding]:
        return [Finding(4, message) for message in asyncio.run(differing_roll_ups(dsn))]

    with standing(data) as database:
        return find_broken(database.dsn, shown_progress(), [roll_ups], head)
